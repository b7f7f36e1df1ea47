"""Object keypoint similarity (COCO), and the suppression of poses of the same person."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

Numbers = NDArray[np.floating[Any]]

EPSILON = np.spacing(1)
NMS_ROWS = 16
"""Rows that suppression compares with all others at once."""
MIN_KEYPOINT_SCORE = 0.2
"""Keypoints with a lower score do not count in a pose score (``COCODataset.evaluate``, ``in_vis_thre``)."""


def oks(one: Numbers, others: Numbers, area: float | Numbers, areas: Numbers, sigmas: Numbers) -> NDArray[np.float64]:
    """The similarity (M,), 0..1, of keypoints ``one`` (K, 2 or 3) with ``others`` (M, K, 2 or 3), by ``oks_iou``.

    Squared distances are divided by the mean of both people's areas: ``area`` and ``areas`` (M,), in square pixels.
    ``sigmas`` (K,) are those of the skeleton. With ``one`` (M, K, 2 or 3) and ``area`` (M,) row by row; other shapes
    of people are broadcast, so that ``one`` (N, 1, K, 2 or 3) with ``area`` (N, 1) gives (N, M).
    """
    apart = others[..., :2] - one[..., :2]
    apart *= apart
    squared = apart[..., 0] + apart[..., 1]
    variances = (2 * np.asarray(sigmas, np.float64)) ** 2
    scale = (np.asarray(area, np.float64) + np.asarray(areas, np.float64)) / 2 + EPSILON
    similarities = np.exp(-squared / variances / scale[..., None] / 2)
    return np.add.reduce(similarities, axis=-1) / similarities.shape[-1]


def areas_of(boxes: Numbers) -> Numbers:
    """The areas (...) of ``boxes`` (..., 4) = x0 y0 x1 y1."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def oks_nms(keypoints: Numbers, scores: Numbers, areas: Numbers, sigmas: Numbers, threshold: float) -> list[int]:
    """Non-maximum suppression by object keypoint similarity (``oks_nms`` of COCO and HRNet).

    ``keypoints`` are (N, K, 3), ``scores`` and ``areas`` (N,), ``sigmas`` (K,). Returns the indices of the kept
    rows, best first: no row is more similar than ``threshold`` to a better one.
    """
    order = np.argsort(np.asarray(scores))[::-1]
    keep: list[int] = []
    while len(order):
        # The best rows are compared with all others at once.
        best = order[:NMS_ROWS]
        distinct = oks(keypoints[best, None], keypoints[order], areas[best, None], areas[order], sigmas) <= threshold
        kept = np.ones(len(order), bool)
        for place, row in enumerate(best.tolist()):
            if kept[place]:
                keep.append(row)
                kept[place + 1 :] &= distinct[place, place + 1 :]
        order = order[len(best) :][kept[len(best) :]]
    return keep


def pose_scores(box_scores: Numbers, keypoint_scores: Numbers) -> Floats:
    """Score (N,) by which papers rank people: the box score times the mean of the keypoint scores over 0.2.

    ``box_scores`` are (N,), ``keypoint_scores`` (N, K).
    """
    counted = keypoint_scores > MIN_KEYPOINT_SCORE
    sums = np.add.reduce(np.where(counted, keypoint_scores, 0), axis=-1)
    return (box_scores * sums / np.maximum(np.add.reduce(counted, axis=-1), 1)).astype(np.float32)


def sigmas_or_even(sigmas: tuple[float, ...], keypoints: int) -> Floats:
    """The skeleton's ``sigmas`` as an array (K,), or a medium value for all ``keypoints`` if there are none."""
    return np.asarray(sigmas or (0.079,) * keypoints, np.float32)
