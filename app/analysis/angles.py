"""Joint and segment angles in the image plane, as defined by Sports2D.

The definitions are those of Sports2D 0.8 (Pagnon, Kim: Sports2D, Journal of Open Source Software 2024;
``angle_dict`` and ``fixed_angles`` of Pose2Sim's ``common.py``, ``compute_angles_for_person`` of Sports2D's
``process.py``). An angle is the rotation from one vector to another, plus an offset, times a sign, wrapped to one turn.
A person facing left is mirrored first, so that flexion has the same sign in both directions. Of a person who faces the
camera only the angles that are measured from the front have a meaning; an angle of a part of the body that points at
the camera has none either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.facing import CAMERA, LEFT, Facing
from app.analysis.landmarks import keypoint_indices
from app.analysis.part_lengths import LENGTHS
from app.core.people import Floats
from app.core.skeleton import Skeleton

Degrees = NDArray[np.float64]

MIN_LENGTH, SAFE_LENGTH = 0.4, 0.6
"""A part of the body that is shorter in the picture than the first fraction of its length points at the camera, and so
it does in the frames before and after in which it is shorter than the second."""


@dataclass(frozen=True, slots=True)
class Angle:
    """Definition of one angle: (rotation from ``base`` to ``arm`` + ``offset``) * ``sign``, in degrees.

    ``arm`` and ``base`` are vectors from one named keypoint to another; without ``base`` the angle is to the
    horizontal. The result is wrapped to [-period / 2, period / 2); ``period`` is 180 for segments without a direction.
    ``frontal`` angles also have a meaning when the person faces the camera: a lean to the side.
    """

    name: str
    arm: tuple[str, str]
    base: tuple[str, str] | None = None
    offset: float = 0.0
    sign: int = -1
    period: float = 360.0
    frontal: bool = False


def _joints(side: str) -> tuple[Angle, ...]:
    """The joint angles of one side: 0 degrees for a straight limb (ankle: foot at a right angle), flexion is positive.

    Hip and shoulder angles are relative to the trunk. The direction of a hand is given by the first joint of its
    forefinger; Sports2D 0.8 measures the left wrist's angle at that joint, here it is at the wrist as on the right.
    """
    foot, trunk = (f"{side}_big_toe", f"{side}_heel"), ("hip", "neck")
    shank = (f"{side}_knee", f"{side}_ankle")
    elbow, wrist = f"{side}_elbow", f"{side}_wrist"
    return (
        Angle(f"{side} ankle", shank, foot, 90.0, 1),
        Angle(f"{side} knee", shank, (f"{side}_knee", f"{side}_hip"), -180.0, 1),
        Angle(f"{side} hip", (f"{side}_knee", f"{side}_hip"), trunk),
        Angle(f"{side} shoulder", (elbow, f"{side}_shoulder"), trunk),
        Angle(f"{side} elbow", (elbow, wrist), (elbow, f"{side}_shoulder"), 180.0),
        Angle(f"{side} wrist", (wrist, elbow), (wrist, f"{side}_forefinger1"), -180.0, 1),
    )


def _segments(side: str) -> tuple[Angle, ...]:
    """The segment angles of one side to the horizontal; up is positive, a limb hanging down is at -90 degrees."""
    return (
        Angle(f"{side} foot", (f"{side}_heel", f"{side}_big_toe")),
        Angle(f"{side} shank", (f"{side}_knee", f"{side}_ankle")),
        Angle(f"{side} thigh", (f"{side}_hip", f"{side}_knee")),
        Angle(f"{side} arm", (f"{side}_shoulder", f"{side}_elbow")),
        Angle(f"{side} forearm", (f"{side}_elbow", f"{side}_wrist")),
    )


def _alternate(pairs: tuple[tuple[Angle, ...], tuple[Angle, ...]]) -> list[Angle]:
    return [angle for pair in zip(*pairs, strict=True) for angle in pair]


JOINTS = tuple(_alternate((_joints("right"), _joints("left"))))
SEGMENTS = (
    *_alternate((_segments("right"), _segments("left"))),
    Angle("pelvis", ("right_hip", "left_hip"), period=180.0, frontal=True),
    Angle("trunk", ("hip", "neck"), frontal=True),
    Angle("shoulders", ("right_shoulder", "left_shoulder"), period=180.0, frontal=True),
    Angle("head", ("neck", "head"), frontal=True),
)
ANGLES = {angle.name: angle for angle in (*JOINTS, *SEGMENTS)}
"""All angles by name, joints first."""


def angle_names(skeleton: Skeleton) -> tuple[str, ...]:
    """Names of the angles that can be computed for ``skeleton``, joints first.

    Missing hip and neck keypoints are replaced by the midpoints of both sides. A skeleton without feet has no ankle
    angles, one without hands no wrist angles.
    """
    return tuple(
        angle.name for angle in ANGLES.values() if all(keypoint_indices(skeleton, end) for end in _ends(angle))
    )


def angle_keypoints(skeleton: Skeleton, name: str) -> list[int]:
    """The keypoints that the angle ``name`` is computed from."""
    return sorted({number for end in _ends(ANGLES[name]) for number in keypoint_indices(skeleton, end)})


def angles(
    keypoints: Floats,
    skeleton: Skeleton,
    names: tuple[str, ...],
    facing: Facing,
    threshold: float = 0.3,
    heights: Degrees | None = None,
) -> Degrees:
    """The angles of one person in T frames, (T, A) in degrees.

    An angle is NaN where one of its keypoints has a score below ``threshold`` or is not in ``skeleton``, and where it
    has no meaning because the person faces the camera or the part of the body points at it.

    Args:
        keypoints: (T, K, 3), x y score in pixels, y down.
        skeleton: The skeleton of the K keypoints.
        names: The A names of angles; see ``ANGLES``.
        facing: (T,), which way the person faces: -1 left, 1 right, 0 the camera; see ``facing_of``.
        threshold: Minimum keypoint score.
        heights: (T,), body heights in pixels, see ``body_heights``, by which parts that point at the camera are
            recognized; None to measure these too.
    """
    flip = np.where(facing == LEFT, -1.0, 1.0)
    points = {
        end: _point(keypoints, skeleton, end, threshold) * np.stack([flip, np.ones_like(flip)], axis=1)
        for end in {end for name in names for end in _ends(ANGLES[name])}
    }
    columns = [_angle(ANGLES[name], points) for name in names]
    for name, column in zip(names, columns, strict=True):
        if not ANGLES[name].frontal:
            column[facing == CAMERA] = np.nan
        if heights is not None:
            column[_points_at_camera(ANGLES[name], points, heights)] = np.nan
    return np.stack(columns, axis=1) if columns else np.empty((len(keypoints), 0))


def wrapped(degrees: Degrees, period: float = 360.0) -> Degrees:
    """``degrees``, of any shape, wrapped to [-period / 2, period / 2)."""
    return (degrees + period / 2) % period - period / 2


def _angle(angle: Angle, points: dict[str, Degrees]) -> Degrees:
    """One angle in degrees, (T,), from ``points`` (T, 2) by keypoint name."""
    arm = points[angle.arm[1]] - points[angle.arm[0]]
    base = points[angle.base[1]] - points[angle.base[0]] if angle.base else np.array([[1.0, 0.0]])
    cross = base[:, 0] * arm[:, 1] - base[:, 1] * arm[:, 0]
    turn = np.degrees(np.arctan2(cross, (base * arm).sum(axis=1)))
    return wrapped((turn + angle.offset) * angle.sign, angle.period)


def _points_at_camera(angle: Angle, points: dict[str, Degrees], heights: Degrees) -> NDArray[np.bool_]:
    """The frames (T,) in which a part of the body of known length is much shorter in the picture."""
    hidden = np.zeros(len(heights), bool)
    for start, end in (angle.arm, *((angle.base,) if angle.base else ())):
        part = tuple(name.removeprefix("left_").removeprefix("right_") for name in (start, end))
        length = LENGTHS.get((part[0], part[1]), LENGTHS.get((part[1], part[0])))
        if length is not None:
            seen = np.linalg.norm(points[end] - points[start], axis=1) / (length * heights)
            short = seen < SAFE_LENGTH
            stretch = np.cumsum(np.diff(short, prepend=False))  # each change begins another one
            hidden |= short & np.isin(stretch, stretch[seen < MIN_LENGTH])
    return hidden


def _ends(angle: Angle) -> tuple[str, ...]:
    return (*angle.arm, *(angle.base or ()))


def _point(keypoints: Floats, skeleton: Skeleton, end: str, threshold: float) -> Degrees:
    """Position (T, 2) of keypoint ``end``, or of the midpoint that replaces it; NaN below ``threshold``."""
    numbers = keypoint_indices(skeleton, end)
    if not numbers:
        return np.full((len(keypoints), 2), np.nan)
    found = keypoints[:, numbers].astype(np.float64)
    found[found[..., 2] < threshold] = np.nan
    return found[..., :2].mean(axis=1)
