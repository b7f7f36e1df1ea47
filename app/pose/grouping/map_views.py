"""Maps at the size of the input, of which only the pixels that are needed are computed.

HigherHRNet enlarges its maps to the size of the input before it looks for peaks. A bilinear map of integer ratio is
known between four cells from these alone, so that few pixels have to be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import floor
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from app.core.people import Floats
from app.pose.grouping.grouping import Maps, resized
from app.pose.grouping.peaks import Cells, Peaks, best_of_each_map, cells_over, local_peaks, window

Pair = tuple[int, int]
"""Numbers of pixels or cells along x and y."""


class Source(Protocol):
    """Maps (K, H, W) of which single pixels can be read.

    ``step`` is the number of pixels, along x and y, of a cell of the coarsest maps from which they are interpolated.
    """

    shape: tuple[int, int, int]
    step: Pair

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """The values (...,) of maps ``number`` (...,) at pixels (...,) inside the maps."""
        ...

    def bound(self, number: int, tile: Pair, margin: Pair, highest: bool) -> Floats:
        """An upper bound (h, w) of the values of one map in each tile, or a lower bound if not ``highest``.

        Tiles are ``tile`` pixels, a multiple of ``step``, and the ``margin`` around them; the last ones may be cut off.
        """
        ...

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair) -> Floats:
        """The values (h, w, B) of tiles of maps ``number`` (B,), which begin at pixels (B,), multiples of ``step``.

        Beyond the maps the nearest pixel is repeated.
        """
        ...

    def prepared(self, numbers: Sequence[int]) -> Source:
        """The same maps for reading many pixels of the maps ``numbers``, which alone may be read."""
        ...


class MapView(Source, Protocol):
    """Maps (K, H, W) that can be searched."""

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``local_peaks``: maxima of ``kernel`` pixels over ``threshold``."""
        ...

    def whole(self) -> Maps:
        """All pixels (K, H, W)."""
        ...


