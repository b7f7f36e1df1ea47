"""Joint and segment angles in the plane of the picture, as Sports2D defines them.

The definitions are those of Sports2D 0.8 (Pagnon, Kim: Sports2D, Journal of Open Source Software 2024;
``angle_dict`` and ``fixed_angles`` of Pose2Sim's ``common.py``, ``compute_angles_for_person`` of Sports2D's
``process.py``). An angle is the turn from one vector to another, plus an offset, times a sign, brought into one turn.
Somebody who looks to the left is mirrored first, so that bending counts alike on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import places
from app.people import Floats
from app.skeleton import Skeleton

Degrees = NDArray[np.float64]

FEET = ("right_big_toe", "right_heel", "left_big_toe", "left_heel")
"""They tell which way somebody looks."""


@dataclass(frozen=True, slots=True)
class Angle:
    """The turn from ``base`` to ``arm``, then ``offset`` degrees more, then its ``sign``.

    Both are vectors from one named keypoint to another; without a ``base`` the angle is to the horizontal. It is
    given in [-period / 2, period / 2): half a turn for the segments that have no up and down.
    """

    name: str
    arm: tuple[str, str]
    base: tuple[str, str] | None = None
    offset: float = 0.0
    sign: int = -1
    period: float = 360.0


def _joints(side: str) -> tuple[Angle, ...]:
    """The joints of one side; 0 degrees is the straight limb (ankle: the foot at a right angle), flexion is positive.

    Hips and shoulders are to the trunk. A hand's direction is its forefinger's first joint; Sports2D 0.8 takes the left
    wrist's angle at that joint, here it is at the wrist as on the right.
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
    """The segments of one side to the horizontal; up is positive, and a limb that hangs down is at -90 degrees."""
    return (
        Angle(f"{side} foot", (f"{side}_heel", f"{side}_big_toe")),
        Angle(f"{side} shank", (f"{side}_knee", f"{side}_ankle")),
        Angle(f"{side} thigh", (f"{side}_hip", f"{side}_knee")),
        Angle(f"{side} arm", (f"{side}_shoulder", f"{side}_elbow")),
        Angle(f"{side} forearm", (f"{side}_elbow", f"{side}_wrist")),
    )


def _both(pairs: tuple[tuple[Angle, ...], tuple[Angle, ...]]) -> list[Angle]:
    return [angle for pair in zip(*pairs, strict=True) for angle in pair]


JOINTS = tuple(_both((_joints("right"), _joints("left"))))
SEGMENTS = (
    *_both((_segments("right"), _segments("left"))),
    Angle("pelvis", ("right_hip", "left_hip"), period=180.0),
    Angle("trunk", ("hip", "neck")),
    Angle("shoulders", ("right_shoulder", "left_shoulder"), period=180.0),
    Angle("head", ("neck", "head")),
)
ANGLES = {angle.name: angle for angle in (*JOINTS, *SEGMENTS)}


def angle_names(skeleton: Skeleton) -> tuple[str, ...]:
    """The angles, joints first, whose keypoints ``skeleton`` has.

    Hip and neck are made up from both sides where it lacks them. Without feet there are no ankles, without hands no
    wrists.
    """
    return tuple(angle.name for angle in ANGLES.values() if all(places(skeleton, end) for end in _ends(angle)))


def angles(
    keypoints: Floats,
    skeleton: Skeleton,
    names: tuple[str, ...],
    threshold: float = 0.3,
    left: NDArray[np.bool_] | None = None,
) -> Degrees:
    """The angles ``names`` (A of them) of one person in T frames, (T, A) in degrees.

    ``keypoints`` (T, K, 3) = x y score in pixels, y down. NaN where one of the keypoints has a score under
    ``threshold``, or is none of the ``skeleton``. ``left`` (T,) says in which frames the person looks to the left,
    where that is known better than by ``looks_left``.
    """
    flip = np.where(looks_left(keypoints, skeleton, threshold) if left is None else left, -1.0, 1.0)
    points = {
        end: _point(keypoints, skeleton, end, threshold) * np.stack([flip, np.ones_like(flip)], axis=1)
        for end in {end for name in names for end in _ends(ANGLES[name])}
    }
    columns = [_angle(ANGLES[name], points) for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(keypoints), 0))


def looks_left(
    keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3, before: bool = False
) -> NDArray[np.bool_]:
    """Whether the toes (T,) of ``keypoints`` (T, K, 3) are to the left of the heels, both feet taken together.

    Where only one foot is seen it tells; where none is, the frame before does, and ``before`` at the start. Skeletons
    without feet look to the right. (Sports2D takes everybody with an unseen foot for looking left.)
    """
    left = np.full(len(keypoints), before)
    if not all(places(skeleton, end) for end in FEET):
        return np.zeros_like(left)
    right_toe, right_heel, left_toe, left_heel = (_point(keypoints, skeleton, end, threshold)[:, 0] for end in FEET)
    feet = np.stack([right_toe - right_heel, left_toe - left_heel])
    known = np.flatnonzero(np.isfinite(feet).any(axis=0))
    if len(known):
        told = np.nansum(feet[:, known], axis=0) < 0
        last = np.searchsorted(known, np.arange(len(keypoints)), side="right") - 1
        left = np.where(last < 0, before, told[np.maximum(last, 0)])
    return left


def wrapped(degrees: Degrees, period: float = 360.0) -> Degrees:
    """``degrees`` brought into [-period / 2, period / 2)."""
    return (degrees + period / 2) % period - period / 2


def _angle(angle: Angle, points: dict[str, Degrees]) -> Degrees:
    """(T,) degrees from the named ``points`` (T, 2)."""
    arm = points[angle.arm[1]] - points[angle.arm[0]]
    base = points[angle.base[1]] - points[angle.base[0]] if angle.base else np.array([[1.0, 0.0]])
    cross = base[:, 0] * arm[:, 1] - base[:, 1] * arm[:, 0]
    turn = np.degrees(np.arctan2(cross, (base * arm).sum(axis=1)))
    return wrapped((turn + angle.offset) * angle.sign, angle.period)


def _ends(angle: Angle) -> tuple[str, ...]:
    return (*angle.arm, *(angle.base or ()))


def _point(keypoints: Floats, skeleton: Skeleton, end: str, threshold: float) -> Degrees:
    """Where ``end`` is, (T, 2) = x y in pixels; NaN where it, or one of the two it lies between, is not seen."""
    numbers = places(skeleton, end)
    if not numbers:
        return np.full((len(keypoints), 2), np.nan)
    found = keypoints[:, numbers].astype(np.float64)
    found[found[..., 2] < threshold] = np.nan
    return found[..., :2].mean(axis=1)
