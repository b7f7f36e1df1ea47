"""Compares a converted network's outputs and keypoints with the original's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from app.core.errors import StanceError
from app.core.message import Message, joined
from app.core.people import Floats, Image
from app.inference.model_card import Heatmap, PoseCard, UdpCombined
from app.inference.onnx_model import OnnxModel, open_network
from app.pose.codecs import codec_of
from app.pose.crop import normalize, to_input

Arrays = Sequence[NDArray[Any]]
Booleans = NDArray[np.bool_]

EXACT = 1e-4
"""Maximum difference between ONNX Runtime and PyTorch, relative to the largest magnitude; they round differently."""
ROUNDING = 10.0
"""The same, as a multiple of the difference that rounding to single precision makes in PyTorch."""
BATCHES = (1, 3)
"""Batch sizes that are compared."""
VISIBLE_SCORE = 0.2
"""Keypoints with a lower score are treated as invisible and not compared."""
CERTAIN = 0.5
"""A keypoint is unambiguous if its peak is at least this fraction of the highest peak, and every other position in its
map is below this fraction of the peak."""
PEAK_RADIUS = 4
"""Cells within this distance of a peak, per axis, belong to the peak."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Shift of keypoints between two networks, in pixels of the network's input.

    Attributes:
        median: Median distance.
        p95: 95th percentile of the distances.
        largest: Largest distance.
        keypoints: Number of keypoints counted; with none, the distances are 0.
        of: Number of keypoints in all.
    """

    median: float
    p95: float
    largest: float
    keypoints: int
    of: int

    def describe(self) -> Message:
        """The figures in words."""
        if not self.keypoints:
            return Message("unknown, as none of the {total} keypoints has one", total=self.of)
        return Message(
            "median {median:.3f}, 95 % within {p95:.3f}, largest {largest:.2f} input pixels "
            "({count} of {total} keypoints)",
            median=self.median,
            p95=self.p95,
            largest=self.largest,
            count=self.keypoints,
            total=self.of,
        )


def open_on_cpu(path: Path, shape: tuple[int, ...], kind: type = np.float32) -> OnnxModel:
    """The network in ``path`` on the CPU, warmed up with zeros of ``shape`` (N, ...) and dtype ``kind``."""
    return open_network(path, "cpu", lambda _: [np.zeros(shape, kind)])


def inputs_of(card: PoseCard, crops: Image) -> list[Floats]:
    """Batches (1 or 3, 3, H, W) for the comparison: normalized ``crops`` (N, H, W, 3) and random numbers."""
    width, height = card.picture.size
    inputs = normalize(crops, card.picture)
    random = np.random.default_rng(0).normal(size=(max(BATCHES), 3, height, width)).astype(np.float32)
    return [batch for size in BATCHES for batch in (*_batches(inputs, size), random[:size])]


def largest_difference(network: nn.Module, path: Path, inputs: list[Floats]) -> float:
    """The largest difference between PyTorch and ONNX Runtime on ``inputs``, relative to the largest magnitude.

    ``inputs`` are batches (N, 3, H, W). Raises StanceError if the difference is over ``EXACT``, and over ``ROUNDING``
    times that of PyTorch to itself in double precision: some networks amplify what both round differently.
    """
    session = open_on_cpu(path, inputs[0].shape)

    def original(batch: Floats) -> Arrays:
        return _outputs(network, torch.from_numpy(batch))

    worst = _worst(original, lambda batch: session.run([batch]), inputs)
    if worst > EXACT:
        precise = deepcopy(network).double()
        rounding = _worst(lambda batch: _outputs(precise, torch.from_numpy(batch).double()), original, inputs)
    else:
        rounding = 0.0
    if not worst <= max(EXACT, ROUNDING * rounding):
        raise StanceError(
            "The converted model differs from the original by {worst:.1e} of the largest magnitude: wanted "
            "{exact:.0e}; it was not kept.",
            worst=worst,
            exact=EXACT,
        )
    return worst


def _outputs(network: nn.Module, batch: torch.Tensor) -> Arrays:
    with torch.inference_mode():
        given = network(batch)
    return [output.numpy() for output in ((given,) if isinstance(given, torch.Tensor) else given)]


def describe_difference(worst: float, images: str, batches: Sequence[int] = BATCHES) -> Message:
    """The line that reports ``worst``, the largest difference; ``images`` says what was compared beside noise."""
    return Message(
        "Largest difference to PyTorch: {worst:.1e} of the largest magnitude (batch {batches}; {images}, random input)",
        worst=worst,
        batches=joined("{first} and {rest}", [str(size) for size in batches]),
        images=images,
    )


def keypoints_of(card: PoseCard, outputs: Arrays) -> tuple[Floats, Floats]:
    """Decode a network's ``outputs`` to keypoints (N, K, 2) in input pixels and scores (N, K)."""
    fractions, scores = codec_of(card.codec).decode(outputs, card.udp)
    span = np.asarray(card.picture.size, np.float32) - (1 if card.udp else 0)
    return fractions * span, scores


