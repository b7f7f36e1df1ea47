"""How each operator of TensorFlow Lite is written in ONNX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from app.core.message import Message
from export.tflite_file import Operator
from export.tflite_graph import AXES, NCHW, Builder, Sides

Write = Callable[[Builder, Operator], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """How an operator is written, and the newest version of it of which that is known."""

    write: Write
    version: int


OPERATORS: dict[str, Rule] = {}
"""The operators that are converted, by name."""


def _rule(name: str, version: int) -> Callable[[Write], Write]:
    def add(write: Write) -> Write:
        OPERATORS[name] = Rule(write, version)
        return write

    return add


@_rule("CONV_2D", 6)
def _conv(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.Conv2DOptions)
    weights = builder.constant(operator, 1)
    _check(weights.ndim == 4, builder, operator, Message("weights of four dimensions"))
    _check(len(builder.shape(operator.inputs[0])) == 4, builder, operator, Message("pictures"))
    channels = builder.shape(operator.inputs[0])[3]
    _write_conv(builder, operator, options, weights.transpose(NCHW), channels // weights.shape[3])


@_rule("DEPTHWISE_CONV_2D", 7)
def _depthwise(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.DepthwiseConv2DOptions)
    weights = builder.constant(operator, 1)
    _check(weights.ndim == 4, builder, operator, Message("weights of four dimensions"))
    _check(len(builder.shape(operator.inputs[0])) == 4, builder, operator, Message("pictures"))
    _write_conv(builder, operator, options, weights.transpose(3, 0, 1, 2), builder.shape(operator.inputs[0])[3])


def _write_conv(builder: Builder, operator: Operator, options: Any, weights: Any, groups: int) -> None:
    """A convolution with ``weights`` (out, in / groups, height, width)."""
    name, sides = builder.padded_input(operator)
    height, width = weights.shape[2:]
    dilation = options.DilationHFactor(), options.DilationWFactor()
    window = (height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1
    strides = options.StrideH(), options.StrideW()
    around = _padding(builder, operator, options.Padding(), window, strides)
    inputs = [name, builder.keep(weights)]
    bias = builder.constant(operator, 2)
    if bias.ndim:
        inputs.append(builder.keep(bias))
    written = builder.write(
        "Conv",
        inputs,
        group=groups,
        kernel_shape=[height, width],
        strides=strides,
        dilations=dilation,
        pads=[own + other for own, other in zip(around, sides, strict=True)],
    )
    _activate(builder, operator, options, written)


def _padding(
    builder: Builder, operator: Operator, padding: int, window: tuple[int, int], strides: tuple[int, int]
) -> Sides:
    """The padding (top, left, bottom, right) of a window over the operator's input.

    SAME padding makes ceil(side / stride) places; what cannot be split evenly lies below and to the right.
    """
    if padding == tflite.Padding.VALID:
        return 0, 0, 0, 0
    sides = builder.shape(operator.inputs[0])[1:3]
    missing = [
        max((-(-side // stride) - 1) * stride + size - side, 0)
        for side, size, stride in zip(sides, window, strides, strict=True)
    ]
    top, left = (number // 2 for number in missing)
    return top, left, missing[0] - top, missing[1] - left


def _activate(builder: Builder, operator: Operator, options: Any, name: str) -> None:
    """Finish ``operator`` with the activation in its ``options``."""
    kind = options.FusedActivationFunction()
    kinds = tflite.ActivationFunctionType
    if kind == kinds.RELU:
        name = builder.write("Relu", [name])
    elif kind in (kinds.RELU6, kinds.RELU_N1_TO_1):
        low, high = (0, 6) if kind == kinds.RELU6 else (-1, 1)
        name = _clip(builder, name, low, high)
    elif kind == kinds.TANH:
        name = builder.write("Tanh", [name])
    elif kind != kinds.NONE:
        raise builder.refuse(operator, Message("one of the activations {names}", names="NONE, RELU, RELU6, TANH"))
    builder.finish(operator, name)


def _clip(builder: Builder, name: str, low: float, high: float) -> str:
    return builder.write("Clip", [name, *(builder.keep(np.array(limit, np.float32)) for limit in (low, high))])


@_rule("ADD", 2)
def _add(builder: Builder, operator: Operator) -> None:
    _binary(builder, operator, "Add", operator.read_options(tflite.AddOptions))


@_rule("MUL", 2)
def _multiply(builder: Builder, operator: Operator) -> None:
    _binary(builder, operator, "Mul", operator.read_options(tflite.MulOptions))


def _binary(builder: Builder, operator: Operator, kind: str, options: Any) -> None:
    dimensions = len(builder.shape(operator.outputs[0]))
    names = []
    for place, tensor in enumerate(operator.inputs):
        if not builder.is_constant(tensor):
            _check(len(builder.shape(tensor)) == dimensions, builder, operator, Message("inputs of equal dimensions"))
            names.append(builder.input(operator, place))
            continue
        value = builder.constant(operator, place)
        value = value.reshape((1,) * (dimensions - value.ndim) + value.shape)
        names.append(builder.keep(value.transpose(NCHW) if dimensions == 4 else value))
    _activate(builder, operator, options, builder.write(kind, names))


@_rule("PAD", 2)
def _pad(builder: Builder, operator: Operator) -> None:
    before, after = np.asarray(builder.constant(operator, 1)).T.tolist()
    shape = builder.shape(operator.inputs[0])
    _check(len(before) == len(shape) and (before[0], after[0]) == (0, 0), builder, operator, Message("a free batch"))
    if len(shape) == 4 and before[3] == after[3] == 0:
        builder.input(operator)
        builder.pad(operator, (before[1], before[2], after[1], after[2]))
        return
    if len(shape) == 4 and (not any(before), any(after[1:3])) == (True, False):
        _add_channels(builder, operator, shape[3], after[3])
        return
    if len(shape) == 4:
        before, after = ([ends[axis] for axis in NCHW] for ends in (before, after))
    pads = builder.keep(np.array([*before, *after], np.int64))
    builder.finish(operator, builder.write("Pad", [builder.input(operator), pads]))


def _add_channels(builder: Builder, operator: Operator, count: int, more: int) -> None:
    """Append ``more`` channels of zeros to ``count`` ones by a convolution, which leaves the values as they are.

    ONNX Runtime keeps the channels of convolutions in blocks; a Pad would undo that for the rest of the network.
    """
    weights = builder.keep(np.eye(count + more, count, dtype=np.float32)[..., None, None])
    builder.finish(operator, builder.write("Conv", [builder.input(operator), weights], kernel_shape=[1, 1]))


@_rule("MAX_POOL_2D", 2)
def _max_pool(builder: Builder, operator: Operator) -> None:
    _pool(builder, operator, "MaxPool")


@_rule("AVERAGE_POOL_2D", 2)
def _average_pool(builder: Builder, operator: Operator) -> None:
    _pool(builder, operator, "AveragePool")


def _pool(builder: Builder, operator: Operator, kind: str) -> None:
    options = operator.read_options(tflite.Pool2DOptions)
    window = options.FilterHeight(), options.FilterWidth()
    strides = options.StrideH(), options.StrideW()
    pads = _padding(builder, operator, options.Padding(), window, strides)
    written = builder.write(kind, [builder.input(operator)], kernel_shape=window, strides=strides, pads=pads)
    _activate(builder, operator, options, written)


@_rule("MEAN", 2)
def _mean(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.ReducerOptions)
    dimensions = len(builder.shape(operator.inputs[0]))
    axes = sorted(int(axis) % dimensions for axis in np.atleast_1d(builder.constant(operator, 1)))
    _check(0 not in axes, builder, operator, Message("a free batch"))
    name = builder.input(operator)
    keep = bool(options.KeepDims())
    if dimensions == 4 and axes != [1, 2] and not keep:
        name = builder.as_in_file(name, operator.inputs[0])
    elif dimensions == 4:
        axes = sorted(AXES[axis] for axis in axes)
    builder.finish(operator, builder.write("ReduceMean", [name], axes=axes, keepdims=int(keep)))


@_rule("RESIZE_BILINEAR", 3)
def _resize(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.ResizeBilinearOptions)
    mode = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
    before, after = (builder.shape(tensor)[1:3] for tensor in (operator.inputs[0], operator.outputs[0]))
    scales = np.array([1, 1, *(new / old for new, old in zip(after, before, strict=True))], np.float32)
    written = builder.write(
        "Resize",
        [builder.input(operator), "", builder.keep(scales)],
        mode="linear",
        coordinate_transformation_mode="align_corners" if options.AlignCorners() else mode,
    )
    builder.finish(operator, written)


@_rule("RESHAPE", 1)
def _reshape(builder: Builder, operator: Operator) -> None:
    source, target = operator.inputs[0], operator.outputs[0]
    shape = builder.shape(target)
    _check(shape[:1] == (1,), builder, operator, Message("a free batch"))
    name = builder.as_in_file(builder.input(operator), source)
    name = builder.write("Reshape", [name, builder.keep(np.array([-1, *shape[1:]], np.int64))])
    if len(shape) == 4:
        name = builder.write("Transpose", [name], perm=NCHW)
    builder.finish(operator, name)


@_rule("CONCATENATION", 2)
def _concatenate(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.ConcatenationOptions)
    dimensions = len(builder.shape(operator.outputs[0]))
    axis = options.Axis() % dimensions
    _check(axis != 0, builder, operator, Message("a free batch"))
    names = [builder.input(operator, place) for place in range(len(operator.inputs))]
    axis = AXES[axis] if dimensions == 4 else axis
    _activate(builder, operator, options, builder.write("Concat", names, axis=axis))


@_rule("FULLY_CONNECTED", 6)
def _fully_connected(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.FullyConnectedOptions)
    weights = builder.constant(operator, 1)
    plain = options.WeightsFormat() == tflite.FullyConnectedOptionsWeightsFormat.DEFAULT
    _check(plain and not options.KeepNumDims(), builder, operator, Message("weights in rows and columns"))
    source = operator.inputs[0]
    name = builder.as_in_file(builder.input(operator), source)
    if len(builder.shape(source)) != 2:
        name = builder.write("Reshape", [name, builder.keep(np.array([-1, weights.shape[1]], np.int64))])
    inputs = [name, builder.keep(weights)]
    bias = builder.constant(operator, 2)
    if bias.ndim:
        inputs.append(builder.keep(bias))
    _activate(builder, operator, options, builder.write("Gemm", inputs, transB=1))


@_rule("PRELU", 1)
def _prelu(builder: Builder, operator: Operator) -> None:
    """For pictures with one slope per channel, relu(x) - slope * relu(-x), multiplied by depthwise convolutions.

    The values are the same to the bit, and ONNX Runtime keeps its own blocked layout, which it leaves for PRelu:
    whole networks take half the time.
    """
    slope = builder.constant(operator, 1)
    name = builder.input(operator)
    pictures = len(builder.shape(operator.inputs[0])) == 4
    if not pictures or slope.shape[:-1] != (1,) * (slope.ndim - 1):
        slope = slope.reshape((1,) * (4 - slope.ndim) + slope.shape).transpose(NCHW)[0] if pictures else slope
        builder.finish(operator, builder.write("PRelu", [name, builder.keep(slope)]))
        return
    channels = builder.shape(operator.inputs[0])[3]
    slope = np.broadcast_to(slope.reshape(-1, 1, 1, 1), (channels, 1, 1, 1))
    below = builder.write("Conv", [name, builder.keep(np.full_like(slope, -1))], group=channels)
    below = builder.write("Relu", [below])
    below = builder.write("Conv", [below, builder.keep(-slope)], group=channels)
    builder.finish(operator, builder.write("Add", [builder.write("Relu", [name]), below]))


@_rule("RELU", 2)
def _relu(builder: Builder, operator: Operator) -> None:
    builder.finish(operator, builder.write("Relu", [builder.input(operator)]))


@_rule("RELU6", 2)
def _relu6(builder: Builder, operator: Operator) -> None:
    builder.finish(operator, _clip(builder, builder.input(operator), 0, 6))


@_rule("HARD_SWISH", 1)
def _hard_swish(builder: Builder, operator: Operator) -> None:
    builder.finish(operator, builder.write("HardSwish", [builder.input(operator)]))


@_rule("LOGISTIC", 2)
def _logistic(builder: Builder, operator: Operator) -> None:
    builder.finish(operator, builder.write("Sigmoid", [builder.input(operator)]))


@_rule("DEQUANTIZE", 3)
def _dequantize(builder: Builder, operator: Operator) -> None:
    """FP16 weights are stored in half the space and become float32 here; the format has no other way to read them."""
    builder.set_constant(operator.outputs[0], builder.constant(operator, 0))


@_rule("DENSIFY", 1)
def _densify(builder: Builder, operator: Operator) -> None:
    """Sparse weights are dense already when the file has been read."""
    builder.set_constant(operator.outputs[0], builder.constant(operator, 0))


@_rule("DEPTH_TO_SPACE", 2)
def _depth_to_space(builder: Builder, operator: Operator) -> None:
    size = operator.read_options(tflite.DepthToSpaceOptions).BlockSize()
    builder.finish(operator, builder.write("DepthToSpace", [builder.input(operator)], blocksize=size, mode="DCR"))


@_rule("STRIDED_SLICE", 4)
def _strided_slice(builder: Builder, operator: Operator) -> None:
    options = operator.read_options(tflite.StridedSliceOptions)
    shape = builder.shape(operator.inputs[0])
    plain = not (options.EllipsisMask() or options.NewAxisMask() or options.ShrinkAxisMask())
    begin, end, step = (builder.constant(operator, place).tolist() for place in (1, 2, 3))
    plain = plain and len(begin) == len(end) == len(step) == len(shape) and min(step) > 0
    _check(plain, builder, operator, Message("a range of every axis"))
    ranges = []
    for axis, side in enumerate(shape):
        first = None if options.BeginMask() & 1 << axis else begin[axis]
        last = None if options.EndMask() & 1 << axis else end[axis]
        ranges.append(slice(first, last, step[axis]).indices(side))
    _check(ranges[0] == (0, 1, 1), builder, operator, Message("a free batch"))
    axes = [AXES[axis] if len(shape) == 4 else axis for axis in range(1, len(shape))]
    columns = zip(*ranges[1:], strict=True)
    first, last, steps = (builder.keep(np.array(column, np.int64)) for column in columns)
    name = builder.write("Slice", [builder.input(operator), first, last, builder.keep(np.array(axes, np.int64)), steps])
    builder.finish(operator, name)


def _check(fits: bool, builder: Builder, operator: Operator, wanted: Message) -> None:
    if not fits:
        raise builder.refuse(operator, wanted)
