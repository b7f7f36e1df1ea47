"""Operators of TensorFlow Lite in ONNX: the values that the format defines, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tflite
from tflite import BuiltinOperator as Kind

from app.core.errors import StanceError
from app.inference.onnx_model import open_network
from export.tflite import to_onnx
from export.tflite_file import read_network
from tests.export.small_tflite import Numbers, Small, options

SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID
RANDOM = np.random.default_rng(7)


def run(small: Small, folder: Path, *inputs: Numbers) -> Numbers:
    """The output of ``small`` for inputs in the layout of TensorFlow Lite, in that layout."""
    path = small.write(folder / "small.tflite")
    model = to_onnx(read_network(path), path.name)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "small.onnx")
    fed = [one.transpose(0, 3, 1, 2) if one.ndim == 4 else one for one in inputs]
    output = open_network(folder / "small.onnx", "cpu", lambda _: fed).run(fed)[0]
    return output.transpose(0, 2, 3, 1) if output.ndim == 4 else output


def numbers(*shape: int) -> Numbers:
    return RANDOM.normal(size=shape).astype(np.float32)


def convolved(image: Numbers, weights: Numbers, stride: int, top: int, size: int) -> Numbers:
    """A convolution in plain loops: ``image`` (H, W, C), ``weights`` (out, h, w, C), ``top`` zeros above and left."""
    kernel = weights.shape[1]
    padded = np.pad(image, ((top, kernel), (top, kernel), (0, 0)))
    output = np.zeros((size, size, len(weights)), np.float32)
    for y in range(size):
        for x in range(size):
            window = padded[y * stride : y * stride + kernel, x * stride : x * stride + kernel]
            output[y, x] = (weights * window).sum((1, 2, 3))
    return output


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "size", "top"), [(6, 3, 2, 3, 0), (7, 3, 2, 4, 1), (5, 2, 1, 5, 0)]
)
def test_same_padding_is_longer_below_and_to_the_right(
    side: int, kernel: int, stride: int, size: int, top: int, tmp_path: Path
) -> None:
    weights = numbers(2, kernel, kernel, 3)
    small = Small(
        Kind.CONV_2D,
        [(1, side, side, 3)],
        (1, size, size, 2),
        [weights, np.array([0.5, -0.5], np.float32)],
        options("Conv2DOptions", Padding=SAME, StrideW=stride, StrideH=stride),
    )
    images = numbers(2, side, side, 3)
    output = run(small, tmp_path, images)
    expected = np.array([convolved(image, weights, stride, top, size) for image in images])
    np.testing.assert_allclose(output, expected + [0.5, -0.5], atol=1e-5)


def test_fused_activation_and_depthwise_weights(tmp_path: Path) -> None:
    weights = numbers(1, 3, 3, 4)
    small = Small(
        Kind.DEPTHWISE_CONV_2D,
        [(1, 5, 5, 2)],
        (1, 3, 3, 4),
        [weights, np.zeros(4, np.float32)],
        options(
            "DepthwiseConv2DOptions",
            Padding=VALID,
            StrideW=1,
            StrideH=1,
            DepthMultiplier=2,
            FusedActivationFunction=tflite.ActivationFunctionType.RELU6,
        ),
    )
    image = 3 * numbers(1, 5, 5, 2)
    spread = np.zeros((4, 3, 3, 2), np.float32)
    for channel in range(4):
        spread[channel, ..., channel // 2] = weights[0, ..., channel]
    expected = convolved(image[0], spread, 1, 0, 3)
    np.testing.assert_allclose(run(small, tmp_path, image)[0], np.clip(expected, 0, 6), atol=1e-5)


def test_average_leaves_the_padding_out(tmp_path: Path) -> None:
    pool = options("Pool2DOptions", Padding=SAME, StrideW=2, StrideH=2, FilterWidth=2, FilterHeight=2)
    image = np.arange(9, dtype=np.float32).reshape(1, 3, 3, 1)
    output = run(Small(Kind.AVERAGE_POOL_2D, [(1, 3, 3, 1)], (1, 2, 2, 1), (), pool), tmp_path, image)
    assert output[0, ..., 0].tolist() == [[2.0, 3.5], [6.5, 8.0]]
    output = run(Small(Kind.MAX_POOL_2D, [(1, 3, 3, 1)], (1, 2, 2, 1), (), pool), tmp_path, image - 9)
    assert output[0, ..., 0].tolist() == [[-5.0, -4.0], [-2.0, -1.0]]


@pytest.mark.parametrize(
    ("half_pixel", "corners", "expected"),
    [
        (True, False, [0.0, 0.25, 0.75, 1.0]),
        (False, False, [0.0, 0.5, 1.0, 1.0]),
        (False, True, [0.0, 1 / 3, 2 / 3, 1.0]),
    ],
)
def test_three_ways_to_resize(half_pixel: bool, corners: bool, expected: list[float], tmp_path: Path) -> None:
    small = Small(
        Kind.RESIZE_BILINEAR,
        [(1, 1, 2, 1)],
        (1, 1, 4, 1),
        [np.array([1, 4], np.int32)],
        options("ResizeBilinearOptions", AlignCorners=corners, HalfPixelCenters=half_pixel),
        version=3,
    )
    output = run(small, tmp_path, np.array([0, 1], np.float32).reshape(1, 1, 2, 1))
    np.testing.assert_allclose(output.ravel(), expected, atol=1e-6)


def test_reshape_reads_channels_last(tmp_path: Path) -> None:
    image = numbers(2, 2, 3, 4)
    flat = run(Small(Kind.RESHAPE, [(1, 2, 3, 4)], (1, 6, 4), [np.array([1, 6, 4], np.int32)]), tmp_path, image)
    assert (flat == image.reshape(2, 6, 4)).all()
    wide = run(Small(Kind.RESHAPE, [(1, 2, 3, 4)], (1, 4, 3, 2), [np.array([1, 4, 3, 2], np.int32)]), tmp_path, image)
    assert (wide == image.reshape(2, 4, 3, 2)).all()


def test_depth_to_space_and_slices(tmp_path: Path) -> None:
    image = np.arange(8, dtype=np.float32).reshape(1, 1, 1, 8)
    small = Small(Kind.DEPTH_TO_SPACE, [(1, 1, 1, 8)], (1, 2, 2, 2), (), options("DepthToSpaceOptions", BlockSize=2))
    assert run(small, tmp_path, image)[0].tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    image = numbers(3, 4, 5, 6)
    ranges = [np.array(one, np.int32) for one in ([0, 1, 0, 2], [1, 4, 0, 6], [1, 2, 1, 3])]
    masks = options("StridedSliceOptions", BeginMask=1, EndMask=0b101)
    sliced = run(Small(Kind.STRIDED_SLICE, [(1, 4, 5, 6)], (1, 2, 5, 2), ranges, masks), tmp_path, image)
    assert (sliced == image[:, 1:4:2, :, 2:6:3]).all()


def test_padding_of_rows_and_of_channels(tmp_path: Path) -> None:
    image = numbers(2, 2, 2, 3)
    for sides in ([[0, 0], [1, 2], [0, 1], [0, 0]], [[0, 0], [1, 0], [0, 0], [0, 2]]):
        padded = np.pad(image, sides)
        shape = (1, *padded.shape[1:])
        small = Small(Kind.PAD, [(1, 2, 2, 3)], shape, [np.array(sides, np.int32)], options("PadOptions"))
        assert (run(small, tmp_path, image) == padded).all()


@pytest.mark.parametrize("slope", [(1, 1, 3), (2, 2, 3), (1, 1, 1)])
def test_prelu_is_exact(slope: tuple[int, ...], tmp_path: Path) -> None:
    image, slopes = numbers(2, 2, 2, 3), numbers(*slope)
    output = run(Small(Kind.PRELU, [(1, 2, 2, 3)], (1, 2, 2, 3), [slopes]), tmp_path, image)
    assert (output == np.where(image < 0, image * slopes, image)).all()


def test_small_operators(tmp_path: Path) -> None:
    image, factor = numbers(1, 2, 2, 3), numbers(3)
    cases: list[tuple[int, Any, Numbers, list[Numbers]]] = [
        (Kind.HARD_SWISH, None, image * np.clip(image + 3, 0, 6) / 6, []),
        (Kind.LOGISTIC, None, 1 / (1 + np.exp(-image)), []),
        (Kind.RELU6, None, np.clip(image, 0, 6), []),
        (Kind.MUL, options("MulOptions"), image * factor, [factor]),
        (Kind.ADD, options("AddOptions"), image + factor.astype(np.float16).astype(np.float32), [factor.astype("f2")]),
    ]
    for kind, chosen, expected, constants in cases:
        output = run(Small(kind, [(1, 2, 2, 3)], (1, 2, 2, 3), constants, chosen), tmp_path, image)
        np.testing.assert_allclose(output, expected, atol=1e-6)


def test_means_and_rows(tmp_path: Path) -> None:
    image = numbers(2, 2, 3, 4)
    axes = np.array([1, 2], np.int32)
    for keep, shape in ((False, (1, 4)), (True, (1, 1, 1, 4))):
        small = Small(Kind.MEAN, [(1, 2, 3, 4)], shape, [axes], options("ReducerOptions", KeepDims=keep))
        np.testing.assert_allclose(run(small, tmp_path, image), image.mean((1, 2), keepdims=keep), atol=1e-6)
    weights, bias = numbers(5, 24), numbers(5)
    small = Small(Kind.FULLY_CONNECTED, [(1, 2, 3, 4)], (1, 5), [weights, bias], options("FullyConnectedOptions"))
    assert np.allclose(run(small, tmp_path, image), image.reshape(2, 24) @ weights.T + bias, atol=1e-5)


def test_pictures_are_joined_along_any_axis(tmp_path: Path) -> None:
    first, second = numbers(2, 2, 3, 4), numbers(2, 2, 3, 4)
    for axis in (1, 2, 3, -1):
        joined = np.concatenate([first, second], axis)
        small = Small(
            Kind.CONCATENATION,
            [(1, 2, 3, 4)] * 2,
            (1, *joined.shape[1:]),
            (),
            options("ConcatenationOptions", Axis=axis),
        )
        assert (run(small, tmp_path, first, second) == joined).all()


@pytest.mark.parametrize(
    ("small", "sentence"),
    [
        (Small(Kind.ABS, [(1, 2)], (1, 2)), "a.tflite has the operator ABS in version 1, which cannot be converted"),
        (Small(Kind.PRELU, [(1, 2)], (1, 2), version=9), "the operator PRELU in version 9"),
        (
            Small(Kind.CONV_2D, [(1, 2, 2, 3), (2, 1, 1, 3)], (1, 2, 2, 2), (), options("Conv2DOptions")),
            "operator CONV_2D .*: wanted constant weights",
        ),
        (Small(Kind.RESHAPE, [(1, 4, 1)], (2, 2)), "operator RESHAPE .*: wanted a free batch"),
        (Small(Kind.PRELU, [(1, 2)], (1, 2), [np.ones(2, np.int8)]), "a.tflite has quantized weights"),
    ],
)
def test_what_is_not_known_is_named_and_refused(small: Small, sentence: str, tmp_path: Path) -> None:
    path = small.write(tmp_path / "a.tflite")
    with pytest.raises(StanceError, match=sentence):
        to_onnx(read_network(path), path.name)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = Small(Kind.PRELU, [(1, 2)], (1, 2), [np.ones(2, np.float32)]).write(tmp_path / "a.tflite")
    content = path.read_bytes()
    for cut in range(0, len(content) - 8, 7):
        path.write_bytes(content[:cut])
        with pytest.raises(StanceError, match=r"^a\.tflite is "):
            to_onnx(read_network(path), path.name)
    for place in range(8, len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(StanceError):  # whatever is read, nothing else may come of it
            to_onnx(read_network(path), path.name)
