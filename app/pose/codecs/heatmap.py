"""Heatmaps: one map per keypoint, its peak refined to a fraction of a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import Heatmap
from app.inference.registry import CODECS
from app.pose.codecs.codec import Maps, check_shapes
from app.pose.codecs.peaks import blur, cell_fractions, peaks_of


@CODECS.register("heatmap")
class HeatmapCodec:
    """Reads one output of maps (N, K, H, W)."""

    output_count: ClassVar[int] = 1
    has_heatmap: ClassVar[bool] = True
    udp_aligned: ClassVar[bool] = True

    def __init__(self, spec: Heatmap) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        cells, scores = heatmap_cells(outputs[0], self.spec)
        return cell_fractions(cells, outputs[0], udp), scores

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``."""
        maps = outputs[0][:, order, :, ::-1].copy()
        if shift:
            maps[..., 1:] = maps[..., :-1].copy()
        return [maps]

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """See ``PoseCodec``."""
        return np.clip(outputs[0][:, keypoint], 0, 1).astype(np.float32, copy=False)

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "Heatmap", skeleton, name, 4)

    def describe(self) -> str:
        """See ``PoseCodec``."""
        refine, kernel = self.spec.refine, self.spec.blur_kernel
        return f"heatmaps, refined by {refine}" + (f", blur kernel {kernel}" if refine in ("dark", "udp") else "")


def heatmap_cells(maps: Maps, codec: Heatmap) -> tuple[Floats, Floats]:
    """Peaks (N, K, 2) in cells and scores (N, K) of ``maps`` (N, K, H, W), refined as ``codec`` says."""
    peaks, scores = peaks_of(maps)
    match codec.refine:
        case "none":
            cells = peaks.astype(np.float32)
        case "quarter":
            cells = quarter_shifted(maps, peaks)
        case "dark":
            cells = _dark(maps, peaks, codec.blur_kernel)
        case "udp":
            cells = _dark_udp(maps, peaks, codec.blur_kernel)
    return cells, scores


def quarter_shifted(maps: Maps, peaks: NDArray[np.intp]) -> Floats:
    """``peaks`` (N, K, 2) of ``maps`` (N, K, H, W), moved a quarter of a cell toward the higher neighbor.

    Each axis is moved independently (``refine_keypoints``).
    """
    height, width = maps.shape[-2:]
    n, k = np.indices(peaks.shape[:2])
    x, y = peaks.transpose(2, 0, 1)
    inner_x = (x > 1) & (x < width - 1) & (y > 0)
    inner_y = (y > 1) & (y < height - 1) & (x > 0)
    sx, sy = np.clip(x, 1, width - 2), np.clip(y, 1, height - 2)
    vx, vy = np.maximum(x, 0), np.maximum(y, 0)
    dx = np.where(inner_x, maps[n, k, vy, sx + 1] - maps[n, k, vy, sx - 1], 0)
    dy = np.where(inner_y, maps[n, k, sy + 1, vx] - maps[n, k, sy - 1, vx], 0)
    return (peaks + np.sign(np.stack([dx, dy], axis=-1)) * 0.25).astype(np.float32)


def _dark(maps: Maps, peaks: NDArray[np.intp], kernel: int) -> Floats:
    """A Newton step on the logarithm of the blurred map (Zhang et al., CVPR 2020; ``refine_keypoints_dark``)."""
    height, width = maps.shape[-2:]
    logs = np.log(np.maximum(_modulate(maps, kernel), 1e-10))
    x, y = peaks.transpose(2, 0, 1)
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    cx, cy = np.clip(x, 2, width - 3), np.clip(y, 2, height - 3)
    n, k = np.indices(x.shape)

    def at(dx: int, dy: int) -> Floats:
        return logs[n, k, cy + dy, cx + dx]

    dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    dxx = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
    dyy = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
    dxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = dxx * dyy - dxy * dxy
    solvable = inside & (determinant != 0)
    safe = np.where(solvable, determinant, 1)
    step = np.stack([dyy * dx - dxy * dy, dxx * dy - dxy * dx], axis=-1) / safe[..., None]
    return (peaks - np.where(solvable[..., None], step, 0)).astype(np.float32)


def _dark_udp(maps: Maps, peaks: NDArray[np.intp], kernel: int) -> Floats:
    """The same step with UDP's own differences, up to the border (``refine_keypoints_dark_udp``)."""
    logs = np.log(np.clip(_modulate(maps, kernel), 1e-3, 50))
    logs = np.pad(logs, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    x, y = np.maximum(peaks, 0).transpose(2, 0, 1)
    n, k = np.indices(x.shape)

    def at(dx: int, dy: int) -> Floats:
        return logs[n, k, y + 1 + dy, x + 1 + dx]

    return udp_shifted(at, peaks)


def udp_shifted(at: Callable[[int, int], Floats], peaks: NDArray[np.intp]) -> Floats:
    """``peaks`` (N, K, 2) moved by UDP's Newton step; ``at(dx, dy)`` (N, K) is the logarithm of the map beside them."""
    dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
    epsilon = np.finfo(np.float32).eps
    dxx = at(1, 0) - 2 * at(0, 0) + at(-1, 0) + epsilon
    dyy = at(0, 1) - 2 * at(0, 0) + at(0, -1) + epsilon
    dxy = (at(1, 1) - at(1, 0) - at(0, 1) + 2 * at(0, 0) - at(-1, 0) - at(0, -1) + at(-1, -1)) / 2
    determinant = dxx * dyy - dxy * dxy
    solvable = (determinant != 0) & (peaks[..., 0] >= 0)
    safe = np.where(solvable, determinant, 1)
    step = np.stack([dyy * dx - dxy * dy, dxx * dy - dxy * dx], axis=-1) / safe[..., None]
    return (peaks - np.where(solvable[..., None], step, 0)).astype(np.float32)


def _modulate(maps: Maps, kernel: int) -> Maps:
    """Blurred maps, each scaled to its maximum before the blur."""
    before = maps.max(axis=(-2, -1), keepdims=True)
    blurred = blur(maps, kernel, cv2.BORDER_CONSTANT)
    after = np.maximum(blurred.max(axis=(-2, -1), keepdims=True), 1e-12)
    return (blurred * (before / after)).astype(np.float32)
