"""Makes tiny networks with given outputs, valid or broken in a chosen way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.skeleton import Skeleton
from app.inference.model_card import (
    METADATA_KEY,
    Codec,
    DetectorCard,
    Heatmap,
    InputSpec,
    ModelCard,
    PoseCard,
    write_card,
)

Values = NDArray[np.float32]
SIZE = (48, 64)
"""Width and height of the crop of a made pose network."""


def network(
    path: Path,
    values: Sequence[Values],
    size: tuple[int, int],
    card: ModelCard | None = None,
    *,
    outside: str = "",
    operator: str = "",
    free: bool = False,
) -> Path:
    """Write a network to ``path`` that outputs ``values``, each (1, ...), for any input of ``size`` (width, height).

    ``outside`` names a file for its external weights, ``operator`` an unknown operator that it uses. A ``free`` network
    accepts any input size.
    """
    weights = [numpy_helper.from_array(np.zeros(1, np.float32), "zero")]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["zeros"]),
    ]
    if operator:
        nodes.append(helper.make_node(operator, ["images"], ["unused"], domain="unknown.domain"))
    outputs = []
    for number, value in enumerate(values):
        shape = [1] * (value.ndim - 1)
        weights += [
            numpy_helper.from_array(value, f"value{number}"),
            numpy_helper.from_array(np.array([-1, *shape], np.int64), f"shape{number}"),
        ]
        nodes += [
            helper.make_node("Reshape", ["zeros", f"shape{number}"], [f"zero{number}"]),
            helper.make_node("Add", [f"value{number}", f"zero{number}"], [f"output{number}"]),
        ]
        outputs.append(helper.make_tensor_value_info(f"output{number}", TensorProto.FLOAT, ["n", *value.shape[1:]]))
    if outside:
        _make_external(weights[1], outside)
    picture = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, ["n", 3, *(("h", "w") if free else size[::-1])]
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("unknown.domain", 1)]
    model = helper.make_model(helper.make_graph(nodes, "made", [picture], outputs, weights), opset_imports=opsets)
    model.ir_version = 9
    if card is not None:
        model.metadata_props.add(key=METADATA_KEY, value=write_card(card))
    path.write_bytes(model.SerializeToString())
    return path


def heatmaps(count: int = 17) -> Values:
    """Heatmaps (1, count, 16, 12) with one clear peak per keypoint, from top to bottom."""
    maps = np.zeros((1, count, 16, 12), np.float32)
    for keypoint in range(count):
        maps[0, keypoint, 2 + keypoint * 12 // count, 5 + keypoint % 2] = 0.9
    return maps


def pose_card(
    size: tuple[int, int] = SIZE, codec: Codec | None = None, skeleton: str | Skeleton = "coco17"
) -> PoseCard:
    return PoseCard("made", InputSpec(size), codec or Heatmap("none"), skeleton)


def pose(path: Path, value: Values | None = None) -> Path:
    """A pose network that finds an upright person in the middle of each box."""
    return network(path, [heatmaps() if value is None else value], SIZE, pose_card())


def detector(path: Path, boxes: Sequence[Sequence[float]]) -> Path:
    """A detector of 128x128 that outputs ``boxes`` (x0 y0 x1 y1 score class) for any picture."""
    rows = np.zeros((1, max(len(boxes), 1), 6), np.float32)
    if boxes:
        rows[0] = boxes
    card = DetectorCard("made", InputSpec((128, 128)), "ultralytics-nms")
    return network(path, [rows], (128, 128), card)


def _make_external(weight: onnx.TensorProto, location: str) -> None:
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(len(weight.raw_data)))):
        weight.external_data.add(key=key, value=value)
    weight.ClearField("raw_data")
