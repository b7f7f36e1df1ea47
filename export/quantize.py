"""Reduces a network's precision to FP16 or INT8."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.version_converter
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from app.core.errors import StanceError
from app.core.people import Floats
from export.quantization_noise import noisy_convolutions

MIN_OPSET = 13
"""The lowest opset with weights that are quantized per channel."""


def to_fp16(model: onnx.ModelProto) -> onnx.ModelProto:
    """``model`` with FP16 weights and arithmetic, float32 input and output; faster on GPUs, slower on most CPUs."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    half: onnx.ModelProto = convert_float_to_float16(copy, keep_io_types=True)
    # The converter appends its casts at the end of the graph.
    OnnxModel.graph_topological_sort(half.graph)
    return half


def to_int8(model: onnx.ModelProto, inputs: Floats) -> onnx.ModelProto:
    """``model`` with INT8 convolutions, calibrated on normalized crops ``inputs`` (N, 3, H, W).

    Weights are quantized per channel; activation ranges are the mean of the crops' extremes, so that one outlier does
    not coarsen all (Krishnamoorthi, 2018). The first and last convolution and the depthwise ones lose the most accuracy
    and cost the least time: they stay float32, as do those of ``noisy_convolutions``.
    """
    if next(opset.version for opset in model.opset_import if not opset.domain) < MIN_OPSET:
        model = onnx.version_converter.convert_version(model, MIN_OPSET)
    with tempfile.TemporaryDirectory() as folder:
        source, ready, target = (Path(folder) / name for name in ("source.onnx", "ready.onnx", "target.onnx"))
        onnx.save(model, source)
        quant_pre_process(source, ready, skip_symbolic_shape=True)
        prepared = onnx.load(ready)
        kept = _sensitive_convolutions(prepared)
        others = [node.name for node in prepared.graph.node if node.op_type == "Conv" and node.name not in kept]
        if not others:
            raise StanceError(
                "The network has no convolutions that INT8 makes faster, beside the first, the last and depthwise "
                "ones: wanted no --int8."
            )
        quantize_static(
            prepared,
            target,
            # Extremes are collected two crops at a time to save memory, which needs an odd number of crops.
            _CropReader(model.graph.input[0].name, inputs[: len(inputs) - 1 + len(inputs) % 2]),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=kept + noisy_convolutions(prepared, inputs, others),
            per_channel=True,
            # CPUs without VNNI add pairs of products in 16 bits, which 7-bit weights cannot overflow.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMaxIntermediateOutputs": 2},
        )
        return onnx.load(target)


def _sensitive_convolutions(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions that stay float32."""
    weights = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    single = [node.name for node in convolutions if weights[node.input[1]][1] == 1]
    return [convolutions[0].name, convolutions[-1].name, *single]


class _CropReader(CalibrationDataReader):
    """Yields one crop at a time, as the quantizer reads them."""

    def __init__(self, name: str, inputs: Floats) -> None:
        self._crops: Iterator[NDArray[Any]] = iter(np.split(inputs, len(inputs)))
        self._name = name

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """The next crop (1, 3, H, W) by input name; None at the end."""
        crop = next(self._crops, None)
        return None if crop is None else {self._name: crop}
