"""Joint and segment angles in space, from points in three dimensions.

They have the names and the zero of the angles in the picture (``ANGLES``), but no direction of view: a joint angle is
the angle between the two parts of the body whichever way they are turned, so that it is never counted backwards (a hip
that is stretched behind the trunk has a positive angle too, a knee that is bent the wrong way as well). A segment
angle is the inclination to the horizontal plane, from -90 to 90 degrees, positive where the second end is higher; of
the lines across pelvis and shoulders, positive where the left side is higher. What is horizontal is what the camera
holds level.
"""

from __future__ import annotations

import numpy as np

from app.analysis.angles import ANGLES, Angle, Degrees
from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats
from app.core.skeleton import Skeleton

SHORTEST_M = 1e-6
"""A part of the body that is shorter has no direction, in meters."""


def space_angles(points: Floats, skeleton: Skeleton, names: tuple[str, ...], threshold: float = 0.3) -> Degrees:
    """The angles of one person in T frames, (T, A) in degrees.

    An angle is NaN where one of its keypoints has a score below ``threshold`` or is not in ``skeleton``.

    Args:
        points: (T, K, 4), x y z in meters, y up, and score.
        skeleton: The skeleton of the K keypoints.
        names: The A names of angles; see ``ANGLES``.
        threshold: Minimum score.
    """
    columns = [_space_angle(ANGLES[name], points, skeleton, threshold) for name in names]
    return np.stack(columns, axis=1) if columns else np.empty((len(points), 0))


def seen_in_space(points: Floats, threshold: float) -> Degrees:
    """Positions (..., 3) in meters of ``points`` (..., 4), NaN below ``threshold``."""
    return np.where(points[..., 3:] >= np.float32(threshold), points[..., :3].astype(np.float64), np.nan)


def _space_angle(angle: Angle, points: Floats, skeleton: Skeleton, threshold: float) -> Degrees:
    """One angle in degrees (T,)."""
    arm = _vector(angle.arm, points, skeleton, threshold)
    if angle.base is None:
        up = arm[:, 1]
        level = np.hypot(arm[:, 0], arm[:, 2])
        return np.where(np.hypot(up, level) > SHORTEST_M, np.degrees(np.arctan2(up, level)), np.nan)
    base = _vector(angle.base, points, skeleton, threshold)
    across = np.linalg.norm(np.cross(base, arm), axis=1)
    along = (base * arm).sum(axis=1)
    between = np.where(np.hypot(across, along) > SHORTEST_M**2, np.degrees(np.arctan2(across, along)), np.nan)
    return np.asarray(abs(angle.offset) - between if angle.offset else between)


def _vector(ends: tuple[str, str], points: Floats, skeleton: Skeleton, threshold: float) -> Degrees:
    """From one keypoint to another (T, 3), in meters."""
    start, end = (_place(name, points, skeleton, threshold) for name in ends)
    return end - start


def _place(name: str, points: Floats, skeleton: Skeleton, threshold: float) -> Degrees:
    """Position (T, 3) of keypoint ``name``, or of the midpoint that replaces it; NaN below ``threshold``."""
    numbers = keypoint_indices(skeleton, name)
    if not numbers:
        return np.full((len(points), 3), np.nan)
    return np.asarray(seen_in_space(points[:, numbers], threshold).mean(axis=1))
