"""Maps at the size of the input, of which only the pixels that are needed are computed.

HigherHRNet enlarges its maps to the size of the input before it looks for peaks. A bilinear map of integer ratio is
known between four cells from these alone, and is highest at a corner, so that few pixels have to be looked at.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from app.core.people import Floats
from app.pose.grouping.grouping import Maps, resized
from app.pose.grouping.peaks import Cells, Peaks, best_of_each_map, local_peaks, window


class Source(Protocol):
    """Maps (K, H, W) of which single pixels can be read."""

    shape: tuple[int, int, int]

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """The values (...,) of maps ``number`` (...,) at pixels (...,) inside the maps."""
        ...


class MapView(Source, Protocol):
    """Maps (K, H, W) that can be searched."""

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``local_peaks``: maxima of ``kernel`` pixels over ``threshold``."""
        ...

    def over(self, number: int, level: float) -> tuple[Cells, Cells]:
        """y and x (M,) of pixels of one map, all those over ``level`` among them, in the order of the picture."""
        ...

    def whole(self) -> Maps:
        """All pixels (K, H, W)."""
        ...


class WholeMaps:
    """See ``MapView``: maps (K, H, W) that are there already."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._flat = maps.reshape(-1)
        self.shape = (maps.shape[0], maps.shape[1], maps.shape[2])

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """See ``MapView``."""
        _, height, width = self.shape
        return self._flat.take((number * height + y) * width + x)

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``MapView``."""
        return local_peaks(self._maps, window(kernel), threshold, most)

    def over(self, number: int, level: float) -> tuple[Cells, Cells]:
        """See ``MapView``."""
        y, x = np.nonzero(self._maps[number] > level)
        return y, x

    def whole(self) -> Maps:
        """See ``MapView``."""
        return self._maps


class SampledMaps:
    """Maps of which single pixels are read only: those of ``source`` (K, h, w), ``ratio`` (x, y) times as large."""

    def __init__(self, source: Source, ratio: tuple[int, int]) -> None:
        _, height, width = source.shape
        self._source = source
        self._ratio = ratio
        self.shape = (source.shape[0], height * ratio[1], width * ratio[0])

    def at(self, number: Cells, y: Cells, x: Cells) -> Floats:
        """See ``Source``."""
        _, height, width = self._source.shape
        (above, below, fy), (left, right, fx) = (
            _between(pixel, ratio, cells)
            for pixel, ratio, cells in ((y, self._ratio[1], height), (x, self._ratio[0], width))
        )
        read, one = self._source.at, np.float32(1)
        top = read(number, above, left) * (one - fx) + read(number, above, right) * fx
        bottom = read(number, below, left) * (one - fx) + read(number, below, right) * fx
        return np.asarray(top * (one - fy) + bottom * fy, np.float32)


class EnlargedMaps(SampledMaps):
    """See ``MapView``: ``maps`` (K, h, w) that are ``ratio`` times as large, interpolated as OpenCV's ``resize`` does.

    ``ratio`` is even. A block is the ``ratio`` x ``ratio`` pixels between four centers of cells. Where neighboring
    cells are equal to the bit, one of the equal pixels is taken for the peak.
    """

    def __init__(self, maps: Maps, ratio: int) -> None:
        super().__init__(WholeMaps(maps), (ratio, ratio))
        self._maps = maps
        self._side = ratio

    def peaks(self, kernel: int, threshold: float, most: int) -> Peaks:
        """See ``MapView``."""
        number, y, x, value = self._highest(*self._blocks_over(threshold))
        _, height, width = self.shape
        near, far = window(kernel)[:4], window(kernel)[4:]
        high = np.asarray(value > threshold)
        for offsets in (*near[:, None], far):
            number, y, x, value = number[high], y[high], x[high], value[high]
            beside_y = np.clip(y[:, None] + offsets[:, 0], 0, height - 1)
            beside_x = np.clip(x[:, None] + offsets[:, 1], 0, width - 1)
            high = np.asarray((value[:, None] >= self.at(number[:, None], beside_y, beside_x)).all(axis=1))
        return best_of_each_map(Peaks(number[high], x[high], y[high], value[high]), most)

    def over(self, number: int, level: float) -> tuple[Cells, Cells]:
        """See ``MapView``."""
        if level < 0:
            ys, xs = np.indices(self.shape[1:])
            return ys.ravel(), xs.ravel()
        _, row, column = self._blocks_over(level, slice(number, number + 1))
        inner = np.arange(self._side) - self._side // 2
        y, x = np.broadcast_arrays(
            row[:, None, None] * self._side + inner[:, None], column[:, None, None] * self._side + inner
        )
        valid = (y >= 0) & (x >= 0) & (y < self.shape[1]) & (x < self.shape[2])
        y, x = y[valid], x[valid]
        order = np.lexsort((x, y))
        return y[order], x[order]

    def whole(self) -> Maps:
        """See ``MapView``."""
        return resized(self._maps, (self.shape[2], self.shape[1]))

    def _blocks_over(self, level: float, part: slice = slice(None)) -> tuple[Cells, Cells, Cells]:
        """Map, row and column (B,) of the blocks of which a cell is over ``level``; block 0 is before cell 0."""
        maps = self._maps[part]
        count, height, width = maps.shape
        blocks = np.zeros((count, height + 1, width + 1), bool)
        np.greater(maps, level, out=blocks[:, :-1, :-1])
        blocks[:, 1:] |= blocks[:, :-1].copy()
        blocks[:, :, 1:] |= blocks[:, :, :-1].copy()
        number, rest = np.divmod(np.flatnonzero(blocks), (height + 1) * (width + 1))
        return number, *np.divmod(rest, width + 1)

    def _highest(self, number: Cells, row: Cells, column: Cells) -> tuple[Cells, Cells, Cells, Floats]:
        """Map, y, x and value (B,) of the highest pixel of each block, which is at one of its corners."""
        _, height, width = self._maps.shape
        flat = self._maps.reshape(-1)
        above, below = (number * height + np.clip(row + step, 0, height - 1) for step in (-1, 0))
        left, right = np.maximum(column - 1, 0), np.minimum(column, width - 1)
        a, b, c, d = (flat.take(one * width + other) for one in (above, below) for other in (left, right))
        low = np.float32(0.5 / self._side)
        high = np.float32(1) - low
        # Beyond the border the nearest cell is repeated, so that these hold for the blocks there too.
        tops, bottoms = ([one * high + other * low, one * low + other * high] for one, other in ((a, b), (c, d)))
        values = np.stack(
            [
                top * (1 - share) + bottom * share
                for share in (low, high)
                for top, bottom in zip(tops, bottoms, strict=True)
            ]
        )
        best = values.argmax(axis=0)
        last, half = self._side - 1, self._side // 2
        y = np.clip(row * self._side - half + last * (best // 2), 0, self.shape[1] - 1)
        x = np.clip(column * self._side - half + last * (best % 2), 0, self.shape[2] - 1)
        return number, y, x, values[best, np.arange(len(best))]


def _between(pixel: Cells, ratio: int, cells: int) -> tuple[Cells, Cells, Floats]:
    """The cells before and after ``pixel`` (...,) of maps that are ``ratio`` times as large, and how far it is."""
    place = (pixel + 0.5) / ratio - 0.5
    before = np.floor(place).astype(np.intp)
    return np.maximum(before, 0), np.minimum(before + 1, cells - 1), (place - before).astype(np.float32)
