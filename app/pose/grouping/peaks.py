"""Peaks of heatmaps with several people: local maxima, found among the cells over a threshold only."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.grouping.grouping import Maps

Cells = NDArray[np.intp]


WORD = 8
"""Truth values in 64 bits."""


class Peaks(NamedTuple):
    """Peaks (M,) of maps: the number of the ``map``, column ``x``, row ``y`` and ``value``.

    They are ordered by map; those of a map from the highest to the lowest.
    """

    map: Cells
    x: Cells
    y: Cells
    value: Floats

    def of(self, number: int) -> Peaks:
        """The peaks of one map."""
        low, high = np.searchsorted(self.map, [number, number + 1])
        part = slice(low, high)
        return Peaks(self.map[part], self.x[part], self.y[part], self.value[part])


def local_peaks(maps: Maps, offsets: Cells, threshold: float, most: int | None = None) -> Peaks:
    """Cells of ``maps`` (C, h, w) over ``threshold`` that are at least as high as those at ``offsets`` (P, 2) = dy dx.

    Beyond the border the nearest cell is compared. At most ``most`` are kept of a map.
    """
    _, height, width = maps.shape
    flat = np.ascontiguousarray(maps).reshape(-1)
    cells = cells_over(flat, threshold)
    reach = int(np.abs(offsets).max(initial=0))
    rest = cells % (height * width)
    inside = (rest >= reach * width) & (rest < (height - reach) * width)
    inside &= (rest % width >= reach) & (rest % width < width - reach)
    inner, outer = cells[inside], cells[~inside]
    for dy, dx in offsets.tolist():
        inner = inner[flat.take(inner) >= flat.take(inner + (dy * width + dx))]
        number, rest = np.divmod(outer, height * width)
        y, x = np.clip(rest // width + dy, 0, height - 1), np.clip(rest % width + dx, 0, width - 1)
        outer = outer[flat.take(outer) >= flat.take((number * height + y) * width + x)]
    cells = np.sort(np.concatenate([inner, outer]))
    number, rest = np.divmod(cells, height * width)
    return best_of_each_map(Peaks(number, rest % width, rest // width, flat.take(cells)), most)


def cells_over(values: Floats, level: float) -> Cells:
    """The numbers (M,) of the ``values`` (N,) over ``level``, of which there are few: eight are skipped at once."""
    over = values > level
    whole = len(over) // WORD * WORD
    words = np.flatnonzero(over[:whole].view(np.uint64) != 0)
    cells = np.concatenate([(words[:, None] * WORD + np.arange(WORD)).reshape(-1), np.arange(whole, len(over))])
    return cells.compress(over.take(cells))


def distinct(cells: Cells) -> Cells:
    """The different numbers among ``cells`` (M,), in order; many times as fast as ``np.unique``."""
    cells = np.sort(cells)
    return cells.compress(np.diff(cells, prepend=-1) != 0)


def best_of_each_map(peaks: Peaks, most: int | None) -> Peaks:
    """``peaks`` (M,) in the order of ``Peaks``, at most ``most`` of a map."""
    order = np.lexsort((-peaks.value, peaks.map))
    if most is not None:
        number = peaks.map[order]
        order = order[np.arange(len(number)) - np.searchsorted(number, number) < most]
    return Peaks(peaks.map[order], peaks.x[order], peaks.y[order], peaks.value[order])


@cache
def window(kernel: int) -> Cells:
    """The offsets (P, 2) = dy dx of a square window of ``kernel`` cells around a cell, the nearest first."""
    reach = np.arange(kernel) - kernel // 2
    grid = np.stack(np.meshgrid(reach, reach, indexing="ij"), axis=-1).reshape(-1, 2)
    distance = np.abs(grid).sum(axis=1)
    return grid[np.argsort(distance, kind="stable")][1:]


def cross() -> Cells:
    """The offsets (4, 2) = dy dx of the four direct neighbors of a cell."""
    return window(3)[:4]
