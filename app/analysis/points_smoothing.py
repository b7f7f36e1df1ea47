"""Offline smoothing of points in three dimensions: low-passed like the keypoints, short gaps filled."""

from __future__ import annotations

import numpy as np

from app.analysis.low_pass import Values, low_pass
from app.analysis.offline_smoothing import runs
from app.core.people import Floats
from app.core.skeleton import Skeleton

NEARER = 0.5
"""A pair of keypoints has changed sides if the other sides are nearer than this part of the distance to its own."""


def smooth_points(times_s: Values, points: Floats, cutoff_hz: float) -> Floats:
    """Points (T, K, 4) of one person without frequencies above ``cutoff_hz``; see ``low_pass``.

    ``points`` are NaN in frames without any, which are filled in between others that are not too far apart; their
    scores are the lower one of both sides.
    """
    result = points.copy()
    known = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    count = points.shape[1]
    for run in runs(times_s, known):
        measured = known[run]
        flat = np.nan_to_num(points[run, :, :3].astype(np.float64)).reshape(-1, 3 * count)
        result[run, :, :3] = low_pass(times_s[run], flat, measured, cutoff_hz).reshape(-1, count, 3)
        rows = np.flatnonzero(measured)
        frames = np.arange(len(measured))
        before = rows[np.maximum(np.searchsorted(rows, frames, side="right") - 1, 0)]
        after = rows[np.minimum(np.searchsorted(rows, frames), len(rows) - 1)]
        scores = points[run, :, 3]
        result[run, :, 3] = np.minimum(scores[before], scores[after])
    return result


def exchange_limbs(points: Floats, before: Floats, after: Floats, skeleton: Skeleton) -> Floats:
    """``points`` (T, K, 4) of a person with left and right exchanged where the keypoints of a pair have changed sides.

    The points were made from the keypoints ``before`` (T, K, 3); those ``after`` have their sides put right. A pair has
    changed sides if each keypoint lies much nearer to the other one's place.
    """
    result = points.copy()
    for one, other in skeleton.flip_pairs:
        kept = _distances(before, after, one, one) + _distances(before, after, other, other)
        crossed = _distances(before, after, one, other) + _distances(before, after, other, one)
        swapped = crossed < NEARER * kept
        result[swapped, one], result[swapped, other] = points[swapped, other], points[swapped, one]
    return result


def _distances(before: Floats, after: Floats, one: int, other: int) -> Floats:
    return np.asarray(np.linalg.norm(before[:, one, :2] - after[:, other, :2], axis=1))
