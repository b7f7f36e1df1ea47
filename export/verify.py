"""Proof that a converted network answers as the original does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from app.card import Heatmap, PoseCard, UdpCombined
from app.errors import StanceError
from app.estimate.crop import feed, normalise
from app.estimate.decode import decode
from app.people import Floats, Image
from app.runtime import Network, open_network

Arrays = Sequence[NDArray[Any]]
Booleans = NDArray[np.bool_]

EXACT = 1e-4
"""ONNX Runtime may differ from PyTorch by so much of the largest magnitude; both round, in other orders."""
BATCHES = (1, 3)
SEEN = 0.2
"""Keypoints of a lower score are nowhere, so that it does not matter where else they are put."""
CERTAIN = 0.5
"""A keypoint's place is certain where its peak comes to so much of the highest of all, and no other place to so much of
the peak."""
NEAR = 4
"""Cells around a peak that are the same place."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far keypoints have moved, in pixels of the network's input: half of them at most ``median``, and so on.

    ``keypoints`` of ``of`` were counted; where none was, the distances are 0.
    """

    median: float
    p95: float
    largest: float
    keypoints: int
    of: int

    def __str__(self) -> str:
        if not self.keypoints:
            return f"not to be told, as none of the {self.of} keypoints is such a one"
        return (
            f"median {self.median:.3f}, 95 % within {self.p95:.3f}, largest {self.largest:.2f} input pixels "
            f"({self.keypoints} of {self.of} keypoints)"
        )


def open_on_cpu(path: Path, shape: tuple[int, ...], kind: type = np.float32) -> Network:
    """The network in ``path``, warm, on the device that every machine has; ``shape`` is that of one input."""
    return open_network(path, "cpu", lambda _: [np.zeros(shape, kind)])


def inputs_of(card: PoseCard, crops: Image) -> list[Floats]:
    """What a network is checked on: ``crops`` fed as its card says and random numbers, one and three at a time."""
    width, height = card.picture.size
    fed = normalise(crops, card.picture)
    random = np.random.default_rng(0).normal(size=(max(BATCHES), 3, height, width)).astype(np.float32)
    return [batch for size in BATCHES for batch in (*_batches(fed, size), random[:size])]


def largest_difference(network: nn.Module, path: Path, inputs: list[Floats]) -> float:
    """The largest difference between PyTorch and ONNX Runtime on ``inputs``, as a part of the largest magnitude.

    Raises StanceError where it is over the tolerance.
    """
    session = open_on_cpu(path, inputs[0].shape)

    def original(batch: Floats) -> NDArray[Any]:
        with torch.inference_mode():
            return network(torch.from_numpy(batch)).numpy()

    worst = _worst(original, lambda batch: session.run([batch])[0], inputs)
    if not worst <= EXACT:
        raise StanceError(
            f"The converted network differs from the original by {worst:.1e} of the largest magnitude: "
            f"wanted {EXACT:.0e}; it was not kept."
        )
    return worst


def keypoints_of(card: PoseCard, outputs: Arrays) -> tuple[Floats, Floats]:
    """Keypoints (N, K, 2) in input pixels and scores (N, K) of a network's ``outputs``."""
    fractions, scores = decode(outputs, card.codec, card.udp)
    span = np.asarray(card.picture.size, np.float32) - (1 if card.udp else 0)
    return fractions * span, scores


def shift(card: PoseCard, before: Arrays, other: PoseCard, after: Arrays, counted: Booleans) -> Shift:
    """How far the keypoints of ``after`` lie from those of ``before``; each is read as its own card says.

    ``counted`` (N, K) tells which of them matter.
    """
    was, _ = keypoints_of(card, before)
    now, _ = keypoints_of(other, after)
    distances = np.linalg.norm(now - was, axis=-1)
    if not np.isfinite(distances).all():
        raise StanceError("The converted network answers with numbers that are not finite; it was not kept.")
    moved = distances[counted]
    if not moved.size:
        return Shift(0.0, 0.0, 0.0, 0, counted.size)
    median, p95 = np.percentile(moved, (50, 95))
    return Shift(float(median), float(p95), float(moved.max()), moved.size, counted.size)


def seen(card: PoseCard, outputs: Arrays) -> Booleans:
    """Which keypoints (N, K) are anywhere at all."""
    return keypoints_of(card, outputs)[1] >= SEEN


def certain(card: PoseCard, outputs: Arrays) -> Booleans:
    """Which keypoints (N, K) have one place only.

    Where a network hesitates between two places the smallest rounding decides, so that only the others can tell
    whether it has become another network. Networks without maps: those that are seen.
    """
    if not isinstance(card.codec, Heatmap | UdpCombined):
        return seen(card, outputs)
    maps = outputs[0][:, ::3] if isinstance(card.codec, UdpCombined) else outputs[0]
    height, width = maps.shape[2:]
    peaks = maps.max(axis=(2, 3))
    rows, columns = np.unravel_index(maps.reshape(*maps.shape[:2], -1).argmax(axis=-1), (height, width))
    near = (abs(np.arange(height)[:, None] - rows[..., None, None]) <= NEAR) & (
        abs(np.arange(width) - columns[..., None, None]) <= NEAR
    )
    elsewhere = np.where(near, -np.inf, maps).max(axis=(2, 3))
    return seen(card, outputs) & (peaks >= CERTAIN * peaks.max()) & (elsewhere < CERTAIN * peaks)


def noise(before: Arrays, after: Arrays) -> float:
    """The root mean square of what has changed, as a part of that of ``before``."""
    changed = sum(float(np.square(a - b).sum()) for a, b in zip(after, before, strict=True))
    return float(np.sqrt(changed / max(sum(float(np.square(b).sum()) for b in before), 1e-12)))


def answers(path: Path, card: PoseCard, crops: Image) -> list[NDArray[Any]]:
    """A network's outputs for ``crops`` (N, H, W, 3), one at a time.

    Raises StanceError where three at once are answered otherwise.
    """
    fed = feed(crops, card.picture)
    session = open_on_cpu(path, fed[:1].shape, fed.dtype.type)
    single = [session.run([batch]) for batch in _batches(fed, 1)]
    outputs = [np.concatenate(parts) for parts in zip(*single, strict=True)]
    three = session.run([fed[:3]])
    for alone, together in zip(outputs, three, strict=True):
        magnitude = np.abs(alone).max()
        if not np.abs(alone[:3] - together).max() <= 1e-2 * magnitude:
            raise StanceError(f"{path.name} answers otherwise to three crops than to one; it was not kept.")
    return outputs


def _batches(fed: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [fed[i : i + size] for i in range(0, len(fed) - size + 1, size)]


def _worst(
    one: Callable[[Floats], NDArray[Any]], other: Callable[[Floats], NDArray[Any]], inputs: list[Floats]
) -> float:
    difference = magnitude = 0.0
    for batch in inputs:
        wanted, got = one(batch), other(batch)
        if wanted.shape != got.shape or not np.isfinite(got).all():
            return float("inf")
        difference = max(difference, float(np.abs(wanted - got).max()))
        magnitude = max(magnitude, float(np.abs(wanted).max()))
    return difference / magnitude if magnitude else difference
