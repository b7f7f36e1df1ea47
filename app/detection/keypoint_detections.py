"""Reads the outputs of MediaPipe's detectors of bodies, palms and faces: boxes with some keypoints each.

They are single-shot detectors: a row of numbers for each anchor, a fixed point of the input. MediaPipe,
``calculators/tflite/ssd_anchors_calculator.cc``, ``calculators/tensor/tensors_to_detections_calculator.cc`` and
``calculators/util/non_max_suppression_calculator.cc``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.rotated_region import Regions

BODY_STRIDES = (8, 16, 32, 32, 32)
"""Strides in pixels of the layers of the body detector (input 224 x 224, 2254 anchors)."""

PALM_STRIDES = FACE_STRIDES = (8, 16, 16, 16)
"""The same for palms (192 x 192, 2016 anchors) and faces at short range (128 x 128, 896 anchors)."""

ANCHORS_PER_LAYER = 2
MIN_SCORE = 0.5
MAX_IOU = 0.3
"""Boxes that overlap the best one by more are of the same object."""

MAX_LOGIT = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class KeypointDetections:
    """N detections, best first: ``scores`` (N,), ``boxes`` (N, 4) = x0 y0 x1 y1 and ``keypoints`` (N, K, 2).

    Coordinates are fractions of the crop that the detector got.
    """

    scores: Floats
    boxes: Floats
    keypoints: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> KeypointDetections:
        """The detections of these ``rows``."""
        return KeypointDetections(self.scores[rows], self.boxes[rows], self.keypoints[rows])

    def in_image(self, region: Regions) -> KeypointDetections:
        """The same in pixels of the image, for a crop of the one ``region``, which is not turned."""
        corners = region.to_image(self.boxes.reshape(1, -1, 2)).reshape(-1, 4)
        keypoints = region.to_image(self.keypoints.reshape(1, -1, 2)).reshape(self.keypoints.shape)
        return KeypointDetections(self.scores, corners, keypoints)


@cache
def anchors(side: int, strides: Sequence[int]) -> Floats:
    """Anchor centers (A, 2) = x y as fractions of an input of ``side`` pixels, for layers with these ``strides``.

    Layers of equal strides in a row are merged: cell by cell, row by row, two anchors for each layer.
    """
    layers = []
    for stride, equal in groupby(strides):
        cells = -(-side // stride)
        middles = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        layers.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), ANCHORS_PER_LAYER * len([*equal]), axis=0))
    return np.concatenate(layers).astype(np.float32)


def read_detections(
    regressors: Floats, logits: Floats, side: int, strides: tuple[int, ...], min_score: float = MIN_SCORE
) -> KeypointDetections:
    """Detections of at least ``min_score`` in one crop, before suppression.

    ``regressors`` (A, 4 + 2 K) are box center, box size and keypoints for each anchor in pixels of the input of
    ``side`` pixels, ``logits`` (A,) or (A, 1) the scores before the sigmoid. Raises ValueError if their number is not
    that of the anchors.
    """
    centers = anchors(side, strides)
    if len(regressors) != len(centers) or logits.size != len(centers):
        raise ValueError(f"{len(regressors)} rows for {len(centers)} anchors")
    clipped = np.clip(logits.reshape(-1).astype(np.float64), -MAX_LOGIT, MAX_LOGIT)
    scores = (1 / (1 + np.exp(-clipped))).astype(np.float32)
    likely = (scores >= min_score) & (regressors[:, 2:4] >= 0).all(axis=1)
    rows, centers, scores = regressors[likely] / np.float32(side), centers[likely], scores[likely]
    middles, halves = rows[:, :2] + centers, rows[:, 2:4] / 2
    keypoints = rows[:, 4:].reshape(len(rows), (rows.shape[1] - 4) // 2, 2) + centers[:, None]
    best = np.argsort(-scores, kind="stable")
    boxes = np.concatenate([middles - halves, middles + halves], axis=1)
    return KeypointDetections(scores[best], boxes[best], keypoints[best])


def merge_detections(detections: KeypointDetections, max_iou: float = MAX_IOU) -> KeypointDetections:
    """One detection for each object, best first: the mean of all that overlap the best one, weighted by their scores.

    The score is that of the best one.
    """
    merged = []
    left = np.arange(len(detections))
    while len(left):
        overlap = _iou(detections.boxes[left[0]], detections.boxes[left])
        same = left[overlap > max_iou] if overlap[0] > max_iou else left[:1]
        weights = detections.scores[same]
        values = [np.average(part[same], axis=0, weights=weights) for part in (detections.boxes, detections.keypoints)]
        merged.append((detections.scores[left[0]], *values))
        left = np.setdiff1d(left, same, assume_unique=True)
    if not merged:
        return detections
    scores, boxes, keypoints = (np.array(part, np.float32) for part in zip(*merged, strict=True))
    return KeypointDetections(scores, boxes, keypoints)


def _iou(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union (N,) of ``box`` (4,) with each of ``boxes`` (N, 4)."""
    sides = np.maximum(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0)
    common = sides[:, 0] * sides[:, 1]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    total = areas + (box[2] - box[0]) * (box[3] - box[1]) - common
    return np.divide(common, total, out=np.zeros_like(common), where=total > 0)
