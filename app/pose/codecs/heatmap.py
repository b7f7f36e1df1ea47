"""What a pose network answers, read as keypoints.

Every decoder gives keypoints (N, K, 2) in fractions of the crop (see ``crop.to_image``) and scores (N, K).
Where a map or vector has nothing above zero the peak is put at -1, as MMPose does, and the score is not positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from app.card import Codec, Heatmap, Keypoints, Regression, SimCC, UdpCombined
from app.people import Floats

Maps = NDArray[np.float32]


def decode(outputs: Sequence[Maps], codec: Codec, udp: bool) -> tuple[Floats, Floats]:
    """Keypoints in fractions and scores from the network's ``outputs``.

    ``udp`` says that the first and the last cell of a map are the crop's borders (fraction = cell / (width - 1)).
    """
    match codec:
        case Heatmap():
            cells, scores = heatmap_cells(outputs[0], codec)
        case UdpCombined():
            cells, scores = combined_cells(outputs[0], codec)
        case SimCC():
            return simcc_fractions(outputs[0], outputs[1], codec)
        case Regression():
            return regression_fractions(outputs[0])
        case Keypoints():
            return outputs[0][..., :2], outputs[0][..., 2]
    height, width = outputs[0].shape[-2:]
    span = np.array([width, height], np.float32) - (1 if udp else 0)
    return (cells / span).astype(np.float32), scores


def heatmap_cells(maps: Maps, codec: Heatmap) -> tuple[Floats, Floats]:
    """Peaks (N, K, 2) in cells and scores (N, K) of ``maps`` (N, K, H, W), refined as ``codec`` says."""
    peaks, scores = _peaks(maps)
    match codec.refine:
        case "none":
            cells = peaks.astype(np.float32)
        case "quarter":
            cells = _quarter(maps, peaks)
        case "dark":
            cells = _dark(maps, peaks, codec.blur_kernel)
        case "udp":
            cells = _dark_udp(maps, peaks, codec.blur_kernel)
    return cells, scores


def combined_cells(maps: Maps, codec: UdpCombined) -> tuple[Floats, Floats]:
    """Peaks in cells and scores of response and offset ``maps`` (N, 3 K, H, W); ``UDPHeatmap``, type combined."""
    count, channels, height, width = maps.shape
    maps = maps.reshape(count, channels // 3, 3, height, width)
    response = _blur(maps[:, :, 0], 2 * codec.blur_kernel + 1, cv2.BORDER_REFLECT_101)
    peaks, scores = _peaks(response)
    # A peak at -1 (nothing there) has no offset of its own; the corner's is as good as any.
    x, y = np.maximum(peaks, 0).transpose(2, 0, 1)
    n, k = np.indices(x.shape)
    offsets = maps[n, k, 1:, y, x]
    cells = peaks + offsets * (codec.radius * height)
    return cells.astype(np.float32), scores


def simcc_fractions(x: Maps, y: Maps, codec: SimCC) -> tuple[Floats, Floats]:
    """Keypoints and scores of ``x`` (N, K, bins) and ``y``; the score is the smaller of the two peaks.

    The targets are Gaussians of sqrt(side / 8) bins (``SimCCLabel`` in RTMPose's settings); a peak is best found by
    the same Gaussian, as DARK does for heatmaps, and then between its bins.
    """
    scores: Floats = np.minimum(x.max(axis=-1), y.max(axis=-1))
    if codec.refine == "none":
        bins = np.stack([x.argmax(axis=-1), y.argmax(axis=-1)], axis=-1).astype(np.float32)
    else:
        bins = np.stack([_matched(vectors, codec.split_ratio) for vectors in (x, y)], axis=-1)
    bins[scores <= 0] = -1
    bins /= np.array([x.shape[-1], y.shape[-1]], np.float32)
    return bins, scores


def _matched(vectors: Maps, split_ratio: float) -> Floats:
    """The place (N, K) in bins where a Gaussian fits ``vectors`` (N, K, bins) best."""
    count, keypoints, bins = vectors.shape
    sigma = (bins / split_ratio / 8) ** 0.5
    kernel = cv2.getGaussianKernel(2 * round(3 * sigma) + 1, sigma, cv2.CV_32F)
    rows = np.ascontiguousarray(vectors, np.float32).reshape(-1, bins)
    fit = cv2.sepFilter2D(rows, -1, kernel, np.ones(1, np.float32), borderType=cv2.BORDER_CONSTANT)
    peaks = fit.argmax(axis=-1)
    middle = np.clip(peaks, 1, bins - 2)
    number = np.arange(len(rows))
    before, at, after = (fit[number, middle + step] for step in (-1, 0, 1))
    curve = before - 2 * at + after
    between = np.divide(0.5 * (before - after), curve, out=np.zeros_like(curve), where=curve < 0)
    places = np.where(peaks == middle, peaks + np.clip(between, -0.5, 0.5), peaks)
    return places.reshape(count, keypoints).astype(np.float32)


def regression_fractions(values: Maps) -> tuple[Floats, Floats]:
    """Keypoints and scores of ``values`` (N, K, 2), or (N, K, 4) with a deviation for each coordinate behind."""
    keypoints = values[..., :2].astype(np.float32)
    if values.shape[-1] < 4:
        return keypoints, np.ones(values.shape[:-1], np.float32)
    return keypoints, np.clip(1 - values[..., 2:4].mean(axis=-1), 0, 1).astype(np.float32)


def _peaks(maps: Maps) -> tuple[NDArray[np.intp], Floats]:
    """The highest cell (N, K, 2) = x y of each map, -1 where nothing is positive, and its value."""
    count, keypoints, height, width = maps.shape
    flat = np.ascontiguousarray(maps).reshape(count, keypoints, height * width)
    best = flat.argmax(axis=-1)
    scores = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
    peaks = np.stack([best % width, best // width], axis=-1)
    peaks[scores <= 0] = -1
    return peaks, scores


def _quarter(maps: Maps, peaks: NDArray[np.intp]) -> Floats:
    """A quarter of a cell towards the higher neighbour, each axis for itself (``refine_keypoints``)."""
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
    """Blurred maps, each as high as it was before."""
    before = maps.max(axis=(-2, -1), keepdims=True)
    blurred = _blur(maps, kernel, cv2.BORDER_CONSTANT)
    after = np.maximum(blurred.max(axis=(-2, -1), keepdims=True), 1e-12)
    return (blurred * (before / after)).astype(np.float32)


def _blur(maps: Maps, kernel: int, border: int) -> Maps:
    """OpenCV's Gaussian blur of all maps (..., H, W) at once, as two products with banded matrices."""
    height, width = maps.shape[-2:]
    blurred = blur_band(height, kernel, border) @ maps @ blur_band(width, kernel, border).T
    return blurred.astype(np.float32, copy=False)


@cache
def blur_band(size: int, kernel: int, border: int) -> Maps:
    """The (size, size) matrix that blurs a column of ``size`` cells with OpenCV's Gaussian of ``kernel`` taps.

    ``border`` is OpenCV's BORDER_CONSTANT (zeros outside) or BORDER_REFLECT_101.
    """
    taps = cv2.getGaussianKernel(kernel, 0)[:, 0]
    band = np.zeros((size, size))
    for row in range(size):
        for tap, weight in enumerate(taps):
            column = row + tap - kernel // 2
            if border == cv2.BORDER_REFLECT_101 and size > 1:
                column = abs(column) % (2 * (size - 1))
                column = min(column, 2 * (size - 1) - column)
            if 0 <= column < size:
                band[row, column] += weight
    return band.astype(np.float32)