class WholeMaps:
    """See ``MapView``: maps (K, H, W) that are there already."""

    step = (1, 1)

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._flat = maps.reshape(-1)
        self.shape = (maps.shape[0], maps.shape[1], maps.shape[2])

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """See ``Source``."""
        _, height, width = self.shape
        return self._flat.take((number * height + y) * width + x)

    def bound(self, number: int, tile: Pair, margin: Pair, highest: bool) -> Floats:
        """See ``Source``."""
        kernel = np.ones((tile[1] + 2 * margin[1], tile[0] + 2 * margin[0]), np.uint8)
        extreme = (cv2.dilate if highest else cv2.erode)(self._maps[number], kernel, anchor=margin)
        return np.asarray(extreme[:: tile[1], :: tile[0]], np.float32)

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair) -> Floats:
        """See ``Source``."""
        _, height, width = self.shape
        lines = np.clip(y + np.arange(tile[1])[:, None], 0, height - 1) + number * height
        columns = np.clip(x + np.arange(tile[0])[:, None], 0, width - 1)
        return self._flat.take((lines * width)[:, None] + columns[None])

    def prepared(self, numbers: Sequence[int]) -> Source:
        """See ``Source``."""
        return self

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``MapView``."""
        return local_peaks(self._maps, window(kernel), threshold, most)

    def whole(self) -> Maps:
        """See ``MapView``."""
        return self._maps


class SampledMaps:
    """Maps of which single pixels are read only: those of ``source`` (K, h, w), ``ratio`` (x, y) times as large."""

    def __init__(self, source: Source, ratio: Pair) -> None:
        _, height, width = source.shape
        self._source = source
        self._ratio = ratio
        self.shape = (source.shape[0], height * ratio[1], width * ratio[0])
        self.step = (source.step[0] * ratio[0], source.step[1] * ratio[1])

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """See ``Source``."""
        _, height, width = self._source.shape
        above, below, fy = _beside(y, self._ratio[1], height)
        left, right, fx = _beside(x, self._ratio[0], width)
        read, one = self._source.at, np.float32(1)
        top = read(number, above, left) * (one - fx) + read(number, above, right) * fx
        bottom = read(number, below, left) * (one - fx) + read(number, below, right) * fx
        return np.asarray(top * (one - fy) + bottom * fy, np.float32)

    def bound(self, number: int, tile: Pair, margin: Pair, highest: bool) -> Floats:
        """See ``Source``: an interpolated value is between those of its cells."""
        cells = (tile[0] // self._ratio[0], tile[1] // self._ratio[1])
        x, y = (_cell_margin(tile[axis], margin[axis], self._ratio[axis]) for axis in (0, 1))
        return self._source.bound(number, cells, (x, y), highest)

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair) -> Floats:
        """See ``Source``; quick where the cells are there (``prepared``)."""
        if not isinstance(self._source, WholeMaps):
            _, height, width = self.shape
            y = np.minimum(y + np.arange(tile[1])[:, None], height - 1)[:, None]
            x = np.minimum(x + np.arange(tile[0])[:, None], width - 1)[None]
            return self.at(*np.broadcast_arrays(number, y, x))
        columns, rows = (_cells_of_tile(side, ratio) for side, ratio in zip(tile, self._ratio, strict=True))
        first_x, first_y = x // self._ratio[0] - columns.margin, y // self._ratio[1] - rows.margin
        cells = self._source.tiles(number, first_y, first_x, (columns.total, rows.total))
        one = np.float32(1)
        across = cells[:, columns.before] * (one - columns.share) + cells[:, columns.after] * columns.share
        down = rows.share[:, None]
        return np.asarray(across[rows.before] * (one - down) + across[rows.after] * down, np.float32)

    def prepared(self, numbers: Sequence[int]) -> Source:
        """See ``Source``: of maps that are enlarged twice the first step is computed."""
        if not isinstance(self._source, SampledMaps) or not isinstance(self._source._source, WholeMaps):
            return self
        coarse, shape = self._source._source.whole(), self._source.shape
        maps = np.empty(shape, np.float32)
        for number in numbers:
            cv2.resize(coarse[number], (shape[2], shape[1]), dst=maps[number], interpolation=cv2.INTER_LINEAR)
        return SampledMaps(WholeMaps(maps), self._ratio)


class Places(NamedTuple):
    """Cells (B,): the number of the ``map``, ``row`` and ``column``."""

    map: Cells
    row: Cells
    column: Cells


class EnlargedMaps(SampledMaps):
    """See ``MapView``: ``maps`` (K, h, w) that are ``ratio`` times as large, interpolated as OpenCV's ``resize`` does.

    ``ratio`` is even. Of equal pixels around the center of a cell one is taken for the peak.
    """

    def __init__(self, maps: Maps, ratio: int) -> None:
        super().__init__(WholeMaps(maps), (ratio, ratio))
        self._maps = maps
        self._side = ratio

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``MapView``."""
        area = self._maps.shape[1] * self._maps.shape[2]
        cells = cells_over(self._maps.reshape(-1), threshold)
        levels = np.full(self.shape[0], threshold, np.float32)
        crowded = np.flatnonzero(np.bincount(cells // area, minlength=len(levels)) > CROWDED)
        for number in crowded:  # only the highest cells are looked at first
            levels[number] = np.partition(self._maps[number], -CROWDED, axis=None)[-CROWDED]
        found = self._peaks_over(cells, levels, kernel, most)
        few = crowded[np.bincount(found.map, minlength=len(levels))[crowded] < most]
        if not len(few):
            return found
        levels[few] = threshold
        return self._peaks_over(cells, levels, kernel, most)

    def _peaks_over(self, cells: Cells, levels: Floats, kernel: int, most: int) -> Peaks:
        """The peaks over the ``levels`` (K,) of the maps; ``cells`` are all that may be over them."""
        number, y, x, value = self._highest(*self._ridge(self._ridge(self._cells_over(cells, levels), 0), 1))
        high = np.asarray(value > levels[number])
        _, height, width = self.shape
        for offsets in (window(kernel)[:4], window(kernel)[4:]):
            number, y, x, value = number[high], y[high], x[high], value[high]
            beside_y = np.clip(y[:, None] + offsets[:, 0], 0, height - 1)
            beside_x = np.clip(x[:, None] + offsets[:, 1], 0, width - 1)
            high = np.asarray((value[:, None] >= self.at(number[:, None], beside_y, beside_x)).all(axis=1))
        return best_of_each_map(Peaks(number[high], x[high], y[high], value[high]), most)

    def whole(self) -> Maps:
        """See ``MapView``."""
        return resized(self._maps, (self.shape[2], self.shape[1]))

    def _cells_over(self, cells: Cells, levels: Floats) -> Places:
        """The cells next to which a maximum over the ``levels`` (K,) of their maps may be.

        They are over it themselves, as some of ``cells``, or so are a horizontal and a vertical neighbor (a saddle
        between these).
        """
        _, height, width = self._maps.shape
        flat = self._maps.reshape(-1)
        level = levels.take(cells // (height * width))
        high = flat.take(cells) > level
        cells, level = cells[high], level[high]
        line, column = np.divmod(cells, width)
        row = line % height
        saddles = []
        for step, inside in ((-1, column > 0), (1, column < width - 1)):
            beside, beside_row, least = cells[inside] + step, row[inside], level[inside]
            low = flat.take(beside) <= least
            beside, beside_row, least = beside[low], beside_row[low], least[low]
            above, below = beside - width * (beside_row > 0), beside + width * (beside_row < height - 1)
            saddles.append(beside[np.maximum(flat.take(above), flat.take(below)) > least])
        others = np.unique(np.concatenate(saddles))
        line, column = (
            np.concatenate([own, other]) for own, other in zip((line, column), np.divmod(others, width), strict=True)
        )
        return Places(line // height, line % height, column)

    def _ridge(self, places: Places, axis: int) -> Places:
        """The cells of which a pixel near the center may be a maximum along x (``axis`` 0) or y.

        Along a row of pixels between two rows of cells the map is a straight line from cell to cell, and highest at a
        pixel next to the highest of three cells.
        """
        rows = self._around(places)
        if axis:
            rows = [list(column) for column in zip(*rows, strict=True)]
        near = np.float32(0.5 / self._side)
        far = np.float32(1) - near
        slack = ROUNDING * np.abs(rows[1][1])
        kept = np.zeros(len(slack), bool)
        for other in (rows[0], rows[2]):
            before, here, after = (far * one + near * two for one, two in zip(rows[1], other, strict=True))
            kept |= here + slack >= np.maximum(before, after)
        return Places(*(one[kept] for one in places))

    def _highest(self, number: Cells, row: Cells, column: Cells) -> tuple[Cells, Cells, Cells, Floats]:
        """Map, y, x and value (B,) of the highest of the four pixels around the center of each cell."""
        step = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]) + (self._side // 2 - 1)
        y, x = (one[:, None] * self._side + other for one, other in zip((row, column), step, strict=True))
        values = self.at(number[:, None], y, x)
        best = values.argmax(axis=1)
        every = np.arange(len(best))
        return number, y[every, best], x[every, best], values[every, best]

    def _around(self, places: Places) -> list[list[Floats]]:
        """The 3 x 3 cells (B,) around each of ``places``; the nearest where they are outside."""
        _, height, width = self._maps.shape
        flat = self._maps.reshape(-1)
        number, row, column = places
        here = (number * height + row) * width
        lines = (here - width * (row > 0), here, here + width * (row < height - 1))
        columns = (np.maximum(column - 1, 0), column, np.minimum(column + 1, width - 1))
        return [[flat.take(line + one) for one in columns] for line in lines]


CROWDED = 4000
"""Cells over the threshold above which only the highest of a map are searched, unless they have too few peaks.

Thirty people have fewer; in maps of noise half of the cells are over the threshold.
"""

ROUNDING = np.float32(1e-5)
"""Share of a value by which interpolations of it may differ."""


@cache
def _between(ratio: int, cells: int) -> tuple[Cells, Cells, Floats]:
    """For each pixel of maps ``ratio`` times as large: the cells before and after it, and how far it is from one."""
    place = (np.arange(ratio * cells) + 0.5) / ratio - 0.5
    before = np.floor(place).astype(np.intp)
    return np.maximum(before, 0), np.minimum(before + 1, cells - 1), (place - before).astype(np.float32)


def _beside(pixel: Cells, ratio: int, cells: int) -> tuple[Cells, Cells, Floats]:
    """The same for each ``pixel`` (...,)."""
    before, after, share = _between(ratio, cells)
    return before.take(pixel), after.take(pixel), share.take(pixel)


class _TileCells(NamedTuple):
    """The cells, ``margin`` of them before a tile and ``total`` in all, from which its pixels are interpolated.

    For each pixel: the cells ``before`` and ``after`` it (P,), and its distance (P, 1) from the first, the ``share``.
    """

    margin: int
    total: int
    before: Cells
    after: Cells
    share: Floats


@cache
def _cells_of_tile(tile: int, ratio: int) -> _TileCells:
    """The cells for tiles of ``tile`` pixels, a multiple of ``ratio``, along one axis."""
    margin = _cell_margin(tile, 0, ratio)
    place = (np.arange(tile) + 0.5) / ratio - 0.5 + margin
    before = np.floor(place).astype(np.intp)
    count = tile // ratio + 2 * margin
    after = np.minimum(before + 1, count - 1)
    return _TileCells(margin, count, before, after, (place - before).astype(np.float32)[:, None])


def _cell_margin(tile: int, margin: int, ratio: int) -> int:
    """The margin, in cells, from which the pixels of a tile with a ``margin`` in pixels are interpolated."""
    first = floor((0.5 - margin) / ratio - 0.5)
    last = floor((tile + margin - 0.5) / ratio - 0.5) + 1
    return max(-first, last - (tile // ratio - 1), 0)
