"""Finds the peaks of heatmaps, and blurs heatmaps."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.codecs.codec import Maps


def peaks_of(maps: Maps) -> tuple[NDArray[np.intp], Floats]:
    """The highest cell (N, K, 2) = x y of each map, -1 if no cell is positive, and its value."""
    count, keypoints, height, width = maps.shape
    flat = np.ascontiguousarray(maps).reshape(count, keypoints, height * width)
    best = flat.argmax(axis=-1)
    scores = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
    peaks = np.stack([best % width, best // width], axis=-1)
    peaks[scores <= 0] = -1
    return peaks, scores


def blur(maps: Maps, kernel: int, border: int) -> Maps:
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


def cell_fractions(cells: Floats, maps: Maps, udp: bool) -> Floats:
    """``cells`` (N, K, 2) of ``maps`` (..., H, W) in fractions of the crop; ``udp`` as in ``PoseCodec.decode``."""
    height, width = maps.shape[-2:]
    span = np.array([width, height], np.float32) - (1 if udp else 0)
    return (cells / span).astype(np.float32)
