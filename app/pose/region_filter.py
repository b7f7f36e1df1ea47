"""Steadies the regions in which a person is looked for, so that the keypoints of a person who stands do not tremble.

The two points that make a region pass the 1 Euro filter with the settings of MediaPipe
(``modules/pose_landmark/pose_landmark_filtering.pbtxt``, auxiliary landmarks).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.rotated_region import UP, regions_of_lines

MIN_CUTOFF_HZ, BETA, DERIVATIVE_CUTOFF_HZ = 0.01, 10.0, 1.0
"""Cutoff of a point at rest; how it grows with the speed, in body sizes a second; cutoff of the speed."""

COLUMNS = 14
"""Numbers of a region with its memory: those of ``Regions``, the two points as found, their speeds, and the time.

The time is two numbers, seconds and the rest, for which the precision of float32 is enough.
"""

FIRST_STEP_S = 1 / 30
"""Time since the frame before where that is not known."""


def filter_regions(found: Floats, last: Floats, time_s: float, padding: float) -> Floats:
    """The regions (N, 14) to look at next, with what this filter remembers, from those ``found`` (N, 4) at ``time_s``.

    ``last`` (N, 14) are the results for the frame before; rows with NaN begin anew. A row of ``found`` with NaN stays
    so. ``padding`` is what the regions were widened by after they were made from the points.
    """
    raw, points = _points(found, padding), _points(last[:, :4], padding)
    before, speeds = last[:, 4:8], last[:, 8:12]
    step = np.float64(time_s) - last[:, 12] - last[:, 13].astype(np.float64)
    step = np.where(step > 0, step, FIRST_STEP_S)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = (raw - before) / (found[:, 2:3] / padding) / step
        speed = speeds + _alpha(DERIVATIVE_CUTOFF_HZ, step) * (moved - speeds)
        points = points + _alpha(MIN_CUTOFF_HZ + BETA * np.abs(speed), step) * (raw - points)
    is_new = np.isnan(points).any(axis=1, keepdims=True)
    points, speed = np.where(is_new, raw, points), np.where(is_new, 0, speed)
    placed = points.astype(np.float32)
    regions = regions_of_lines(placed[:, :2], placed[:, 2:], UP, padding).rows
    times = np.tile(np.array([np.floor(time_s), time_s % 1]), (len(found), 1))
    rows = np.column_stack([regions, raw, speed, times]).astype(np.float32)
    rows[np.isnan(found[:, 0])] = np.nan
    return rows


def _points(regions: Floats, padding: float) -> NDArray[np.float64]:
    """Center and upper end (N, 4) = x y x y of ``regions`` (N, 4) without ``padding``."""
    centers, angles = regions[:, :2].astype(np.float64), regions[:, 3:4]
    ends = centers + regions[:, 2:3] / 2 / padding * np.concatenate([np.sin(angles), -np.cos(angles)], axis=1)
    return np.concatenate([centers, ends], axis=1)


def _alpha(cutoff_hz: NDArray[np.float64] | float, step_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight (N, ...) of a new value in a low-pass filter."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff_hz * step_s)))
