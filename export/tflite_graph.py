"""Builds an ONNX graph from a TensorFlow Lite one, tensor by tensor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from app.core.errors import StanceError
from app.core.message import Message
from export.tflite_file import Network, Operator

Numbers = np.ndarray[Any, Any]
Sides = tuple[int, int, int, int]

NCHW = (0, 3, 1, 2)
"""The axes of a picture in TensorFlow Lite, (N, H, W, C), in the order in which they lie in the ONNX graph."""
NHWC = (0, 2, 3, 1)
"""The inverse of ``NCHW``."""
AXES = (0, 2, 3, 1)
"""The axis of the ONNX graph by the axis of a picture in TensorFlow Lite."""


class Builder:
    """The ONNX graph that is being built for ``network`` in ``file``.

    Computed tensors of four dimensions lie as (N, C, H, W), all others as in the file; the first dimension of each is
    the batch, which is 1 in the file and free in the graph.
    """

    def __init__(self, network: Network, file: str) -> None:
        self.network = network
        self.file = file
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._values = {number: tensor.value for number, tensor in enumerate(network.tensors)}
        self._names: dict[int, str] = {}
        self._pads: dict[int, tuple[int, Sides]] = {}
        self._count = Counter[str]()

    def shape(self, tensor: int) -> tuple[int, ...]:
        """The shape of a tensor in the file's layout."""
        return self.network.tensors[tensor].shape

    def refuse(self, operator: Operator, wanted: Message) -> StanceError:
        """The error of an operator that is used in a way that is not converted."""
        return StanceError(
            "{file} uses the operator {operator} in a way that cannot be converted: wanted {wanted}.",
            file=self.file,
            operator=operator.name,
            wanted=wanted,
        )

    def constant(self, operator: Operator, place: int) -> Numbers:
        """The constant that is input ``place`` of ``operator``, as float32 or int32; raises StanceError if it is none.

        A bias that is missing is zero, which has no dimension.
        """
        number = operator.inputs[place] if place < len(operator.inputs) else -1
        value = np.zeros((), np.float32) if number == -1 else self._values[number]
        if value is None:
            raise self.refuse(operator, Message("constant weights"))
        return value.astype(np.float32) if value.dtype == np.float16 else value

    def set_constant(self, tensor: int, value: Numbers) -> None:
        """The computed ``tensor`` is the constant ``value``."""
        self._values[tensor] = value

    def is_constant(self, tensor: int) -> bool:
        """Whether a tensor is constant."""
        return self._values[tensor] is not None

    def input(self, operator: Operator, place: int = 0) -> str:
        """The name of computed input ``place`` of ``operator``; raises StanceError if there is no such tensor."""
        number = operator.inputs[place] if place < len(operator.inputs) else -1
        if number in self._pads:
            self._write_pad(number)
        if number not in self._names:
            raise self.refuse(operator, Message("inputs that are computed before"))
        return self._names[number]

    def set_input(self, tensor: int) -> str:
        """Declare ``tensor`` as an input of the graph and return its name."""
        self._names[tensor] = self.network.tensors[tensor].name
        return self._names[tensor]

    def write(self, kind: str, inputs: Sequence[str], name: str | None = None, **attributes: Any) -> str:
        """Add a node with one output and return the output's name, a new one if ``name`` is None."""
        name = name or self._new(kind)
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def keep(self, value: Numbers) -> str:
        """Add a constant to the graph and return its name."""
        name = self._new("constant")
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def finish(self, operator: Operator, name: str) -> None:
        """Declare ``name`` as the output of ``operator``."""
        self._names[operator.outputs[0]] = name

    def pad(self, operator: Operator, sides: Sides) -> None:
        """Declare the output of ``operator`` as its input with (top, left, bottom, right) rows and columns of zeros.

        They become the padding of the convolutions that read it, and are written only for other operators.
        """
        self._pads[operator.outputs[0]] = operator.inputs[0], sides

    def padded_input(self, operator: Operator) -> tuple[str, Sides]:
        """The name of the input of a convolution, and the zeros around it that the graph does not contain."""
        number = operator.inputs[0]
        if number not in self._pads:
            return self.input(operator), (0, 0, 0, 0)
        source, sides = self._pads[number]
        return self._names[source], sides

    def as_in_file(self, name: str, tensor: int) -> str:
        """``name``, the values of ``tensor``, in the layout of the file, where no axis or one is longer than 1."""
        shape = self.shape(tensor)
        if len(shape) != 4 or shape[1:3] == (1, 1) or shape[3] == 1:
            return name
        return self.write("Transpose", [name], perm=NHWC)

    def output(self, tensor: int) -> str:
        """The name of an output of the graph, which is that of the file; raises StanceError if it is not computed."""
        name = self.network.tensors[tensor].name
        if tensor in self._pads:
            self._write_pad(tensor)
        if tensor not in self._names:
            raise StanceError("{file} is damaged and cannot be read: wanted a complete .tflite file.", file=self.file)
        return self.write("Identity", [self._names[tensor]], name)

    def used(self, outputs: set[str]) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
        """The nodes and constants that the graph's ``outputs`` depend on, in order."""
        wanted = set(outputs)
        nodes: list[onnx.NodeProto] = []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                nodes.append(node)
                wanted |= set(node.input)
        return nodes[::-1], [constant for constant in self.constants if constant.name in wanted]

    def _write_pad(self, tensor: int) -> None:
        source, (top, left, bottom, right) = self._pads.pop(tensor)
        pads = self.keep(np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
        self._names[tensor] = self.write("Pad", [self._names[source], pads])

    def _new(self, kind: str) -> str:
        self._count[kind] += 1
        return f"{kind.lower()}_{self._count[kind]}"
