"""Reads the outputs of one-stage pose networks as people: one function per output format.

Coordinates are in pixels of the network's input. A network that outputs no score of keypoints gives each keypoint the
score of the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.detection.output_formats import nms
from app.inference.one_stage_card import OneStageCard
from app.pose.second_look import BOX_MARGIN

Arrays = Sequence[NDArray[Any]]

MAX_PEOPLE = 300
"""Maximum number of people of an image, the best ones: as many as Ultralytics' networks output."""


class People(NamedTuple):
    """``boxes`` (N, 4) = x0 y0 x1 y1, ``scores`` (N,) and ``poses`` (N, K, 3) = x y score, in input pixels."""

    boxes: Floats
    scores: Floats
    poses: Floats


def read_people(outputs: Arrays, card: OneStageCard, threshold: float) -> People:
    """The people with a score of at least ``threshold`` in the first image of ``outputs``, best first.

    ``outputs`` are in the order of the card's format. Raises ValueError or IndexError if they are not what it states.
    """
    keypoints = len(card.resolved_skeleton.names)
    arrays = [output[0] for output in outputs]
    match card.output:
        case "ultralytics":
            people = _ultralytics(arrays[0], card, keypoints, threshold)
        case "ultralytics-nms":
            people = _ultralytics_nms(arrays[0], card, keypoints)
        case "rtmo":
            people = _rtmo(arrays[0], arrays[1])
        case "detr":
            people = _detr(arrays, card)
        case "detr-logits":
            people = _detr_logits(arrays, card, keypoints)
    if people.poses.shape[1:] != (keypoints, 3) or people.boxes.shape != (len(people.poses), 4):
        raise ValueError("another number of keypoints")
    best = np.argsort(-people.scores, kind="stable")
    return _rows(people, best[people.scores[best] >= threshold][:MAX_PEOPLE])


def _ultralytics(rows: Floats, card: OneStageCard, keypoints: int, threshold: float) -> People:
    """YOLOv8 and YOLO11 pose, before suppression: (4 + classes + K x columns, anchors).

    Boxes are center and size; scores are activated, keypoints are x y, or x y score.
    """
    first = len(rows) - keypoints * card.columns
    if not 4 <= 4 + card.person < first:
        raise ValueError("another number of keypoints")
    likely = rows[:, rows[4 + card.person] >= threshold].T.astype(np.float32)
    people = _people(_from_centers(likely[:, :4]), likely[:, 4 + card.person], likely[:, first:], keypoints)
    return _rows(people, nms(people.boxes, people.scores, card.nms_iou))


def _ultralytics_nms(rows: Floats, card: OneStageCard, keypoints: int) -> People:
    """Final rows (N, 6 + K x columns) = x0 y0 x1 y1 score class, keypoints: YOLO26, or exports with suppression.

    Unused rows have score 0.
    """
    rows = rows[rows[:, 5] == card.person].astype(np.float32)
    return _people(rows[:, :4], rows[:, 4], rows[:, 6:], keypoints)


def _rtmo(dets: Floats, keypoints: Floats) -> People:
    """RTMO (Lu et al., CVPR 2024) and YOLOX-Pose as OpenMMLab deploys them, after suppression.

    ``dets`` (N, 5) are boxes and scores, ``keypoints`` (N, K, 3) = x y score.
    """
    return _people(dets[:, :4], dets[:, 4], keypoints, keypoints.shape[1])


def _detr(arrays: Arrays, card: OneStageCard) -> People:
    """DETRPose (Janampa and Pattichis, 2025) and ECPose: scores (N,), labels (N,), keypoints (N, K, columns), boxes.

    Keypoints are in pixels of the size that the network was given as its second input; boxes (N, 4) = x0 y0 x1 y1
    may be missing.
    """
    people = arrays[1] == card.person
    scores, keypoints = arrays[0][people], arrays[2][people]
    boxes = arrays[3][people] if len(arrays) > 3 else _around(keypoints[..., :2])
    return _people(boxes, scores, keypoints, keypoints.shape[1])


def _detr_logits(arrays: Arrays, card: OneStageCard, keypoints: int) -> People:
    """The same networks without their last step: logits (N, classes), keypoints (N, K x columns), boxes (N, 4).

    Coordinates are fractions of the input; boxes, center and size, may be missing.
    """
    logits = np.clip(arrays[0][:, card.person], -80, 80).astype(np.float32)  # beyond, the exponential overflows
    scores: Floats = np.reciprocal(1 + np.exp(-logits), dtype=np.float32)
    size = np.asarray(card.picture.size, np.float32)
    poses = arrays[1].reshape(len(scores), keypoints, card.columns).astype(np.float32)
    poses[..., :2] *= size
    boxes = _from_centers(arrays[2] * np.tile(size, 2)) if len(arrays) > 2 else _around(poses[..., :2])
    return _people(boxes, scores, poses, keypoints)


def _people(boxes: Floats, scores: Floats, values: Floats, keypoints: int) -> People:
    """People with ``values`` of any shape, two or three for each of ``keypoints`` keypoints."""
    columns = values[:1].size // max(keypoints, 1) if len(values) else 3
    poses = values.reshape(len(scores), keypoints, columns).astype(np.float32)
    if columns == 2:
        own = np.broadcast_to(scores.astype(np.float32)[:, None, None], (*poses.shape[:2], 1))
        poses = np.concatenate([poses, own], axis=2)
    return People(boxes.astype(np.float32), scores.astype(np.float32), poses)


def _rows(people: People, rows: NDArray[np.intp]) -> People:
    return People(people.boxes[rows], people.scores[rows], people.poses[rows])


def _from_centers(boxes: Floats) -> Floats:
    """Boxes (N, 4) = x0 y0 x1 y1 from centers and sizes."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)


def _around(points: Floats) -> Floats:
    """Boxes (N, 4) around ``points`` (N, K, 2), with a margin: keypoints lie inside of the body."""
    low, high = points.min(axis=1), points.max(axis=1)
    margin = BOX_MARGIN * (high - low).max(axis=1, keepdims=True)
    return np.concatenate([low - margin, high + margin], axis=1).astype(np.float32)
