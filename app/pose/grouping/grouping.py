"""The contract of groupings: how the maps of a whole picture become people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton

Maps = NDArray[np.float32]


class Run(NamedTuple):
    """The ``outputs`` (C, h, w) of a network at one ``scale``, in the order of the file.

    ``mirrored`` are those for the mirrored picture, as the network returns them; None without a flip test.
    """

    scale: float
    outputs: Sequence[Maps]
    mirrored: Sequence[Maps] | None = None


class People(NamedTuple):
    """People that were grouped: ``poses`` (N, K, 3) = x y score, in pixels of the input, and their ``scores`` (N,).

    A keypoint that was not found has score 0, and no meaningful coordinates.
    """

    poses: Floats
    scores: Floats

    @classmethod
    def none(cls, keypoints: int) -> People:
        """No people: poses (0, K, 3)."""
        return cls(np.empty((0, keypoints, 3), np.float32), np.empty(0, np.float32))


class Grouping(Protocol):
    """Reads the outputs of a network; constructed from its settings in the card and the skeleton.

    ``size`` is (width, height) of the network's input at scale 1.
    """

    flip_shift: int
    """By how many pixels the mirrored picture is moved to the left before the network runs."""
    corner_aligned: bool
    """Whether the center of a map's first cell is that of the input's first pixel; else they share their corner."""
    factors: tuple[int, int]
    """Of how many shares the score of a person, and that of a keypoint, is the product.

    Their root is on the scale of other kinds of networks: a person with half as high values is not four times as bad.
    """

    def people(self, runs: Sequence[Run], size: tuple[int, int]) -> People:
        """All people: poses (N, K, 3) in pixels of the input."""
        ...

    def heatmaps(self, runs: Sequence[Run], size: tuple[int, int]) -> Maps:
        """The heatmaps (K, h, w) in which keypoints are searched, of the whole input."""
        ...

    def check(self, outputs: Sequence[Maps], name: str) -> None:
        """Check the ``outputs`` (C, h, w) for one picture.

        Raises StanceError, which names the network file ``name``, if they do not fit the grouping and the skeleton.
        """
        ...

    def describe(self) -> str:
        """The grouping in a few words, for example "associative embedding, 2 outputs"."""
        ...


def resized(maps: Maps, size: tuple[int, int], interpolation: int = cv2.INTER_LINEAR) -> Maps:
    """``maps`` (C, h, w) at ``size`` (width, height), interpolated between the centers of cells."""
    if (maps.shape[2], maps.shape[1]) == size:
        return maps
    out = np.empty((len(maps), size[1], size[0]), np.float32)
    for one, into in zip(maps, out, strict=True):
        cv2.resize(one, size, dst=into, interpolation=interpolation)
    return out


def mean_of(maps: Sequence[Maps]) -> Maps:
    """The mean of several ``maps`` (C, h, w) of the same size."""
    if len(maps) == 1:
        return maps[0]
    if len(maps) == 2:  # in one pass, with the same result
        flat = (one.reshape(1, -1) for one in maps)
        return np.asarray(cv2.addWeighted(next(flat), 0.5, next(flat), 0.5, 0), np.float32).reshape(maps[0].shape)
    total = maps[0] + maps[1]
    for other in maps[2:]:
        total += other
    total /= np.float32(len(maps))
    return total


def resized_mean(maps: Sequence[Maps], size: tuple[int, int]) -> Maps:
    """The mean of ``maps`` (C, h, w) of several sizes, each interpolated to ``size`` (width, height)."""
    if len(maps) != 2 or (maps[1].shape[2], maps[1].shape[1]) != size:
        return mean_of([resized(one, size) for one in maps])
    coarse, fine = maps  # channel by channel, with the same result
    out, large = np.empty(fine.shape, np.float32), np.empty(fine.shape[1:], np.float32)
    for one, other, into in zip(coarse, fine, out, strict=True):
        cv2.resize(one, size, dst=large, interpolation=cv2.INTER_LINEAR)
        cv2.addWeighted(large, 0.5, other, 0.5, 0, dst=into)
    return out


def unmirrored(maps: Maps, order: Sequence[int]) -> Maps:
    """``maps`` (C, h, w) of a mirrored picture as if it had not been mirrored: channel i is ``order[i]``, flipped."""
    return maps[list(order), :, ::-1]


def refuse(outputs: Sequence[Maps], what: str, skeleton: Skeleton, name: str) -> StanceError:
    """The error of a network file ``name`` whose ``outputs`` (C, h, w) are not ``what`` for the skeleton."""
    return StanceError(
        "{file} outputs {shape}, which is not {codec} for the {count} keypoints of {skeleton}.",
        file=name,
        shape=", ".join(str([1, *output.shape]) for output in outputs),
        codec=what,
        count=len(skeleton.names),
        skeleton=skeleton.name,
    )
