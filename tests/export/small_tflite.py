"""Writes small TensorFlow Lite files of one operator, with the reader's own schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import tflite

Numbers = np.ndarray[Any, Any]
KINDS = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
    np.dtype(np.int32): tflite.TensorType.INT32,
    np.dtype(np.int8): tflite.TensorType.INT8,
}
"""Types of the format by dtype."""


@dataclass(frozen=True)
class Small:
    """A network of one operator.

    Attributes:
        operator: Number of the operator, for example ``tflite.BuiltinOperator.CONV_2D``.
        given: Shapes of the computed inputs, which come first.
        output: Shape of the output.
        constants: The constant inputs.
        options: The kind of the options, and what writes them: ``options("Conv2DOptions", StrideH=2)``.
        version: Version of the operator.
    """

    operator: int
    given: Sequence[Sequence[int]]
    output: Sequence[int]
    constants: Sequence[Numbers] = ()
    options: tuple[str, Callable[[Any], int]] | None = None
    version: int = 1

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        builder = flatbuffers.Builder(1024)
        shapes = [*self.given, *(one.shape for one in self.constants), self.output]
        kinds = [np.dtype(np.float32)] * len(self.given) + [one.dtype for one in self.constants] + [np.dtype("f4")]
        data = [b""] * (1 + len(self.given)) + [one.tobytes() for one in self.constants] + [b""]
        tensors = [_tensor(builder, f"t{row}", shapes[row], KINDS[kinds[row]], row + 1) for row in range(len(shapes))]
        operator = self._operator(builder, len(shapes))
        graph = _graph(builder, tensors, operator, len(self.given))
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddBuiltinCode(builder, self.operator)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(self.operator, 127))
        tflite.OperatorCodeAddVersion(builder, self.version)
        code = tflite.OperatorCodeEnd(builder)
        parts = [_tables(builder, [code]), _tables(builder, [graph])]
        parts.append(_tables(builder, [_buffer(builder, content) for content in data]))
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, 3)
        tflite.ModelAddOperatorCodes(builder, parts[0])
        tflite.ModelAddSubgraphs(builder, parts[1])
        tflite.ModelAddBuffers(builder, parts[2])
        builder.Finish(tflite.ModelEnd(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path

    def _operator(self, builder: Any, tensors: int) -> int:
        inputs = _numbers(builder, range(tensors - 1))
        outputs = _numbers(builder, [tensors - 1])
        options = self.options[1](builder) if self.options else None
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, 0)
        tflite.OperatorAddInputs(builder, inputs)
        tflite.OperatorAddOutputs(builder, outputs)
        if self.options and options is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, self.options[0]))
            tflite.OperatorAddBuiltinOptions(builder, options)
        return int(tflite.OperatorEnd(builder))


def options(kind: str, **values: Any) -> tuple[str, Callable[[Any], int]]:
    """Options of ``kind``, for example ``options("Conv2DOptions", StrideH=2)``."""

    def write(builder: Any) -> int:
        getattr(tflite, f"{kind}Start")(builder)
        for name, value in values.items():
            getattr(tflite, f"{kind}Add{name}")(builder, value)
        return int(getattr(tflite, f"{kind}End")(builder))

    return kind, write


def _tensor(builder: Any, name: str, shape: Sequence[int], kind: int, buffer: int) -> int:
    text = builder.CreateString(name)
    sides = _numbers(builder, shape)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, text)
    tflite.TensorAddShape(builder, sides)
    tflite.TensorAddType(builder, kind)
    tflite.TensorAddBuffer(builder, buffer)
    return int(tflite.TensorEnd(builder))


def _graph(builder: Any, tensors: Sequence[int], operator: int, given: int) -> int:
    parts = [_tables(builder, tensors), _tables(builder, [operator])]
    ends = [_numbers(builder, range(given)), _numbers(builder, [len(tensors) - 1])]
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, parts[0])
    tflite.SubGraphAddOperators(builder, parts[1])
    tflite.SubGraphAddInputs(builder, ends[0])
    tflite.SubGraphAddOutputs(builder, ends[1])
    return int(tflite.SubGraphEnd(builder))


def _buffer(builder: Any, content: bytes) -> int:
    data = builder.CreateByteVector(content)
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, data)
    return int(tflite.BufferEnd(builder))


def _numbers(builder: Any, values: Sequence[int]) -> int:
    return int(builder.CreateNumpyVector(np.array(values, np.int32)))


def _tables(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
