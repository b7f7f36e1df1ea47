"""Moves poses to the peaks of heatmaps, by a Gaussian that is fitted to them (``match_pose_to_heatmap`` of DEKR)."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.grouping.grouping import Maps
from app.pose.grouping.peaks import local_peaks, window
from app.system.giving_up import raise_if_given_up

MAX_MOVE = 75
"""Greatest distance of a keypoint from the peak that replaces it, in pixels of the input."""

MIN_SCORE = 0.05
"""Keypoints with a lower score are not fitted."""

REACH = 6
"""Pixels to each side of the peak to which the Gaussian is fitted."""

SIGMA = 2.0
"""The standard deviation from which the fit starts, in pixels."""

MAX_EVALUATIONS = 300


def match_to_peaks(poses: Floats, heatmaps: Maps, most: int, kernel: int) -> Floats:
    """Keypoints (N, K, 2) of ``poses`` (N, K, 3), moved to the nearest of the ``most`` highest peaks and refined.

    ``heatmaps`` (K, H, W) are at the size of the input; peaks are maxima of ``kernel`` pixels.
    """
    moved = poses[..., :2].copy()
    peaks = local_peaks(heatmaps, window(kernel), 0, most)
    for keypoint, heatmap in enumerate(heatmaps):
        raise_if_given_up()
        own = peaks.of(keypoint)
        places = np.stack([own.x, own.y], axis=1).astype(np.float32)
        if len(places):
            distances = np.sqrt(((moved[:, keypoint, None] - places[None]) ** 2).sum(axis=2))
            nearest = distances.argmin(axis=1)
            near = distances.min(axis=1) < MAX_MOVE
            moved[near, keypoint] = places[nearest[near]]
        for row in np.flatnonzero(poses[:, keypoint, 2] > MIN_SCORE):
            moved[row, keypoint] = _fitted(heatmap, moved[row, keypoint])
    return moved


def _fitted(heatmap: Floats, point: Floats) -> Floats:
    """The center (2,) = x y of the Gaussian that fits ``heatmap`` (H, W) around ``point`` best; or ``point`` itself."""
    from scipy.optimize import curve_fit

    height, width = heatmap.shape
    x, y = np.clip((point + 0.5).astype(int), 0, [width - 1, height - 1])
    left, top = max(x - REACH, 0), max(y - REACH, 0)
    part = heatmap[top : y + REACH + 1, left : x + REACH + 1]
    # As in the original, whose coordinates are those of the transposed part where that is not square.
    rows, columns = np.divmod(np.arange(part.size, dtype=np.float64), part.shape[0])

    def gaussian(_: object, high: float, y0: float, x0: float, sigma: float) -> NDArray[np.float64]:
        return high * np.exp(-((columns - x0) ** 2 + (rows - y0) ** 2) / (2 * sigma**2))

    start = (heatmap[y, x], y - top, x - left, SIGMA)
    with suppress(RuntimeError):  # no fit
        found, _ = curve_fit(gaussian, rows, part.ravel(), p0=start, maxfev=MAX_EVALUATIONS)
        return np.array([left + found[2], top + found[1]], np.float32)
    return point
