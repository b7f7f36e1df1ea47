"""Smoothing of a whole track: without outliers, short gaps filled, the rest low-pass filtered without lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.impact_smoothing import low_pass_with_impacts, stopping_points
from app.analysis.limb_swaps import body_sizes
from app.analysis.low_pass import low_pass
from app.core.people import Floats
from app.core.settings import CUTOFF_HZ, check_cutoff
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

MAX_GAP_S = 0.5
"""Longest gap that is filled."""
CUT_DISTANCE = 0.3
"""A larger median jump of the keypoints between two frames, in body sizes, is a cut: another stretch begins."""

LEAP, LEAP_RATIO = 0.1, 4.0
"""A median jump of over ``LEAP`` body sizes is a cut too, if it is ``LEAP_RATIO`` times as large as those around it."""
LEAP_FRAMES = 2
"""Frames before and after it that it is compared with."""

HAMPEL_FRAMES = 3
"""Frames on each side that an outlier is compared with."""
HAMPEL_SIGMAS = 4.0
"""An outlier is farther from the median of its neighbors, in their standard deviations."""
HAMPEL_MIN = 0.03
"""An outlier is at least so far from that median, in body sizes."""
BLOCK_FRAMES = 4096
"""Frames that outliers are looked for in at once, which limits the memory."""


@dataclass(frozen=True, slots=True)
class OfflineSmoothing:
    """How tracks are smoothed after the analysis: the cutoff frequency in Hz, and the threshold of keypoint scores.

    Raises StanceError if the cutoff frequency is out of range.
    """

    cutoff_hz: float = CUTOFF_HZ
    threshold: float = 0.3

    def __post_init__(self) -> None:
        check_cutoff(self.cutoff_hz)


def smooth_offline(
    times_s: Values, keypoints: Floats, skeleton: Skeleton, settings: OfflineSmoothing
) -> tuple[Floats, Mask]:
    """The smoothed keypoints of one person, with gaps of up to ``MAX_GAP_S`` filled.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels; NaN, or a score below the threshold, where not seen.
        skeleton: The skeleton of the K keypoints.
        settings: The cutoff frequency and the threshold.

    Returns:
        The keypoints (T, K, 3), and which of them were filled (T, K): those that were not seen, and outliers. Filled
        keypoints have the lower score of the measured ones on both sides. What is neither measured nor filled stays.
    """
    points = keypoints[..., :2].astype(np.float64)
    seen = (keypoints[..., 2] >= settings.threshold) & np.isfinite(points).all(axis=-1)
    sizes, feet = body_sizes(keypoints, settings.threshold), stopping_points(skeleton)
    result, filled = keypoints.copy(), np.zeros(seen.shape, bool)
    for stretch in stretches(times_s, points, seen, sizes):
        known = seen[stretch] & ~outliers(points[stretch], seen[stretch], sizes[stretch])
        for keypoint in np.flatnonzero(known.any(axis=0)):
            for run in runs(times_s[stretch], known[:, keypoint]):
                rows = slice(stretch.start + run.start, stretch.start + run.stop)
                measured = known[run, keypoint]
                track = (times_s[rows], points[rows, keypoint], measured, settings.cutoff_hz)
                result[rows, keypoint, :2] = (
                    low_pass_with_impacts(*track, float(np.median(sizes[rows])))
                    if keypoint in feet
                    else low_pass(*track)
                )
                filled[rows, keypoint] = ~measured
                result[rows, keypoint, 2] = _scores(keypoints[rows, keypoint, 2], measured)
    return result, filled


def stretches(times_s: Values, points: Values, seen: Mask, sizes: Values) -> list[slice]:
    """The parts of a track between cuts and gaps of more than ``MAX_GAP_S``.

    ``points`` (T, K, 2) at ``times_s`` (T,) were ``seen`` (T, K); ``sizes`` (T,) in pixels.
    """
    rows = np.flatnonzero(seen.any(axis=1))
    if not len(rows):
        return []
    both = seen[rows[1:]] & seen[rows[:-1]]
    jumps = np.where(both, np.linalg.norm(points[rows[1:]] - points[rows[:-1]], axis=-1), np.nan)
    gaps = np.diff(times_s[rows])
    some = both.any(axis=1)
    steps = np.zeros(len(gaps))
    steps[some] = np.nanmedian(jumps[some], axis=1) / sizes[rows[1:]][some]
    cut = (steps > CUT_DISTANCE) | _leaps(steps, gaps)
    parts = np.split(rows, np.flatnonzero((gaps > MAX_GAP_S) | (gaps <= 0) | cut) + 1)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _leaps(steps: Values, gaps: Values) -> Mask:
    """Which ``steps`` (N,) of a body, in body sizes, are leaps between calm frames; ``gaps`` (N,) in seconds."""
    if not len(steps):
        return np.zeros(0, bool)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(steps, LEAP_FRAMES), 2 * LEAP_FRAMES + 1)
    others = np.delete(around, LEAP_FRAMES, axis=1).max(axis=1, initial=0.0)
    follows = gaps < 1.5 * np.median(gaps)
    return np.asarray((steps > LEAP) & (steps > LEAP_RATIO * others) & follows)


def outliers(points: Values, seen: Mask, sizes: Values) -> Mask:
    """The keypoints (T, K) that the filter of Hampel (JASA 1974) finds to be outliers.

    ``points`` (T, K, 2) were ``seen`` (T, K) on a person with these ``sizes`` (T,) in pixels.
    """
    edge = np.full((HAMPEL_FRAMES, *points.shape[1:]), np.nan)
    padded = np.concatenate([edge, np.where(seen[..., None], points, np.nan), edge])
    far = np.zeros(seen.shape, bool)
    for start in range(0, len(points), BLOCK_FRAMES):
        rows = slice(start, start + BLOCK_FRAMES)
        part = padded[start : start + BLOCK_FRAMES + 2 * HAMPEL_FRAMES]
        windows = np.lib.stride_tricks.sliding_window_view(part, 2 * HAMPEL_FRAMES + 1, axis=0)
        middle = _median(windows)
        deviation = 1.4826 * _median(np.abs(windows - middle[..., None]))
        limit = np.maximum(HAMPEL_SIGMAS * deviation, HAMPEL_MIN * sizes[rows, None, None])
        far[rows] = (np.abs(points[rows] - middle) > limit).any(axis=-1)
    return far & seen


def runs(times_s: Values, known: Mask) -> list[slice]:
    """The parts of ``times_s`` (T,) whose neighboring ``known`` (T,) values are at most ``MAX_GAP_S`` apart."""
    rows = np.flatnonzero(known)
    parts = np.split(rows, np.flatnonzero(np.diff(times_s[rows]) > MAX_GAP_S) + 1)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts if len(part)]


def _median(values: Values) -> Values:
    """The median of the last axis (..., N) without NaN, which sorts last; NaN where there is nothing else."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)[..., None]
    middle = [np.take_along_axis(ordered, np.maximum(place, 0), axis=-1) for place in ((count - 1) // 2, count // 2)]
    middle[1] = np.where(count > 0, middle[1], np.nan)
    median: Values = ((middle[0] + middle[1]) / 2)[..., 0]
    return median


def _scores(scores: Floats, measured: Mask) -> Floats:
    """The ``scores`` (T,), where not ``measured`` (T,) the lower one of the measured scores on both sides."""
    rows = np.flatnonzero(measured)
    frames = np.arange(len(scores))
    after = np.searchsorted(rows, frames)
    before = np.maximum(np.searchsorted(rows, frames, side="right") - 1, 0)
    sides = np.minimum(scores[rows[before]], scores[rows[np.minimum(after, len(rows) - 1)]])
    return np.where(measured, scores, sides)
