"""Points in three dimensions of keypoints that the user has moved or deleted in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

SEEN = 0.3
"""Least score of a keypoint and a point that tell the size of a person."""


def corrected_in_space(points_3d: Floats, before: Floats, after: Floats, rows: list[int]) -> Floats:
    """``points_3d`` (K, 4), x y z in meters and score, for the keypoints ``rows`` that have been changed.

    ``before`` and ``after`` (K, 3) are the keypoints of the picture in pixels. A point goes as far to the side and up
    as its keypoint, by the ratio of the sizes of the person; the depth stays, as the picture does not show it. A point
    whose keypoint is deleted keeps its place with the score 0, for the case that the keypoint is placed again; see
    ``without_deleted``. One that was not known before, 0, 0, 0 with the score 0, stays so.
    """
    points = points_3d.copy()
    others = (np.minimum(before[:, 2], points_3d[:, 3]) >= SEEN) & ~np.isin(np.arange(len(before)), rows)
    pixels, meters = _extent(before[others]), _extent(points_3d[others])
    for row in rows:
        if after[row, 2] <= 0:
            points[row, 3] = 0
        elif not points_3d[row].any() or pixels <= 0 or meters <= 0:
            points[row] = 0
        else:
            points[row, :2] += (after[row, :2] - before[row, :2]) * np.float32(meters / pixels) * [1, -1]
            points[row, 3] = after[row, 2]
    return points


def without_deleted(points_3d: Floats, deleted: NDArray[np.bool_]) -> Floats:
    """``points_3d`` (K, 4) where those of ``deleted`` (K,) keypoints are unknown: 0, 0, 0 with the score 0."""
    return np.where(deleted[:, None], np.float32(0), points_3d)


def _extent(places: Floats) -> float:
    """Diagonal of the box around ``places`` (N, 2 or more); 0 without any."""
    return float(np.hypot(*np.ptp(places[:, :2], axis=0))) if len(places) else 0.0
