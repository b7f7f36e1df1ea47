"""Networks made on the spot: as small as can be, and as wrong as is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.card import METADATA_KEY, Codec, DetectorCard, Heatmap, ModelCard, Picture, PoseCard, write_card
from app.skeleton import Skeleton

Values = NDArray[np.float32]
SIZE = (48, 64)
"""Width and height of the crop that a made pose network takes."""


def network(
    path: Path,
    answers: Sequence[Values],
    size: tuple[int, int],
    card: ModelCard | None = None,
    *,
    outside: str = "",
    operator: str = "",
) -> Path:
    """A network that answers each of ``answers`` (1, ...) for every picture of ``size`` (width, height) in the batch.

    ``outside`` is the file where its weights are said to lie, ``operator`` one of nobody's that it needs.
    """
    weights = [numpy_helper.from_array(np.zeros(1, np.float32), "zero")]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
    ]
    if operator:
        nodes.append(helper.make_node(operator, ["images"], ["whatever"], domain="of.nobody"))
    outputs = []
    for number, answer in enumerate(answers):
        shape = [1] * (answer.ndim - 1)
        weights += [
            numpy_helper.from_array(answer, f"value{number}"),
            numpy_helper.from_array(np.array([-1, *shape], np.int64), f"shape{number}"),
        ]
        nodes += [
            helper.make_node("Reshape", ["nothing", f"shape{number}"], [f"nothing{number}"]),
            helper.make_node("Add", [f"value{number}", f"nothing{number}"], [f"output{number}"]),
        ]
        outputs.append(helper.make_tensor_value_info(f"output{number}", TensorProto.FLOAT, ["n", *answer.shape[1:]]))
    if outside:
        _put_outside(weights[1], outside)
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, size[1], size[0]])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("of.nobody", 1)]
    model = helper.make_model(helper.make_graph(nodes, "made", [picture], outputs, weights), opset_imports=opsets)
    model.ir_version = 9
    if card is not None:
        model.metadata_props.add(key=METADATA_KEY, value=write_card(card))
    path.write_bytes(model.SerializeToString())
    return path


def heatmaps(count: int = 17) -> Values:
    """(1, count, 16, 12): one sure peak a keypoint, one above another."""
    maps = np.zeros((1, count, 16, 12), np.float32)
    for keypoint in range(count):
        maps[0, keypoint, 2 + keypoint * 12 // count, 5 + keypoint % 2] = 0.9
    return maps


def pose_card(
    size: tuple[int, int] = SIZE, codec: Codec | None = None, skeleton: str | Skeleton = "coco17"
) -> PoseCard:
    return PoseCard("made", Picture(size), codec or Heatmap("none"), skeleton)


def pose(path: Path, answer: Values | None = None) -> Path:
    """A pose network that sees everybody stand upright in the middle of their box."""
    return network(path, [heatmaps() if answer is None else answer], SIZE, pose_card())


def detector(path: Path, boxes: Sequence[Sequence[float]]) -> Path:
    """A detector of 128x128 that answers ``boxes`` (x0 y0 x1 y1 score class), whatever it is shown."""
    rows = np.zeros((1, max(len(boxes), 1), 6), np.float32)
    if boxes:
        rows[0] = boxes
    card = DetectorCard("made", Picture((128, 128)), "ultralytics-nms")
    return network(path, [rows], (128, 128), card)


def _put_outside(weight: onnx.TensorProto, place: str) -> None:
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", str(len(weight.raw_data)))):
        weight.external_data.add(key=key, value=value)
    weight.ClearField("raw_data")
