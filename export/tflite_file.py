"""Reads TensorFlow Lite files: tensors, operators and weights."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tflite

from app.core.errors import StanceError
from app.core.message import foreign
from export.sparse_weights import densify

IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every file of the third version of the format."""
MAX_VALUES = 2**26
"""Maximum number of values of a tensor; the largest of the networks that are meant have 2**22."""
TYPES: dict[int, Any] = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}
"""Types of values that are read; files with quantized values are refused."""
OPERATORS: dict[int, str] = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if not name.startswith("_")
}
DAMAGE = (AttributeError, IndexError, OverflowError, TypeError, UnicodeError, ValueError, struct.error)
"""What the reader of flatbuffers raises for a file that is cut off or damaged."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the graph.

    Attributes:
        name: Its name in the file.
        shape: Its shape in the file's layout, which is (1, H, W, C) for pictures.
        value: Its values if it is constant, in the type of the file; None if it is computed.
    """

    name: str
    shape: tuple[int, ...]
    value: np.ndarray[Any, Any] | None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operation.

    Attributes:
        name: Its name in the format, for example ``CONV_2D``.
        version: Its version.
        inputs: Numbers of its input tensors; -1 where an optional one is missing.
        outputs: Numbers of its output tensors.
        options: Its options; of the class that belongs to the operator once ``read_options`` has read them.
    """

    name: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any

    def read_options(self, kind: Any) -> Any:
        """The options as an instance of ``kind``, for example ``tflite.Conv2DOptions``."""
        if self.options is None:
            raise ValueError(f"{self.name} has no options")
        options = kind()
        options.Init(self.options.Bytes, self.options.Pos)
        return options


@dataclass(frozen=True, slots=True)
class Network:
    """The graph of a file: its tensors, its operators in order, and the numbers of its inputs and outputs."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_network(path: Path) -> Network:
    """The network in ``path``.

    Raises StanceError if the file cannot be read, is no TensorFlow Lite file, or contains several graphs or values of
    a type that is not converted.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StanceError(
            "{path!r} cannot be read ({reason}).", path=str(path), reason=foreign(error.strerror or error)
        ) from error
    if content[4:8] != IDENTIFIER:
        raise StanceError("{file} is not a TensorFlow Lite network: wanted a .tflite file.", file=path.name)
    try:
        return _read(content, path.name)
    except DAMAGE as error:
        raise StanceError(
            "{file} is damaged and cannot be read: wanted a complete .tflite file.", file=path.name
        ) from error


def _read(content: bytes, file: str) -> Network:
    model: Any = tflite.Model.GetRootAsModel(content, 0)
    if model.SubgraphsLength() != 1:
        raise StanceError(
            "{file} contains {count} graphs: wanted a .tflite file with one.", file=file, count=model.SubgraphsLength()
        )
    graph = model.Subgraphs(0)
    tensors = tuple(_tensor(model, graph.Tensors(number), file) for number in range(graph.TensorsLength()))
    network = Network(
        tensors=tensors,
        operators=tuple(_operator(model, graph.Operators(number)) for number in range(graph.OperatorsLength())),
        inputs=_numbers(graph.InputsAsNumpy()),
        outputs=_numbers(graph.OutputsAsNumpy()),
    )
    used = {*network.inputs, *network.outputs}
    for operator in network.operators:
        used |= {number for number in operator.inputs if number != -1} | set(operator.outputs)
    if not network.inputs or not network.outputs or not used <= set(range(len(tensors))):
        raise ValueError("a tensor that is not in the file is used")
    return network


def _operator(model: Any, operator: Any) -> Operator:
    code = model.OperatorCodes(operator.OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = OPERATORS.get(number, str(number))
    if number == tflite.BuiltinOperator.CUSTOM:
        name = f"CUSTOM:{(code.CustomCode() or b'').decode()}"
    return Operator(
        name=name,
        version=code.Version(),
        inputs=_numbers(operator.InputsAsNumpy()),
        outputs=_numbers(operator.OutputsAsNumpy()),
        options=operator.BuiltinOptions(),
    )


def _tensor(model: Any, tensor: Any, file: str) -> Tensor:
    shape = _numbers(tensor.ShapeAsNumpy())
    name = (tensor.Name() or b"").decode()
    if not all(0 < side <= MAX_VALUES for side in shape) or int(np.prod(shape, dtype=object)) > MAX_VALUES:
        raise ValueError(f"{name} has the shape {shape}")
    data = model.Buffers(tensor.Buffer()).DataAsNumpy()
    if not isinstance(data, np.ndarray) or not data.size:
        return Tensor(name, shape, None)
    kind = TYPES.get(tensor.Type())
    if kind is None:
        raise StanceError(
            "{file} has quantized weights, which cannot be converted: wanted FLOAT32 or FLOAT16 weights.", file=file
        )
    values = data.tobytes()
    sparsity = tensor.Sparsity()
    flat = np.frombuffer(values, kind)
    if sparsity is not None:
        return Tensor(name, shape, densify(flat, shape, sparsity))
    return Tensor(name, shape, flat.reshape(shape))


def _numbers(values: Any) -> tuple[int, ...]:
    """A vector of flatbuffers, which is 0 where it is missing."""
    return tuple(int(value) for value in values) if isinstance(values, np.ndarray) else ()
