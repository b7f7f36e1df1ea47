"""Object keypoint similarity (COCO) and the suppression of people that were found twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.people import Floats

Numbers = NDArray[np.floating[Any]]

EPSILON = np.spacing(1)
KEYPOINT_FLOOR = 0.2
"""Keypoints under this score say nothing about the person (``COCODataset.evaluate``, ``in_vis_thre``)."""


def oks(one: Numbers, others: Numbers, area: float, areas: Numbers, sigmas: Numbers) -> NDArray[np.float64]:
    """The similarity (M,), 0..1, of keypoints ``one`` (K, 2 or 3) with ``others`` (M, K, 2 or 3).

    Distances count in units of the two people's mean area (``oks_iou``).
    """
    squared = ((others[..., :2] - one[..., :2]) ** 2).sum(axis=-1)
    variances = (2 * np.asarray(sigmas, np.float64)) ** 2
    scale = (area + np.asarray(areas, np.float64)) / 2 + EPSILON
    return np.exp(-squared / variances / scale[:, None] / 2).mean(axis=-1)


def oks_nms(keypoints: Numbers, scores: Numbers, areas: Numbers, sigmas: Numbers, threshold: float) -> list[int]:
    """The numbers of the people who stay, best first: nobody more than ``threshold`` like a better one."""
    order = np.argsort(np.asarray(scores))[::-1]
    keep: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        keep.append(int(best))
        likeness = oks(keypoints[best], keypoints[rest], float(areas[best]), areas[rest], sigmas)
        order = rest[likeness <= threshold]
    return keep


def pose_scores(box_scores: Numbers, keypoint_scores: Numbers) -> Floats:
    """Box score x mean keypoint score over 0.2, the score (N,) that the papers rank people by.

    ``keypoint_scores`` is (N, K).
    """
    counted = keypoint_scores > KEYPOINT_FLOOR
    sums = np.where(counted, keypoint_scores, 0).sum(axis=-1)
    return (box_scores * sums / np.maximum(counted.sum(axis=-1), 1)).astype(np.float32)


def sigmas_or_even(sigmas: tuple[float, ...], keypoints: int) -> Floats:
    """The skeleton's sigmas, or a middling one for all where it has none."""
    return np.asarray(sigmas or (0.079,) * keypoints, np.float32)
