"""Smaller networks: half the precision, or eight bits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from app.people import Floats


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """``model`` with FP16 weights and sums, float32 in and out; gains on GPUs, costs on most CPUs."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    half: onnx.ModelProto = convert_float_to_float16(copy, keep_io_types=True)
    # The converter appends its casts at the end of the graph.
    OnnxModel.graph_topological_sort(half.graph)
    return half


def quantised(model: onnx.ModelProto, fed: Floats) -> onnx.ModelProto:
    """``model`` with convolutions in INT8, the ranges of their activations measured on ``fed`` (N, 3, H, W).

    Weights a channel each, activations by the mean of the crops' extremes, so that one odd crop does not coarsen all
    (Krishnamoorthi, 2018). The first and the last convolution and those of single channels lose most and cost least:
    they stay as they are.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, ready, target = (Path(folder) / name for name in ("source.onnx", "ready.onnx", "target.onnx"))
        onnx.save(model, source)
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        quantize_static(
            prepared,
            target,
            # Extremes are gathered two crops at a time to spare memory, which must not come out even.
            _Fed(model.graph.input[0].name, fed[: len(fed) - 1 + len(fed) % 2]),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=_delicate(prepared),
            per_channel=True,
            # Without VNNI a CPU adds up pairs of products in 16 bits, which weights of seven bits cannot overflow.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMaxIntermediateOutputs": 2},
        )
        return onnx.load(target)


def _delicate(model: onnx.ModelProto) -> list[str]:
    """The convolutions that are better left alone, by name."""
    weights = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    single = [node.name for node in convolutions if weights[node.input[1]][1] == 1]
    return [convolutions[0].name, convolutions[-1].name, *single]


class _Fed(CalibrationDataReader):
    """Hands out one crop at a time."""

    def __init__(self, name: str, fed: Floats) -> None:
        self._crops: Iterator[NDArray[Any]] = iter(np.split(fed, len(fed)))
        self._name = name

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """The next crop as the network's input; None at the end."""
        crop = next(self._crops, None)
        return None if crop is None else {self._name: crop}
