"""Reads the outputs of detectors as boxes: one function per output format ("head").

Each returns boxes (N, 4) = x0 y0 x1 y1 in pixels of the detector's input, and scores (N,) of the person class.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.inference.model_card import DetectorCard

NMS_IOU = 0.65
"""Two boxes that overlap by more than this are the same person (YOLOX's own test setting).

It is high because people overlap: the boxes of two people side by side must both be kept.
"""

STRIDES = (8, 16, 32)
"""Strides of the grids of a YOLOX or Ultralytics head, in pixels."""


def read_boxes(outputs: Sequence[NDArray[Any]], card: DetectorCard, threshold: float) -> tuple[Floats, Floats]:
    """Boxes (N, 4) = x0 y0 x1 y1 in input pixels and scores (N,) of people with at least ``threshold``, best first."""
    match card.head:
        case "dets":
            boxes, scores = _dets(outputs, card.person)
        case "yolox":
            boxes, scores = _yolox(outputs[0][0], card)
        case "ultralytics":
            boxes, scores = _ultralytics(outputs[0][0], card.person)
        case "ultralytics-nms":
            boxes, scores = _ultralytics_nms(outputs[0][0], card.person)
    likely = scores >= threshold
    boxes, scores = boxes[likely].astype(np.float32), scores[likely].astype(np.float32)
    rows = nms(boxes, scores) if card.head in ("yolox", "ultralytics") else np.argsort(-scores, kind="stable")
    return boxes[rows], scores[rows]


def _dets(outputs: Sequence[NDArray[Any]], person: int) -> tuple[Floats, Floats]:
    """Boxes with scores (1, N, 5) and labels (1, N), after NMS in the network (OpenMMLab's deployment)."""
    dets, labels = outputs[0][0], outputs[1][0]
    people = labels == person
    return dets[people, :4], dets[people, 4]


def _yolox(rows: Floats, card: DetectorCard) -> tuple[Floats, Floats]:
    """A raw YOLOX head (cells, 5 + classes): centers relative to the cell, logarithms of sizes, both in strides."""
    cells, strides = _grid(card.picture.size)
    centers = (rows[:, :2] + cells) * strides
    halves = np.exp(rows[:, 2:4]) * strides / 2
    return np.concatenate([centers - halves, centers + halves], axis=1), rows[:, 4] * rows[:, 5 + card.person]


def _ultralytics(columns: Floats, person: int) -> tuple[Floats, Floats]:
    """A raw Ultralytics head (4 + classes, cells): boxes as center and size."""
    centers, halves = columns[:2].T, columns[2:4].T / 2
    return np.concatenate([centers - halves, centers + halves], axis=1), columns[4 + person]


def _ultralytics_nms(rows: Floats, person: int) -> tuple[Floats, Floats]:
    """Final rows (N, 6) = x0 y0 x1 y1 score class."""
    people = rows[:, 5] == person
    return rows[people, :4], rows[people, 4]


@cache
def _grid(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Cell coordinates (cells, 2) and strides (cells, 1), row by row, from the finest stride to the coarsest."""
    cells, strides = [], []
    for stride in STRIDES:
        columns, rows = size[0] // stride, size[1] // stride
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((columns * rows, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def nms(boxes: Floats, scores: Floats, iou: float = NMS_IOU) -> NDArray[np.intp]:
    """The rows (M,) of ``boxes`` (N, 4) that remain, best first.

    Of two boxes that overlap by more than ``iou`` the one with the higher score (N,) remains.
    """
    if not len(boxes):
        return np.empty(0, np.intp)
    corners_and_sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return np.asarray(cv2.dnn.NMSBoxes(corners_and_sizes.tolist(), scores.tolist(), 0.0, iou), np.intp).ravel()