def shift(card: PoseCard, before: Arrays, other: PoseCard, after: Arrays, counted: Booleans) -> Shift:
    """The shift of the keypoints from outputs ``before`` to outputs ``after``.

    Args:
        card: Card of the network that gave ``before``.
        before: Its outputs.
        other: Card of the network that gave ``after``.
        after: Its outputs.
        counted: (N, K), the keypoints to count.

    Raises:
        StanceError: A keypoint is not finite.
    """
    old, _ = keypoints_of(card, before)
    new, _ = keypoints_of(other, after)
    distances = np.linalg.norm(new - old, axis=-1)
    if not np.isfinite(distances).all():
        raise StanceError("The converted model outputs values that are not finite; it was not kept.")
    distance = distances[counted]
    if not distance.size:
        return Shift(0.0, 0.0, 0.0, 0, counted.size)
    median, p95 = np.percentile(distance, (50, 95))
    return Shift(float(median), float(p95), float(distance.max()), distance.size, counted.size)


def seen(card: PoseCard, outputs: Arrays) -> Booleans:
    """Mask (N, K) of the keypoints whose score is at least ``VISIBLE_SCORE``."""
    return keypoints_of(card, outputs)[1] >= VISIBLE_SCORE


def certain(card: PoseCard, outputs: Arrays) -> Booleans:
    """Mask (N, K) of the unambiguous keypoints: their heatmap has one clear peak.

    With two peaks of similar height rounding decides between them, so only unambiguous keypoints show whether the
    network has changed. For networks without heatmaps: the visible keypoints.
    """
    if not isinstance(card.codec, Heatmap | UdpCombined):
        return seen(card, outputs)
    maps = outputs[0][:, ::3] if isinstance(card.codec, UdpCombined) else outputs[0]
    height, width = maps.shape[2:]
    peaks = maps.max(axis=(2, 3))
    rows, columns = np.unravel_index(maps.reshape(*maps.shape[:2], -1).argmax(axis=-1), (height, width))
    near = (abs(np.arange(height)[:, None] - rows[..., None, None]) <= PEAK_RADIUS) & (
        abs(np.arange(width) - columns[..., None, None]) <= PEAK_RADIUS
    )
    elsewhere = np.where(near, -np.inf, maps).max(axis=(2, 3))
    return seen(card, outputs) & (peaks >= CERTAIN * peaks.max()) & (elsewhere < CERTAIN * peaks)


def noise(before: Arrays, after: Arrays) -> float:
    """Root mean square of the difference, relative to that of ``before``; arrays of any shape, in pairs."""
    changed = sum(float(np.square(a - b).sum()) for a, b in zip(after, before, strict=True))
    return float(np.sqrt(changed / max(sum(float(np.square(b).sum()) for b in before), 1e-12)))


def answers(path: Path, card: PoseCard, crops: Image) -> list[NDArray[Any]]:
    """A network's outputs for ``crops`` (N, H, W, 3), N >= 3, computed one crop at a time and concatenated.

    Raises StanceError if the outputs for a batch of three differ from those for single crops.
    """
    inputs = to_input(crops, card.picture)
    session = open_on_cpu(path, inputs[:1].shape, inputs.dtype.type)
    single = [session.run([batch]) for batch in _batches(inputs, 1)]
    outputs = [np.concatenate(parts) for parts in zip(*single, strict=True)]
    three = session.run([inputs[:3]])
    for single_output, batch_output in zip(outputs, three, strict=True):
        magnitude = np.abs(single_output).max()
        if not np.abs(single_output[:3] - batch_output).max() <= 1e-2 * magnitude:
            raise StanceError(
                "{file} gives different results for three crops than for one; it was not kept.", file=path.name
            )
    return outputs


def _batches(inputs: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [inputs[i : i + size] for i in range(0, len(inputs) - size + 1, size)]


def _worst(one: Callable[[Floats], Arrays], other: Callable[[Floats], Arrays], inputs: list[Floats]) -> float:
    """The largest difference of an output, relative to the largest magnitude of the same output."""
    pairs = [list(zip(one(batch), other(batch), strict=True)) for batch in inputs]
    return max(_difference([pair[output] for pair in pairs]) for output in range(len(pairs[0])))


def _difference(pairs: list[tuple[NDArray[Any], NDArray[Any]]]) -> float:
    if any(wanted.shape != got.shape or not np.isfinite(got).all() for wanted, got in pairs):
        return float("inf")
    difference = max(float(np.abs(wanted - got).max()) for wanted, got in pairs)
    magnitude = max(float(np.abs(wanted).max()) for wanted, _ in pairs)
    return difference / magnitude if magnitude else difference
