"""Which convolutions lose too much by INT8: measured one by one, on the network's own activations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch.nn.functional import conv2d

from app.core.people import Floats

MAX_NOISE = 0.1
"""Largest noise of a convolution's output in INT8, as a fraction of the output's own standard deviation (the median
over the channels). Beyond it the convolution stays float32."""
CROPS = 8
"""Number of crops on which the noise is measured."""
ACTIVATION_STEPS, WEIGHT_STEPS = 255, 63
"""Steps of the range of an input, and of one sign of a channel's weights, as ``to_int8`` quantizes them."""


def noisy_convolutions(model: onnx.ModelProto, inputs: Floats, names: Sequence[str]) -> list[str]:
    """Those of the convolutions ``names`` in ``model`` whose noise exceeds ``MAX_NOISE`` for ``inputs`` (N, 3, H, W).

    Large weights that cancel out are such a case: rounding each of them leaves little of their difference.
    """
    nodes = [node for node in model.graph.node if node.name in names]
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    weights = [torch.tensor(numpy_helper.to_array(tensors[node.input[1]])) for node in nodes]
    values = map(torch.from_numpy, _inputs_of(model, nodes, inputs[:CROPS]))
    noises = map(_noise, nodes, values, weights)
    return [node.name for node, noise in zip(nodes, noises, strict=True) if noise > MAX_NOISE]


def _inputs_of(
    model: onnx.ModelProto, nodes: Sequence[onnx.NodeProto], inputs: Floats
) -> Iterator[NDArray[np.float32]]:
    """What each of ``nodes`` gets, when ``model`` runs on ``inputs``."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    source = copy.graph.input[0].name
    wanted = [node.input[0] for node in nodes]
    present = {output.name for output in copy.graph.output} | {source}
    copy.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in dict.fromkeys(wanted) if name not in present
    )
    session = ort.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [name for name in dict.fromkeys(wanted) if name != source]
    parts = [session.run(names, {source: one[None]}) for one in inputs]
    values: dict[str, Any] = dict(zip(names, map(np.concatenate, zip(*parts, strict=True)), strict=True))
    values[source] = inputs
    return (values[name] for name in wanted)


def _noise(node: onnx.NodeProto, values: torch.Tensor, weights: torch.Tensor) -> float:
    """The noise of ``node`` for its input ``values`` (N, C, H, W): see ``MAX_NOISE``."""
    settings = {attribute.name: attribute for attribute in node.attribute}
    stride = list(settings["strides"].ints) if "strides" in settings else [1, 1]
    groups = settings["group"].i if "group" in settings else 1
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    step = max(high - low, 1e-30) / ACTIVATION_STEPS
    steps = weights.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-30) / WEIGHT_STEPS
    exact = conv2d(values, weights, None, stride, 0, 1, groups)
    rounded = conv2d((values / step).round() * step, (weights / steps).round() * steps, None, stride, 0, 1, groups)
    spread = exact.std((0, 2, 3)).clamp(min=1e-9)
    return float(((rounded - exact).std((0, 2, 3)) / spread).median())
