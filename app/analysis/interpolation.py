"""People of skipped frames, between those of the frames before and after."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats, Person


def interpolate_person(before: Person, after: Person, fraction: float) -> Person:
    """Linear interpolation between two frames; each score is the lower of the two.

    Points in three dimensions are interpolated where both frames have them.
    """
    box = before.box + np.float32(fraction) * (after.box - before.box)
    keypoints = _between(before.keypoints, after.keypoints, fraction)
    points = None
    if before.points_3d is not None and after.points_3d is not None:
        points = _between(before.points_3d, after.points_3d, fraction)
    return Person(before.id, min(before.score, after.score), box, keypoints, "predicted", points)


def _between(before: Floats, after: Floats, fraction: float) -> Floats:
    """Rows of coordinates and a score, between those ``before`` and ``after``."""
    values = before + np.float32(fraction) * (after - before)
    values[:, -1] = np.minimum(before[:, -1], after[:, -1])
    return values
