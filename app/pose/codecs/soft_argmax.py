"""Soft-argmax: the coordinates are the mean of a heatmap that is a distribution (DSNT, Nibali et al., 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import SoftArgmax
from app.inference.registry import CODECS
from app.pose.codecs.codec import Maps, check_shapes

TRAINED_SIGMA = 1.0
"""Standard deviation, in cells, of the Gaussians that such maps are trained to resemble."""


@CODECS.register("soft-argmax")
class SoftArgmaxCodec:
    """Reads one output of maps (N, K, H, W)."""

    output_count: ClassVar[int] = 1
    has_heatmap: ClassVar[bool] = True
    udp_aligned: ClassVar[bool] = True

    def __init__(self, spec: SoftArgmax) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``; the score compares the highest cell with that of the Gaussian of the training."""
        maps = self._distributions(outputs)
        height, width = maps.shape[-2:]
        sides = np.array([width, height], np.float32)
        if udp:
            fractions = soft_argmax(maps) / np.maximum(sides - 1, 1)
        else:
            # From edge to edge; fractions count from the center of the crop's first pixel.
            fractions = (dsnt(maps) + 1) / 2 - np.float32(0.5 / self.spec.stride) / sides
        highest = maps.max(axis=(-2, -1)) * np.float32(2 * np.pi * TRAINED_SIGMA**2)
        return fractions.astype(np.float32), np.minimum(highest, 1).astype(np.float32)

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``."""
        maps = outputs[0][:, order, :, ::-1].copy()
        if shift:
            maps[..., 1:] = maps[..., :-1].copy()
        return [maps]

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """See ``PoseCodec``; the highest cell of each map is 1."""
        maps = self._distributions(outputs)[:, keypoint]
        return (maps / np.maximum(maps.max(axis=(-2, -1), keepdims=True), 1e-12)).astype(np.float32)

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "SoftArgmax", skeleton, name, 4)

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return "heatmaps, read by soft-argmax"

    def _distributions(self, outputs: Sequence[Maps]) -> Maps:
        return flat_softmax(outputs[0]) if self.spec.softmax else outputs[0]


def flat_softmax(maps: Maps) -> Maps:
    """The softmax of all cells of each map (..., H, W)."""
    raised = np.exp(maps - maps.max(axis=(-2, -1), keepdims=True))
    return np.asarray(raised / raised.sum(axis=(-2, -1), keepdims=True), np.float32)


def soft_argmax(maps: Maps) -> Floats:
    """The mean position (..., 2) = x y in cells, of maps (..., H, W) that each sum up to 1."""
    columns, rows = (np.arange(side, dtype=np.float32) for side in (maps.shape[-1], maps.shape[-2]))
    return np.stack([maps.sum(axis=-2) @ columns, maps.sum(axis=-1) @ rows], axis=-1).astype(np.float32)


def dsnt(maps: Maps) -> Floats:
    """The same (..., 2) between -1 and 1, the edges of the maps (..., H, W)."""
    sides = np.array([maps.shape[-1], maps.shape[-2]], np.float32)
    return ((2 * soft_argmax(maps) + 1) / sides - 1).astype(np.float32)
