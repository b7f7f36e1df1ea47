"""Tiny one-stage networks: each outputs the same people for every image, in the format of a published export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.people import Floats
from app.core.skeleton import plain_skeleton

SIDE = 64
"""Side of the square input, in pixels."""
ANCHORS = (SIDE // 8) ** 2 + (SIDE // 16) ** 2 + (SIDE // 32) ** 2
PEOPLE = np.array([[4, 6, 28, 60, 0.9], [34, 8, 60, 58, 0.7], [6, 8, 29, 60, 0.6], [2, 30, 12, 50, 0.05]], np.float32)
"""Boxes x0 y0 x1 y1 in input pixels, and scores; the third is the first person again, the fourth is unlikely."""
SIZES = "orig_target_sizes"


def places(keypoints: int) -> Floats:
    """Where the K keypoints lie in a person's box, (K, 2) in fractions: the same for one name in all skeletons.

    Left and right are mirrored, so that a flip test changes nothing.
    """
    rows = []
    for name in plain_skeleton(keypoints).names:
        side = -1 if name.startswith("left") else 1 if name.startswith("right") else 0
        number = crc32(name.removeprefix("left_").removeprefix("right_").encode())
        rows.append([0.5 + side * (0.1 + number % 31 / 100), 0.05 + number % 91 / 100])
    return np.array(rows, np.float32)


def poses_in(boxes: Floats, keypoints: int) -> Floats:
    """Keypoints (N, K, 3) = x y score in ``boxes`` (N, 4), in the same pixels; see ``places``."""
    points = boxes[:, None, :2] + places(keypoints) * (boxes[:, None, 2:4] - boxes[:, None, :2])
    scores = np.broadcast_to(np.linspace(0.6, 0.9, keypoints)[None, :, None], (len(boxes), keypoints, 1))
    return np.concatenate([points, scores], axis=2).astype(np.float32)


def raw(keypoints: int = 17, classes: int = 1, person: int = 0, anchors: int = ANCHORS) -> Floats:
    """YOLOv8 and 11: (1, 4 + classes + 3 K, anchors), boxes as center and size."""
    output = np.zeros((1, 4 + classes + 3 * keypoints, anchors), np.float32)
    poses = poses_in(PEOPLE, keypoints)
    for row, anchor in enumerate(range(5, 5 + 7 * len(PEOPLE), 7)):
        x0, y0, x1, y1, score = PEOPLE[row]
        output[0, :4, anchor] = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
        output[0, 4 + person, anchor] = score
        output[0, 4 + classes :, anchor] = poses[row].ravel()
    return output


def final(keypoints: int = 17, person: int = 0, rows: int = 20) -> Floats:
    """YOLO26, and exports with suppression: (1, N, 6 + 3 K); the last row is of another class, the rest is unused."""
    output = np.zeros((1, rows, 6 + 3 * keypoints), np.float32)
    kept = PEOPLE[[0, 1, 3]]
    output[0, :3] = np.concatenate([kept, np.full((3, 1), person), poses_in(kept, keypoints).reshape(3, -1)], axis=1)
    output[0, 3] = output[0, 0]
    output[0, 3, 5] = person + 1
    return output


def rtmo(keypoints: int = 17) -> dict[str, Floats]:
    """RTMO: dets (1, N, 5) and keypoints (1, N, K, 3)."""
    return {"dets": PEOPLE[None, [1, 0, 3]], "keypoints": poses_in(PEOPLE[[1, 0, 3]], keypoints)[None]}


def detr(keypoints: int = 17, columns: int = 2) -> dict[str, NDArray[Any]]:
    """DETRPose: scores, labels (1 is a person) and keypoints in fractions, which the network multiplies by the size."""
    scores = np.append(PEOPLE[:, 4], 0.8).astype(np.float32)
    labels = np.array([1, 1, 0, 1, 0], np.int64)
    poses = poses_in(np.concatenate([PEOPLE, PEOPLE[:1]]), keypoints)
    poses[..., :2] /= SIDE
    return {"scores": scores[None], "labels": labels[None], "keypoints": poses[None, ..., :columns]}


def logits(keypoints: int = 17) -> dict[str, Floats]:
    """The same before the last step: pred_logits (1, N, 2), pred_keypoints (1, N, 2 K) in fractions."""
    chances = np.clip(PEOPLE[:, 4:], 0.01, 0.99)
    values = np.log(chances / (1 - chances))
    poses = poses_in(PEOPLE, keypoints)[..., :2] / SIDE
    return {
        "pred_logits": np.concatenate([-values, values], axis=1)[None],
        "pred_keypoints": poses.reshape(1, len(PEOPLE), -1),
    }


def write(
    path: Path,
    outputs: Mapping[str, NDArray[Any]],
    *,
    shape: Sequence[int | str] = (1, 3, SIDE, SIDE),
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a network with these ``outputs`` for every image; with labels it also gets the size of the image."""
    has_size = "labels" in outputs
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, list(shape))]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    constants: dict[str, NDArray[Any]] = {"zero": np.array(0, np.float32)}
    if has_size:
        inputs.append(helper.make_tensor_value_info(SIZES, TensorProto.INT64, ["N", 2]))
        nodes.append(helper.make_node("Cast", [SIZES], ["size"], to=TensorProto.FLOAT))
    described = []
    for name, values in outputs.items():
        constants[f"{name}_values"] = values
        if values.dtype == np.int64:
            nodes.append(helper.make_node("Identity", [f"{name}_values"], [name]))
        elif has_size and name == "keypoints":
            extra = values.shape[-1] - 2
            constants["more"] = np.ones((1, extra), np.float32)
            nodes.append(helper.make_node("Concat", ["size", "more"], ["factors"], axis=1))
            nodes.append(helper.make_node("Mul", [f"{name}_values", "factors"], [f"{name}_scaled"]))
            nodes.append(helper.make_node("Add", [f"{name}_scaled", "nothing"], [name]))
        else:
            nodes.append(helper.make_node("Add", [f"{name}_values", "nothing"], [name]))
        kind = TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT
        described.append(helper.make_tensor_value_info(name, kind, list(values.shape)))
    initializers = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "people", inputs, described, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, str(path))
    return path


