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
from app.pose.grouping.peaks import Cells, Peaks, best_of_each_map, cells_over, distinct, local_peaks, window

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

    def bound(self, numbers: Sequence[int], tile: Pair, margin: Pair, highest: bool) -> Floats:
        """An upper bound (U, h, w) of the values of U maps in each tile, or a lower bound if not ``highest``.

        Tiles are ``tile`` pixels, a multiple of ``step``, and the ``margin`` around them; the last ones may be cut off.
        """
        ...

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair, margin: Pair = (0, 0)) -> Floats:
        """The values (h, w, B) of tiles of maps ``number`` (B,), and of the ``margin`` around them.

        Tiles of ``tile`` pixels begin at pixels (B,); all are multiples of ``step``. Beyond the maps the nearest pixel
        is repeated.
        """
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

    def bound(self, numbers: Sequence[int], tile: Pair, margin: Pair, highest: bool) -> Floats:
        """See ``Source``."""
        _, height, width = self.shape
        extreme = cv2.dilate if highest else cv2.erode
        kernel = np.ones((tile[1] + 2 * margin[1], tile[0] + 2 * margin[0]), np.uint8)
        found = np.empty((len(numbers), -(-height // tile[1]), -(-width // tile[0])), np.float32)
        for number, into in zip(numbers, found, strict=True):  # one map at a time stays in the processor's cache
            into[:] = extreme(self._maps[number], kernel, anchor=margin)[:: tile[1], :: tile[0]]
        return found

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair, margin: Pair = (0, 0)) -> Floats:
        """See ``Source``."""
        _, height, width = self.shape
        down, across = (np.arange(-margin[axis], tile[axis] + margin[axis])[:, None] for axis in (1, 0))
        cells = (down * width + across.T)[..., None] + ((number * height + y) * width + x)
        inside = (y >= margin[1]) & (y + tile[1] + margin[1] <= height)
        inside &= (x >= margin[0]) & (x + tile[0] + margin[0] <= width)
        border = np.flatnonzero(~inside)
        if len(border):
            lines = np.clip(y[border] + down, 0, height - 1) + number[border] * height
            cells[..., border] = (lines * width)[:, None] + np.clip(x[border] + across, 0, width - 1)
        return self._flat.take(cells)

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
        cells = self._source.at(number, np.stack([above, below])[:, None], np.stack([left, right])[None])
        across = cells[:, 0] * (np.float32(1) - fx) + cells[:, 1] * fx
        return np.asarray(across[0] * (np.float32(1) - fy) + across[1] * fy, np.float32)

    def bound(self, numbers: Sequence[int], tile: Pair, margin: Pair, highest: bool) -> Floats:
        """See ``Source``: an interpolated value is between those of its cells."""
        cells = (tile[0] // self._ratio[0], tile[1] // self._ratio[1])
        x, y = (_cell_margin(tile[axis], margin[axis], self._ratio[axis]) for axis in (0, 1))
        return self._source.bound(numbers, cells, (x, y), highest)

    def tiles(self, number: Cells, y: Cells, x: Cells, tile: Pair, margin: Pair = (0, 0)) -> Floats:
        """See ``Source``."""
        columns, rows = (_cells_of_tile(*axis) for axis in zip(tile, margin, self._ratio, strict=True))
        inner = (tile[0] // self._ratio[0], tile[1] // self._ratio[1])
        y, x = y // self._ratio[1], x // self._ratio[0]
        cells = self._source.tiles(number, y, x, inner, (columns.margin, rows.margin))
        across = np.empty((cells.shape[0], columns.pixels, len(number)), np.float32)
        columns.interpolate(cells.swapaxes(0, 1), across.swapaxes(0, 1))
        down = np.empty((rows.pixels, columns.pixels, len(number)), np.float32)
        rows.interpolate(across, down)
        return down


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
        places = self._ridge(self._ridge(self._cells_over(cells, levels), 0), 1)
        return best_of_each_map(self._maxima(places, levels, kernel), most)

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
        number = cells // (height * width)
        level = levels.take(number)
        high = flat.take(cells) > level
        if not high.all():  # ``compress`` is many times as fast as an index of truth values
            number, cells, level = (one.compress(high) for one in (number, cells, level))
        line = cells // width
        column, row = cells - line * width, line - number * height
        saddles = []
        for step, inside in ((-1, column > 0), (1, column < width - 1)):
            low = inside & (flat.take(cells + step, mode="clip") <= level)
            beside, beside_row, least = (one.compress(low) for one in (cells + step, row, level))
            above, below = beside - width * (beside_row > 0), beside + width * (beside_row < height - 1)
            saddles.append(beside.compress(np.maximum(flat.take(above), flat.take(below)) > least))
        others = distinct(np.concatenate(saddles))
        other_line = others // width
        number = np.concatenate([number, other_line // height])
        row = np.concatenate([row, other_line % height])
        column = np.concatenate([column, others - other_line * width])
        return Places(number, row, column)

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
        middle = [far * one for one in rows[1]]
        for other in (rows[0], rows[2]):
            before, here, after = (one + near * two for one, two in zip(middle, other, strict=True))
            kept |= here + slack >= np.maximum(before, after)
        return Places(*(one.compress(kept) for one in places))

    def _maxima(self, places: Places, levels: Floats, kernel: int) -> Peaks:
        """The highest of the four pixels around the center of each cell, where it is a maximum over its level."""
        side, reach = self._side, kernel // 2
        number, y, x = places.map, places.row * side, places.column * side
        pixels = self.tiles(number, y, x, (side, side), (reach, reach))
        center = side // 2 - 1 + reach
        values = pixels[center : center + 2, center : center + 2].reshape(4, -1)
        best = values.argmax(axis=0)
        value = values[best, np.arange(len(best))]
        over = np.flatnonzero(value > levels[number])
        number, y, x, value, best, pixels = number[over], y[over], x[over], value[over], best[over], pixels[..., over]
        down, across = np.divmod(best, 2)
        y, x = y + down + (side // 2 - 1), x + across + (side // 2 - 1)
        offsets = window(kernel)[:, :, None]
        beside_y, beside_x = y + offsets[:, 0], x + offsets[:, 1]
        beside = pixels[down + center + offsets[:, 0], across + center + offsets[:, 1], np.arange(len(over))]
        _, height, width = self.shape
        outside = (beside_y < 0) | (beside_y >= height) | (beside_x < 0) | (beside_x >= width)
        high = np.flatnonzero(((value >= beside) | outside).all(axis=0))
        return Peaks(number[high], x[high], y[high], value[high])

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


class _Phase(NamedTuple):
    """The pixels ``start``, ``start + ratio`` and so on: all lie at the same place between two cells.

    ``before`` and ``after`` are the cells on either side of each, ``near`` and ``far`` the weights of the two.
    """

    start: int
    before: slice
    after: slice
    near: np.float32
    far: np.float32


class _TileCells(NamedTuple):
    """The cells from which the ``pixels`` along one axis of a tile are interpolated: those in it and ``margin`` others.

    The margin is on each side; pixels that are ``ratio`` apart are interpolated at once.
    """

    margin: int
    pixels: int
    ratio: int
    phases: tuple[_Phase, ...]

    def interpolate(self, cells: Floats, into: Floats) -> None:
        """Write the pixels (P, ...) between ``cells`` (C, ...) ``into`` an array."""
        for phase in self.phases:
            pixels = into[phase.start :: self.ratio]
            np.multiply(cells[phase.before], phase.near, out=pixels)
            pixels += cells[phase.after] * phase.far


@cache
def _cells_of_tile(tile: int, margin: int, ratio: int) -> _TileCells:
    """The cells for tiles of ``tile`` pixels, a multiple of ``ratio``, and their ``margin``, along one axis."""
    cells = _cell_margin(tile, margin, ratio)
    pixels = tile + 2 * margin
    phases = []
    for start in range(min(ratio, pixels)):
        place = (start - margin + 0.5) / ratio - 0.5 + cells
        before, count = floor(place), -(-(pixels - start) // ratio)
        far = np.float32(place - before)
        both = slice(before, before + count), slice(before + 1, before + 1 + count)
        phases.append(_Phase(start, *both, np.float32(1) - far, far))
    return _TileCells(cells, pixels, ratio, tuple(phases))


@cache
def _cell_margin(tile: int, margin: int, ratio: int) -> int:
    """The margin, in cells, from which the pixels of a tile with a ``margin`` in pixels are interpolated."""
    first = floor((0.5 - margin) / ratio - 0.5)
    last = floor((tile + margin - 0.5) / ratio - 0.5) + 1
    return max(-first, last - (tile // ratio - 1), 0)
