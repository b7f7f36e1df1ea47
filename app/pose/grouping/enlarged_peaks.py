"""Peaks of heatmaps that are enlarged and blurred, computed only in the cells that may contain one.

OpenPose's ports enlarge all maps to the size of the picture and blur them before they look for maxima. A maximum lies
in a cell that is not much lower than its neighbors, and the pixels of one cell depend on the few cells around it.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from app.core.people import Floats
from app.pose.grouping.grouping import Maps
from app.pose.grouping.peaks import Cells, cross, local_peaks

SIGMA = 3.0
"""Standard deviation of the blur, in pixels."""

REACH = 4
"""Cells to each side on which the pixels of a cell depend: two of the interpolation, and the blur of 12 pixels."""

MIN_RATIO = 8
"""Pixels per cell from which on the blur does not reach farther than ``REACH``."""

GAP = 2
"""Rows between maps that are searched together: half of the window."""

MIN_SHARE = 0.6
"""A cell with a maximum is at least this share as high as its neighbors, and as the threshold."""


def enlarged_peaks(heatmaps: Maps, size: tuple[int, int], threshold: float) -> tuple[Cells, Cells, Cells, Floats]:
    """Map, x, y and value (M,) of the pixels over ``threshold`` that are as high as their four neighbors.

    ``heatmaps`` (K, h, w) are enlarged to ``size`` (width, height) and blurred.
    """
    _, height, width = heatmaps.shape
    rows, columns = blurred_enlargement(height, size[1]), blurred_enlargement(width, size[0])
    ratio = size[0] // width
    if size != (ratio * width, ratio * height) or ratio < MIN_RATIO:
        peaks = local_peaks(np.asarray(rows @ heatmaps @ columns.T, np.float32), cross(), threshold)
        return peaks.map, peaks.x, peaks.y, peaks.value
    number, row, column = _candidates(heatmaps, threshold)
    padded = np.pad(heatmaps, ((0, 0), (REACH, REACH), (REACH, REACH)))
    around = sliding_window_view(padded, (2 * REACH + 1, 2 * REACH + 1), axis=(1, 2))[number, row, column]
    blocks = np.empty((len(number), ratio + 2, ratio + 2), np.float32)
    row_matrices, column_matrices = _block_matrices(height, size[1]), _block_matrices(width, size[0])
    inside = (row >= REACH) & (row < height - REACH) & (column >= REACH) & (column < width - REACH)
    blocks[inside] = row_matrices[height // 2] @ around[inside] @ column_matrices[width // 2].T
    border = ~inside
    blocks[border] = row_matrices[row[border]] @ around[border] @ column_matrices[column[border]].transpose(0, 2, 1)
    # Beyond the picture nothing is higher.
    blocks[row == 0, 0], blocks[row == height - 1, -1] = -np.inf, -np.inf
    blocks[column == 0, :, 0], blocks[column == width - 1, :, -1] = -np.inf, -np.inf
    blocks = np.ascontiguousarray(blocks.transpose(1, 2, 0))  # neighbors are compared in long rows
    inner = blocks[1:-1, 1:-1]
    high = inner > threshold
    for other in (blocks[:-2, 1:-1], blocks[2:, 1:-1], blocks[1:-1, :-2], blocks[1:-1, 2:]):
        high &= inner >= other
    pixel, block = np.divmod(np.flatnonzero(high), len(number))
    y, x = np.divmod(pixel, ratio)
    return number[block], column[block] * ratio + x, row[block] * ratio + y, inner[y, x, block]


def _candidates(heatmaps: Maps, threshold: float) -> tuple[Cells, Cells, Cells]:
    """Map, row and column (B,) of the cells that may contain a maximum."""
    count, height, width = heatmaps.shape
    # All maps are one picture, in which nothing is high between them.
    tall = np.full((count, height + GAP, width), -np.inf, np.float32)
    tall[:, :height] = heatmaps
    around, high = (
        cv2.dilate(tall.reshape(-1, width), np.ones((side, side), np.uint8)).reshape(tall.shape)[:, :height]
        for side in (3, 5)
    )
    cells = np.flatnonzero((high > MIN_SHARE * threshold) & (heatmaps >= MIN_SHARE * around))
    number, rest = np.divmod(cells, height * width)
    return number, *np.divmod(rest, width)


@cache
def enlargement(cells: int, pixels: int) -> Floats:
    """The matrix (pixels, cells) of OpenCV's cubic interpolation of a row of cells."""
    unit = np.eye(cells, dtype=np.float32)
    return np.asarray(cv2.resize(unit, (cells, pixels), interpolation=cv2.INTER_CUBIC), np.float32)


@cache
def blurred_enlargement(cells: int, pixels: int) -> Floats:
    """The same (pixels, cells), followed by a Gaussian blur as SciPy's ``gaussian_filter``."""
    reach = int(4 * SIGMA + 0.5)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SIGMA) ** 2)
    rows = enlargement(cells, pixels).astype(np.float64)
    around = np.pad(rows, ((reach, reach), (0, 0)), mode="symmetric")
    blurred = sum(weight * around[step : step + pixels] for step, weight in enumerate(taps / taps.sum()))
    return np.asarray(blurred, np.float32)


@cache
def _block_matrices(cells: int, pixels: int) -> Floats:
    """For each cell the matrix (ratio + 2, 2 REACH + 1) from the cells around it to its pixels and one on each side."""
    ratio = pixels // cells
    matrix = np.pad(blurred_enlargement(cells, pixels), ((1, 1), (REACH, REACH)))
    rows = [matrix[ratio * one : ratio * (one + 1) + 2, one : one + 2 * REACH + 1] for one in range(cells)]
    return np.stack(rows)
