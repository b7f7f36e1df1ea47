"""Parametric pose suppression (RMPE, Fang et al., ICCV 2017): poses of the same person are found and merged.

The constants are those that RMPE's authors use for COCO; distances are in pixels of the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

DELTA_SCORE = 1.0
DELTA_DISTANCE = 2.65
DISTANCE_WEIGHT = 1.7
GAMMA = 22.48
"""The similarity over which two poses are the same: see ``similarities``."""

NEAR = 1.0
"""Greatest distance of keypoints whose scores count in the similarity."""

MIN_MATCHES = 5
"""Number of matching keypoints with which two poses are the same, whatever their similarity."""

BOX_SHARE = 0.1
MAX_MATCH_DISTANCE = 7.0
MAX_MERGE_DISTANCE = 15.0
"""Keypoints match, and are merged, up to this share of the longer side of the box, and these distances."""

MIN_SCORE = 0.3
"""Least score of the best keypoint of a pose."""

LEAST = np.float32(1e-5)
"""What a score of 0 counts as, so that scores can be weights."""


class MergedPoses(NamedTuple):
    """Poses (P, K, 3) that remain; the row that each was ``picked`` from (P,), and the rows ``merged`` into it."""

    poses: Floats
    picked: NDArray[np.intp]
    merged: list[NDArray[np.intp]]


def merge_poses(poses: Floats, boxes: Floats, min_score: float = MIN_SCORE) -> MergedPoses:
    """One pose for each person of ``poses`` (N, K, 3) in ``boxes`` (N, 4), the best ones first (``pose_nms``).

    The pose with the highest mean score is picked, and those of the same person are merged into it, until none is
    left. Poses whose best keypoint scores below ``min_score`` are dropped.
    """
    points, scores = poses[..., :2], np.where(poses[..., 2] == 0, LEAST, poses[..., 2])
    reach = np.float32(BOX_SHARE) * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    ranks = scores.mean(axis=1)
    left = np.arange(len(poses))
    kept: list[Floats] = []
    picked, merged = [], []
    while len(left):
        best = left[ranks[left].argmax()]
        same = left[are_same(points[best], scores[best], points[left], scores[left], float(reach[best]))]
        same = same if len(same) else np.array([best])
        left = np.setdiff1d(left, same, assume_unique=True)
        if scores[best].max() < min_score:
            continue
        pose = _merge(points[best], points[same], scores[same], float(reach[best]))
        if pose[:, 2].max() >= min_score:
            kept.append(pose)
            picked.append(best)
            merged.append(same)
    return MergedPoses(np.array(kept, np.float32).reshape(-1, *poses.shape[1:]), np.array(picked, np.intp), merged)


def are_same(point: Floats, score: Floats, points: Floats, scores: Floats, reach: float) -> NDArray[np.bool_]:
    """Which of the poses ``points`` (N, K, 2), ``scores`` (N, K) are of the same person as one (K, 2), (K,)."""
    distances = _distances(point, points)
    matches = matching_keypoints(distances, reach)
    return np.asarray((similarities(distances, score, scores) > GAMMA) | (matches >= MIN_MATCHES))


def similarities(distances: Floats, score: Floats, scores: Floats) -> Floats:
    """How similar poses (N,) are to one, by the ``distances`` (N, K) of their keypoints and ``scores`` (K,), (N, K).

    Near keypoints count with their scores, and all keypoints with their distances.
    """
    agreement = np.tanh(score / DELTA_SCORE) * np.tanh(scores / DELTA_SCORE) * (distances <= NEAR)
    closeness = np.exp(-distances / np.float32(DELTA_DISTANCE))
    return (agreement.sum(axis=1) + np.float32(DISTANCE_WEIGHT) * closeness.sum(axis=1)).astype(np.float32)


def matching_keypoints(distances: Floats, reach: float) -> NDArray[np.intp]:
    """The numbers (N,) of keypoints whose ``distances`` (N, K) are within ``reach`` and the greatest match distance."""
    limit = np.float32(max(min(reach, MAX_MATCH_DISTANCE), 1e-6))
    return np.count_nonzero(distances / limit <= 1, axis=1)


def _distances(point: Floats, points: Floats) -> Floats:
    return np.asarray(np.sqrt(((points - point) ** 2).sum(axis=2)), np.float32)


def _merge(point: Floats, points: Floats, scores: Floats, reach: float) -> Floats:
    """The mean (K, 3) of the keypoints near ``point`` (K, 2), weighted by their scores, which are weighted likewise."""
    near = _distances(point, points) <= min(reach, MAX_MERGE_DISTANCE)
    counted = scores * near
    weights = counted / np.maximum(counted.sum(axis=0), np.finfo(np.float32).tiny)
    merged = (points * weights[..., None]).sum(axis=0)
    return np.concatenate([merged, (counted * weights).sum(axis=0)[:, None]], axis=1).astype(np.float32)