def write_detector(path: Path) -> Path:
    """A detector that finds the same people."""
    boxes = rtmo()["dets"]
    write(path, {"boxes": boxes, "classes": np.zeros((1, boxes.shape[1]), np.int64)})
    model = onnx.load(str(path))
    for output, name in zip(model.graph.output, ("dets", "labels"), strict=True):
        next(node for node in model.graph.node if node.output[0] == output.name).output[0] = name
        output.name = name
    onnx.save(model, str(path))
    return path


def write_variable(path: Path, keypoints: int = 17) -> Path:
    """A YOLOv8-like network for inputs of any size that are multiples of 32: the score of each cell is its red."""
    rows = 5 + 3 * keypoints
    weights = np.zeros((rows, 3, 1, 1), np.float32)
    weights[4, 0] = 1
    bias = np.zeros(rows, np.float32)
    bias[:4] = 20, 20, 30, 30
    nodes, cells = [], []
    for stride in (8, 16, 32):
        nodes += [
            helper.make_node(
                "AveragePool", ["images"], [f"p{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            ),
            helper.make_node("Conv", [f"p{stride}", "weights", "bias"], [f"c{stride}"]),
            helper.make_node("Reshape", [f"c{stride}", "shape"], [f"r{stride}"]),
        ]
        cells.append(f"r{stride}")
    nodes.append(helper.make_node("Concat", cells, ["output0"], axis=2))
    constants: dict[str, NDArray[Any]] = {"weights": weights, "bias": bias, "shape": np.array([1, rows, -1], np.int64)}
    graph = helper.make_graph(
        nodes,
        "people",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, rows, "anchors"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path
