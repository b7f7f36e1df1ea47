"""Networks that ONNX Runtime opens, and that ask for or answer what no network for people does."""

from __future__ import annotations

import json
from typing import Any

from onnx import ModelProto, NodeProto, TensorProto, helper

POSE: dict[str, Any] = {
    "task": "pose",
    "name": "a",
    "picture": {"size": [8, 8]},
    "codec": {"type": "heatmap"},
    "skeleton": {"name": "own", "names": ["a", "b", "c"]},
}
DETECTOR: dict[str, Any] = {"task": "detector", "name": "d", "picture": {"size": [64, 64]}}
BLANK = (1, 3, 8, 8)
INPUTS = {
    "huge batch": (2**40, 3, 8, 8),
    "huge side": (1, 3, 2**20, 2**20),
    "side beyond all": (1, 3, 2**33, 2**33),
    "no side": (1, 3, 0, 0),
    "negative side": (1, 3, -5, -5),
    "no batch": (0, 3, 8, 8),
}
CODECS = ("heatmap", "udp-combined", "simcc", "regression", "keypoints")
HEADS = ("dets", "yolox", "ultralytics", "ultralytics-nms")
ANSWERS = ((1,), (1, 3), (1, 3, 0), (1, 3, 0, 0), (0, 3, 8, 8), (2, 2, 2, 2), (1, 0, 6), (1, 84, 6))
NAMES = {"names in names": "[" * 5000, "a name's number is none": "{(1,): 'person'}"}


def _model(shape: tuple[int, ...], nodes: list[NodeProto], told: dict[str, str], *outputs: str) -> ModelProto:
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)
    answers = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs or ("answer",)]
    graph = helper.make_graph(nodes, "strange", [picture], answers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, told)
    return model


def _answering(shape: tuple[int, ...], answer: tuple[int, ...], told: dict[str, str], labels: bool = False) -> bytes:
    """A network that answers one number in that shape."""
    value = helper.make_tensor("value", TensorProto.INT64, (len(answer),), answer)
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=value),
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Expand", ["mean", "shape"], ["answer"]),
        helper.make_node("Identity", ["answer"], ["labels"]),
    ]
    model = _model(shape, nodes if labels else nodes[:3], told, "answer", *(["labels"] if labels else []))
    return model.SerializeToString()


def _texts() -> bytes:
    nodes = [helper.make_node("Cast", ["picture"], ["answer"], to=TensorProto.STRING)]
    model = _model(BLANK, nodes, {})
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING
    return model.SerializeToString()


def _lists() -> bytes:
    model = _model(BLANK, [helper.make_node("SplitToSequence", ["picture"], ["answer"], axis=1)], {})
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_sequence_value_info("answer", TensorProto.FLOAT, None))
    return model.SerializeToString()


def _card(card: dict[str, Any]) -> dict[str, str]:
    return {"stance.card": json.dumps(card)}


def _made() -> dict[str, bytes]:
    made = {"texts": _texts(), "lists": _lists()}
    made |= {name: _answering(shape, BLANK, {}) for name, shape in INPUTS.items()}
    made |= {name: _answering(BLANK, BLANK, {"author": "Ultralytics", "names": told}) for name, told in NAMES.items()}
    for answer in ANSWERS:
        for codec in CODECS:
            told = _card(POSE | {"codec": {"type": codec}})
            made[f"{codec} {answer}"] = _answering(BLANK, answer, told)
        for head in HEADS:
            told = _card(DETECTOR | {"head": head})
            made[f"{head} {answer}"] = _answering((1, 3, 64, 64), answer, told, head == "dets")
    return made


STRANGE = _made()
"""ONNX files by what is strange about them."""
