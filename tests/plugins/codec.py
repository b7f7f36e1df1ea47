"""A toy codec, and a top-down network that uses it: rows (N, K, 3) of x y score in percent of the crop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import METADATA_KEY, Codec, InputSpec, PoseCard, write_card
from app.inference.registry import CODEC_SPECS, CODECS
from app.pose.codecs.codec import CoordinateCodec, Maps, check_shapes


@CODEC_SPECS.register("toy-percent")
class ToyPercent(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="toy-percent", tag_field="type"):
    """Settings of the toy codec in a card; ``unit`` is the coordinate of the far border of the crop."""

    unit: float = 100.0


@CODECS.register("toy-percent")
class ToyPercentCodec(CoordinateCodec):
    """Reads the rows."""

    def __init__(self, spec: ToyPercent) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        values = outputs[0] / np.float32(self.spec.unit)
        return values[..., :2], values[..., 2]

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``."""
        values = outputs[0][:, order].copy()
        values[..., 0] = self.spec.unit - values[..., 0]
        return [values]

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "ToyPercent", skeleton, name, 3, columns=3)

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return "percent of the crop"


def write_network(path: Path, keypoints: int = 17) -> Path:
    """An ONNX file that puts the keypoints on the diagonal of every crop, from 10 to 90 percent, with score 80."""
    diagonal = np.linspace(10, 90, keypoints, dtype=np.float32)
    rows = np.stack([diagonal, diagonal, np.full(keypoints, 80, np.float32)], axis=1)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Unsqueeze", ["nothing", "axis"], ["row"]),
        helper.make_node("Add", ["rows", "row"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 64, 48])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", keypoints, 3])],
        [
            numpy_helper.from_array(rows[None], "rows"),
            numpy_helper.from_array(np.array(0, np.float32), "zero"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    card = PoseCard("toy-percent", InputSpec((48, 64)), ToyPercent(), "coco17")
    helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    onnx.save(model, str(path))
    return path
