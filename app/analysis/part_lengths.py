"""Lengths of parts of the body, and the body height in the picture that follows from those that are seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

LENGTHS = {
    ("hip", "neck"): 0.30,
    ("hip", "knee"): 0.24,
    ("knee", "ankle"): 0.24,
    ("shoulder", "elbow"): 0.17,
    ("elbow", "wrist"): 0.15,
    ("heel", "big_toe"): 0.14,
}
"""Lengths of parts of the body in body heights, from keypoint to keypoint, without sides (D. A. Winter: Biomechanics
and Motor Control of Human Movement, 2009)."""
MEASURED = tuple(LENGTHS)[:5]
"""The parts that the height is measured by."""
QUANTILE = 0.75
"""Foreshortened parts appear shorter, so that the height is taken from the longer ones."""
AVERAGE_S = 2.0
"""Time over which the height is averaged, in seconds."""


def body_heights(times_s: Values, keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3) -> Values:
    """The body height (T,) in pixels of one person, as it would be when standing, averaged over ``AVERAGE_S``.

    NaN where nothing is known.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels; keypoints below ``threshold`` are not seen.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
    """
    heights = heights_now(seen_points(keypoints, threshold), skeleton)
    known = np.isfinite(heights)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, heights, 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    first = np.searchsorted(times_s, times_s - AVERAGE_S / 2)
    last = np.searchsorted(times_s, times_s + AVERAGE_S / 2, side="right")
    count = counts[last] - counts[first]
    return np.where(count > 0, (sums[last] - sums[first]) / np.maximum(count, 1), np.nan)


def heights_now(points: Values, skeleton: Skeleton) -> Values:
    """The body height (T,) in pixels by each frame of ``points`` (T, K, 2) alone; NaN where nothing is known."""
    lengths = []
    for part in MEASURED:
        for side in ("left_", "right_") if part != ("hip", "neck") else ("",):
            ends = [keypoint_indices(skeleton, side + name) for name in part]
            if all(ends):
                a, b = (points[:, rows].mean(axis=1) for rows in ends)
                lengths.append(np.linalg.norm(b - a, axis=-1) / LENGTHS[part])
    if not lengths:
        return np.full(len(points), np.nan)
    ordered = np.sort(np.stack(lengths, axis=1), axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    place = np.floor(QUANTILE * np.maximum(count - 1, 0) + 0.5).astype(int)
    heights = ordered[np.arange(len(points)), place]
    return np.where(heights >= 1, heights, np.nan)


def seen_points(keypoints: Floats, threshold: float) -> Values:
    """Positions (T, K, 2) in pixels of ``keypoints`` (T, K, 3), NaN below ``threshold``."""
    return np.where(keypoints[..., 2:] >= threshold, keypoints[..., :2].astype(np.float64), np.nan)
