"""Writes a trained lifter as an ONNX file, in which normalizations are part of the layers and weights are FP16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from training.lift.bodies import ROW
from training.lift.network import KEYPOINTS, OFFSETS, Block, Layer, LifterNetwork

OPSET, IR_VERSION = 17, 8
VALUES = 3 * KEYPOINTS


def to_onnx(network: LifterNetwork) -> onnx.ModelProto:
    """``network`` with frames oldest first: (N, 1 + OFFSETS[-1], K, 3) in, of which it takes ``OFFSETS``."""
    graph = _Graph()
    even, odd = network.basis_even, network.basis_odd
    count = even.shape[1]
    taps = graph.node("Gather", "keypoints", graph.integers([OFFSETS[-1] - offset for offset in OFFSETS]), axis=1)
    flat = graph.node("Reshape", taps, graph.integers([-1, len(OFFSETS), VALUES]))
    sorts = graph.node("MatMul", flat, graph.floats(torch.cat([even, odd], 1)))
    parts = graph.node("Split", sorts, graph.integers([count, VALUES - count]), outputs=2, axis=2)
    hidden = graph.layer(network.first, [graph.node("Flatten", part) for part in parts])
    for block in network.blocks:
        assert isinstance(block, Block)
        changed = graph.layer(block.two, graph.sorts(graph.layer(block.one, graph.sorts(hidden))))
        hidden = [graph.node("Add", own, change) for own, change in zip(hidden, changed, strict=True)]
    last = network.last
    found = graph.linear(graph.sorts(hidden), last.even.weight, last.even.bias, last.odd.weight)
    back = torch.cat([even, odd], 1).T.unflatten(1, (KEYPOINTS, 3))
    back = (back - back[:, ROW["hip"], None]).flatten(1)  # the pelvis is the origin
    points = graph.node("MatMul", graph.node("Concat", *found, axis=1), graph.floats(back))
    graph.node("Reshape", points, graph.integers([-1, KEYPOINTS, 3]), names=["points"])
    return graph.model()


class _Graph:
    """Nodes and weights of a graph; methods return the names of their outputs."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[TensorProto] = []

    def node(self, sort: str, *inputs: str, outputs: int = 1, names: Sequence[str] = (), **settings: Any) -> Any:
        """One output's name, or a list of several."""
        found = list(names) or [f"{sort.lower()}{len(self._nodes)}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(sort, inputs, found, **settings))
        return found[0] if len(found) == 1 else found

    def integers(self, values: Sequence[int]) -> str:
        """A constant."""
        return self._constant(np.array(values, np.int64))

    def floats(self, values: Tensor) -> str:
        """A constant in single precision, which is stored in half precision."""
        return str(self.node("Cast", self._constant(values.detach().numpy().astype(np.float16)), to=TensorProto.FLOAT))

    def linear(self, sorts: Sequence[str], even: Tensor, bias: Tensor, odd: Tensor) -> list[str]:
        """A ``MirrorLinear`` with these weights and this bias."""
        added = self.node("Add", self.node("MatMul", sorts[0], self.floats(even.T)), self.floats(bias))
        return [added, self.node("MatMul", sorts[1], self.floats(odd.T))]

    def layer(self, layer: Layer, sorts: Sequence[str]) -> list[str]:
        """A ``Layer`` with its normalization in weights and bias: both halves."""
        norm, linear = layer.norm, layer.linear
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        bias = (linear.even.bias - norm.running_mean) * scale + norm.bias
        even, odd = (part.weight * scale[:, None] for part in (linear.even, linear.odd))
        values = self.linear(sorts, even, bias, odd)
        return [self.node("Relu", self.node(sort, *values)) for sort in ("Add", "Sub")]

    def sorts(self, halves: Sequence[str]) -> list[str]:
        """The even and the odd values of both ``halves``."""
        return [self.node(sort, *halves) for sort in ("Add", "Sub")]

    def model(self) -> onnx.ModelProto:
        """The model of all nodes so far."""
        frames = 1 + OFFSETS[-1]
        graph = helper.make_graph(
            self._nodes,
            "lifter",
            [helper.make_tensor_value_info("keypoints", TensorProto.FLOAT, ["people", frames, KEYPOINTS, 3])],
            [helper.make_tensor_value_info("points", TensorProto.FLOAT, ["people", KEYPOINTS, 3])],
            self._weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"weights{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
