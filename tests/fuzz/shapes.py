"""Valid ONNX files with inputs and outputs that no pose network or person detector has."""

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
    "impossible side": (1, 3, 2**33, 2**33),
    "zero side": (1, 3, 0, 0),
    "negative side": (1, 3, -5, -5),
    "zero batch": (0, 3, 8, 8),
}
CODECS = ("heatmap", "udp-combined", "simcc", "regression", "keypoints")
HEADS = ("dets", "yolox", "ultralytics", "ultralytics-nms")
OUTPUT_SHAPES = ((1,), (1, 3), (1, 3, 0), (1, 3, 0, 0), (0, 3, 8, 8), (2, 2, 2, 2), (1, 0, 6), (1, 84, 6))
NAMES = {"nested names": "[" * 5000, "class number is a tuple": "{(1,): 'person'}"}


def _model(shape: tuple[int, ...], nodes: list[NodeProto], metadata: dict[str, str], *outputs: str) -> ModelProto:
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs or ("answer",)]
    graph = helper.make_graph(nodes, "strange", [picture], infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata)
    return model


def _constant(shape: tuple[int, ...], output: tuple[int, ...], metadata: dict[str, str], labels: bool = False) -> bytes:
    """A network whose output has the shape ``output``, filled with one number."""
    value = helper.make_tensor("value", TensorProto.INT64, (len(output),), output)
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=value),
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Expand", ["mean", "shape"], ["answer"]),
        helper.make_node("Identity", ["answer"], ["labels"]),
    ]
    model = _model(shape, nodes if labels else nodes[:3], metadata, "answer", *(["labels"] if labels else []))
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
    made |= {name: _constant(shape, BLANK, {}) for name, shape in INPUTS.items()}
    made |= {
        name: _constant(BLANK, BLANK, {"author": "Ultralytics", "names": metadata}) for name, metadata in NAMES.items()
    }
    for output in OUTPUT_SHAPES:
        for codec in CODECS:
            metadata = _card(POSE | {"codec": {"type": codec}})
            made[f"{codec} {output}"] = _constant(BLANK, output, metadata)
        for head in HEADS:
            metadata = _card(DETECTOR | {"head": head})
            made[f"{head} {output}"] = _constant((1, 3, 64, 64), output, metadata, head == "dets")
    return made


STRANGE = _made()
"""ONNX files by what is unusual about them."""
