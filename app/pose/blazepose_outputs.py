"""Reads the outputs of BlazePose as points of its crops, as MediaPipe's graphs do.

``modules/pose_landmark/tensors_to_pose_landmarks_and_segmentation.pbtxt``,
``calculators/util/refine_landmarks_from_heatmap_calculator.cc``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats
from app.inference.blazepose_card import BlazePoseCard
from app.inference.infer_card import listed
from app.inference.onnx_model import OnnxModel

CENTER, TIP = 33, 34
"""Rows of the two points, after the keypoints, from which the next crop is made: its center, and its size and angle."""

VALUES = 5
"""Numbers of a point: x, y, z in pixels of the input, and visibility and presence before the sigmoid."""

MIN_HEATMAP = 0.5
"""A point is refined if a cell in its window has this value."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Points of N crops.

    ``points`` (N, P, 3) = x y z in fractions of the crops, ``visibility`` (N, P) and ``presence`` (N,) of the person
    0..1, ``world`` (N, P, 3) = x y z in meters along the axes of the crops: x to the right, y down, z away.
    """

    points: Floats
    visibility: Floats
    presence: Floats
    world: Floats


def keep_landmark_outputs(network: OnnxModel, card: BlazePoseCard) -> None:
    """Keep the four outputs that are read: points, presence, heatmaps and points in meters; the mask is not computed.

    Raises StanceError if ``network`` has no such outputs for the keypoints of ``card``, or no square input.
    """
    shapes = {output.shape[1:]: index for index, output in enumerate(network.outputs)}
    heatmaps = [
        shape for shape in shapes if len(shape) == 3 and shape[0] is not None and shape[1] != 1 and shape[0] > 1
    ]
    points = heatmaps[0][0] if len(heatmaps) == 1 else None
    wanted = [(points * VALUES,), (1,), heatmaps[0], (points * 3,)] if points is not None else []
    is_square = card.picture.size[0] == card.picture.size[1]
    if (
        not is_square
        or points is None
        or points <= max(TIP, len(card.resolved_skeleton.names))
        or any(s not in shapes for s in wanted)
    ):
        raise StanceError(
            "{file} outputs {outputs}, which are not those of a pose network of MediaPipe.",
            file=network.path.name,
            outputs=listed(network.outputs),
        )
    network.keep([(shapes[shape], None) for shape in wanted])


def read_landmarks(outputs: Sequence[Floats], side: int, window: int) -> Landmarks:
    """The points in ``outputs`` (N, ...), those of ``keep_landmark_outputs``, for N crops of ``side`` pixels.

    ``window`` is that of the card.
    """
    rows, presence, heatmaps, world = outputs
    count, kinds = len(rows), heatmaps.shape[1]
    values = rows.reshape(count, kinds, VALUES).astype(np.float32)
    points = values[..., :3] / np.float32(side)
    if window > 1:
        points[..., :2] = refine_points(points[..., :2], heatmaps, window)
    return Landmarks(
        points, sigmoid(values[..., 3]), presence.reshape(count).astype(np.float32), world.reshape(count, kinds, 3)
    )


def refine_points(points: Floats, heatmaps: Floats, window: int) -> Floats:
    """``points`` (N, P, 2), fractions of the crops, moved to the mean position in their ``heatmaps`` (N, P, h, w).

    The mean is over a window of ``window`` x ``window`` cells around the point, weighted by the sigmoid of their
    values. Points outside of the map, or without a cell of ``MIN_HEATMAP``, stay.
    """
    height, width = heatmaps.shape[2:]
    cells = np.trunc(points * np.array([width, height], np.float32))
    limits = np.array([width, height], np.float32)
    inside = np.asarray(((cells >= 0) & (cells < limits)).all(axis=-1))
    at = np.where(inside[..., None], cells, 0).astype(np.intp)
    reach = window // 2
    steps = np.arange(window) - reach
    columns, rows = at[..., :1] + steps, at[..., 1:] + steps
    seen_columns, seen_rows = (columns >= 0) & (columns < width), (rows >= 0) & (rows < height)
    people, kinds = np.ogrid[: heatmaps.shape[0], : heatmaps.shape[1]]
    around = heatmaps[
        people[..., None, None],
        kinds[..., None, None],
        np.clip(rows, 0, height - 1)[..., :, None],
        np.clip(columns, 0, width - 1)[..., None, :],
    ]
    weights = sigmoid(around) * (seen_rows[..., :, None] & seen_columns[..., None, :])
    moved = inside & (weights.max(axis=(-2, -1), initial=0) >= MIN_HEATMAP)
    total = np.where(moved, weights.sum(axis=(-2, -1)), 1)
    x = (weights.sum(axis=-2) * columns).sum(axis=-1) / total / width
    y = (weights.sum(axis=-1) * rows).sum(axis=-1) / total / height
    return np.where(moved[..., None], np.stack([x, y], axis=-1), points).astype(np.float32)


def sigmoid(values: Floats) -> Floats:
    """The sigmoid of ``values`` (N, ...)."""
    return (1 / (1 + np.exp(-np.clip(values, -80, 80)))).astype(np.float32)
