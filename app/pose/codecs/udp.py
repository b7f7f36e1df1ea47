"""UDP heatmaps with offsets: three maps per keypoint (Huang et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import cv2
import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import UdpCombined
from app.inference.registry import CODECS
from app.pose.codecs.codec import Maps, check_shapes
from app.pose.codecs.peaks import blur, cell_fractions, peaks_of


@CODECS.register("udp-combined")
class UdpCodec:
    """Reads one output of maps (N, 3 K, H, W): response, x offset and y offset of each keypoint."""

    output_count: ClassVar[int] = 1
    has_heatmap: ClassVar[bool] = True
    udp_aligned: ClassVar[bool] = True

    def __init__(self, spec: UdpCombined) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        cells, scores = combined_cells(outputs[0], self.spec)
        return cell_fractions(cells, outputs[0], udp), scores

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``; the x offsets change their sign."""
        count, channels, height, columns = outputs[0].shape
        maps = outputs[0].reshape(count, channels // 3, 3, height, columns)[:, order, ..., ::-1].copy()
        maps[:, :, 1] *= -1
        return [maps.reshape(outputs[0].shape)]

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """See ``PoseCodec``."""
        return np.clip(outputs[0][:, 3 * keypoint], 0, 1).astype(np.float32, copy=False)

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "UdpCombined", skeleton, name, 4, channels=3 * len(skeleton.names))

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return f"heatmaps with offsets (UDP), radius {self.spec.radius:g}"


def combined_cells(maps: Maps, codec: UdpCombined) -> tuple[Floats, Floats]:
    """Peaks in cells and scores of response and offset ``maps`` (N, 3 K, H, W); ``UDPHeatmap``, type combined."""
    count, channels, height, width = maps.shape
    maps = maps.reshape(count, channels // 3, 3, height, width)
    response = blur(maps[:, :, 0], 2 * codec.blur_kernel + 1, cv2.BORDER_REFLECT_101)
    peaks, scores = peaks_of(response)
    # A peak of -1 (no positive cell) has no offset; that of the first cell is used.
    x, y = np.maximum(peaks, 0).transpose(2, 0, 1)
    n, k = np.indices(x.shape)
    offsets = maps[n, k, 1:, y, x]
    cells = peaks + offsets * (codec.radius * max(width, height))
    return cells.astype(np.float32), scores
