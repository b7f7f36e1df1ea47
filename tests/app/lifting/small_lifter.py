"""A lifter of a few operators, which is no guess: in the plane of the picture, a meter is half its width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from app.inference.lifter_card import LifterCard
from app.inference.model_card import METADATA_KEY, write_card

CARD = LifterCard("small", "h36m17", "h36m17", history=(2, 0))


def write_lifter(path: Path, card: LifterCard = CARD) -> Path:
    """Write a network for ``card`` whose points are the keypoints of the last of the T frames, z the mean of x."""
    joints, channels = len(card.input_names), card.channels
    constants = {"last": np.array(card.frames - 1), "x": np.array([0])}
    nodes = [
        helper.make_node("Gather", ["keypoints", "last"], ["frame"], axis=1),
        helper.make_node("Slice", ["frame", "start", "two", "two"], ["xy"]),
        helper.make_node("Gather", ["keypoints", "x"], ["all_x"], axis=3),
        helper.make_node("ReduceMean", ["all_x"], ["z"], axes=[1], keepdims=0),
        helper.make_node("Concat", ["xy", "z"], ["points"], axis=2),
    ]
    constants |= {"start": np.array([0]), "two": np.array([2])}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("keypoints", TensorProto.FLOAT, ["N", card.frames, joints, channels])],
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, ["N", joints, 3])],
        [numpy_helper.from_array(np.asarray(value, np.int64), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    onnx.save(model, path)
    return path
