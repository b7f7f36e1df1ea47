"""Looks for the keypoints that people lack, where heatmap and tags agree best.

The best of all pixels is found without most of them: a tile of pixels is left out where the highest heat and the
nearest tag in it, which may be at different pixels, are worth less than a pixel that is known.
"""

from __future__ import annotations

from functools import reduce
from math import lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.grouping.map_views import ROUNDING, MapView, Pair, Source
from app.pose.grouping.peaks import Cells
from app.system.giving_up import raise_if_given_up

MIN_TILE = 8
"""Shortest side of a tile, in pixels."""

BLOCK = 4
"""Side of a block, in tiles: blocks are looked at first."""

CHUNK = 64
"""Keypoints that are searched at once."""

FIRST_PIXELS, MOST_PIXELS = 1 << 15, 1 << 17
"""Pixels that are computed at once: at first, where they still rule out many others, and at most."""

MOST_BLOCKS, MOST_TILES = 1 << 15, 1 << 16
"""Blocks and tiles that are looked at in a picture after the best one of each keypoint.

Made pictures of 30 people who lack half of their keypoints need less. In maps of noise every tile may contain the best
pixel; the most promising ones are looked at.
"""

SLACK = 1e-3
"""Distance of tags by which rounding may change a bound."""


def tags_at(tags: list[Source], number: Cells, y: Cells, x: Cells) -> Floats:
    """The tags (..., L) of maps ``number`` (...,) at pixels (...,)."""
    return np.stack([one.at(number, y, x) for one in tags], axis=-1)


def person_tags(people: Floats, tags: list[Source]) -> Floats:
    """The mean tag (N, L) at the keypoints of ``people`` (N, K, 3 + L)."""
    _, height, width = tags[0].shape
    x = np.clip(people[..., 0].astype(np.intp), 0, width - 1)
    y = np.clip(people[..., 1].astype(np.intp), 0, height - 1)
    found = people[..., 2] > 0
    at = tags_at(tags, np.broadcast_to(np.arange(people.shape[1]), x.shape), y, x)
    return np.array([np.mean(at[row, found[row]], axis=0) for row in range(len(people))], np.float32)


def best_pixels(heatmaps: MapView, tags: list[Source], keypoints: Cells, means: Floats, weight: float) -> Cells:
    """The pixels (M, 2) = x y with the highest score less ``weight`` times the distance of the tag there, rounded.

    ``keypoints`` (M,) are the maps, ``means`` (M, L) the tags wanted. Of equal pixels the first is chosen.
    """
    parts = []
    for start in range(0, len(keypoints), CHUNK):
        raise_if_given_up()
        part = slice(start, start + CHUNK)
        search = _Search(heatmaps, tags, keypoints[part], means[part], weight)
        parts.append(search.best(len(keypoints[part]) / len(keypoints)))
    return np.concatenate(parts) if parts else np.empty((0, 2), np.intp)


class _Tiles(NamedTuple):
    """Limits of U maps in h x w tiles of ``side`` pixels (x, y), numbered along rows.

    ``heat`` (U, h, w) is the highest, and ``low``, ``high`` [L] (U, h, w) are the lowest and the highest tags.
    """

    side: Pair
    heat: Floats
    low: list[Floats]
    high: list[Floats]

    @property
    def grid(self) -> Pair:
        """Numbers of rows and columns."""
        return self.heat.shape[1], self.heat.shape[2]

    def corners(self, tiles: Cells) -> tuple[Cells, Cells]:
        """The first row and the first column (B,) of ``tiles`` (B,), in pixels."""
        row, column = np.divmod(tiles, self.grid[1])
        return row * self.side[1], column * self.side[0]

    def blocks(self) -> _Tiles:
        """The limits of blocks of ``BLOCK`` x ``BLOCK`` tiles."""
        heat, *highs = (_extremes(maps, np.maximum) for maps in (self.heat, *self.high))
        lows = [_extremes(maps, np.minimum) for maps in self.low]
        return _Tiles((self.side[0] * BLOCK, self.side[1] * BLOCK), heat, lows, highs)


def _extremes(maps: Floats, pick: np.ufunc) -> Floats:
    """The extremes of ``maps`` (U, h, w) in squares of ``BLOCK`` cells; ``pick`` is NumPy's maximum or minimum."""
    short = [(0, -length % BLOCK) for length in maps.shape[1:]]
    if any(end for _, end in short):
        maps = np.pad(maps, ((0, 0), *short), mode="edge")
    rows = reduce(pick, (maps[:, step::BLOCK] for step in range(BLOCK)))
    return np.asarray(reduce(pick, (rows[..., step::BLOCK] for step in range(BLOCK))), np.float32)


class _Search:
    """Looks for the best pixels of M keypoints: in blocks of tiles, then in tiles, then pixel by pixel.

    Used once. Keypoints that take too much work get the best pixel so far.
    """

    def __init__(self, heatmaps: MapView, tags: list[Source], keypoints: Cells, means: Floats, weight: float) -> None:
        maps, self._map = np.unique(keypoints, return_inverse=True)
        self._heatmaps, self._size = heatmaps, (heatmaps.shape[1], heatmaps.shape[2])
        self._tags = tags
        self._keypoints, self._means, self._weight = keypoints, means, np.float32(weight)
        x, y = (_tile_side([source.step[axis] for source in (heatmaps, *tags)]) for axis in (0, 1))
        self._tiles = _limits(heatmaps, tags, maps.tolist(), (x, y))
        self._value = np.full(len(keypoints), -np.inf, np.float32)
        self._pixel = np.zeros(len(keypoints), np.intp)

    def best(self, share: float) -> Cells:
        """The best pixels (M, 2) = x y, with ``share`` of the work that a picture may take."""
        blocks_left, tiles_left = int(share * MOST_BLOCKS), int(share * MOST_TILES)
        blocks = self._tiles.blocks()
        count = blocks.grid[0] * blocks.grid[1]
        row, every = np.arange(len(self._value))[:, None], np.arange(count)
        worth, first = self._worth(blocks, row, every[None]), self._number(*blocks.corners(every))
        self._search_best_tiles(row[:, 0], worth.argmax(axis=1))
        pairs = np.flatnonzero(self._better(row, worth, first))
        if len(pairs) > blocks_left:
            pairs = pairs[np.argsort(-worth.take(pairs), kind="stable")[:blocks_left]]
        self._search_blocks(*np.divmod(pairs, count), tiles_left)
        return np.stack([self._pixel % self._size[1], self._pixel // self._size[1]], axis=1)

    def _search_best_tiles(self, row: Cells, block: Cells) -> None:
        """Look into the best tile of ``block`` (M,) of each keypoint ``row`` (M,); its pixels rule out most others."""
        row, tile = self._tiles_of(row, block)
        order = np.lexsort((-self._worth(self._tiles, row, tile), row))
        best = order[np.searchsorted(row[order], np.arange(len(self._value)))]
        self._search_tiles(row[best], tile[best])

    def _search_blocks(self, row: Cells, block: Cells, tiles_left: int) -> None:
        """Look into ``block`` (B,) for the keypoints ``row`` (B,), and there into ``tiles_left`` tiles at most."""
        row, tile = self._tiles_of(row, block)
        worth, first = self._worth(self._tiles, row, tile), self._number(*self._tiles.corners(tile))
        area = self._tiles.side[0] * self._tiles.side[1]
        most = FIRST_PIXELS // area
        order = np.flatnonzero(self._better(row, worth, first))
        order = order[np.argsort(-worth[order])]
        while len(order) and tiles_left > 0:
            raise_if_given_up()
            part, order = np.split(order, [min(most, tiles_left)])
            self._search_tiles(row[part], tile[part])
            tiles_left -= len(part)
            most = min(2 * most, MOST_PIXELS // area)
            order = order[self._better(row[order], worth[order], first[order])]

    def _tiles_of(self, row: Cells, block: Cells) -> tuple[Cells, Cells]:
        """The tiles (T,) of ``block`` (B,), and the keypoints (T,) that are looked for in them, ``row`` (B,)."""
        (lines, columns), inner = self._tiles.grid, np.arange(BLOCK)
        line, column = np.divmod(block, -(-columns // BLOCK))
        line, column = (line * BLOCK)[:, None, None] + inner[:, None], (column * BLOCK)[:, None, None] + inner
        row, line, column = (one.ravel() for one in np.broadcast_arrays(row[:, None, None], line, column))
        inside = (line < lines) & (column < columns)
        return row.compress(inside), (line * columns + column).compress(inside)

    def _better(self, row: Cells, worth: Floats, first: Cells) -> NDArray[np.bool_]:
        """Whether something that is ``worth`` (...,) at most, from pixel ``first`` on, may be better for ``row``."""
        value = self._value[row]
        return np.asarray((worth > value) | ((worth == value) & (first < self._pixel[row])))

    def _number(self, y: Cells, x: Cells) -> Cells:
        """The number of each pixel, counted along rows."""
        return y * self._size[1] + x

    def _search_tiles(self, row: Cells, tile: Cells) -> None:
        """Look at the pixels of ``tile`` (B,) for the keypoints ``row`` (B,)."""
        (y, x), number = self._tiles.corners(tile), self._keypoints[row]
        gaps = [
            one.tiles(number, y, x, self._tiles.side) - wanted[row]
            for one, wanted in zip(self._tags, self._means.T, strict=True)
        ]
        values = _distance(gaps)
        np.rint(values, out=values)
        values *= -self._weight
        values += self._heatmaps.tiles(number, y, x, self._tiles.side)
        values = values.reshape(-1, len(tile))
        good = np.flatnonzero(values.max(axis=0) >= self._value[row])
        row, y, x, values = row[good], y[good], x[good], values[:, good]
        best = values.argmax(axis=0)
        y = np.minimum(y + best // self._tiles.side[0], self._size[0] - 1)
        x = np.minimum(x + best % self._tiles.side[0], self._size[1] - 1)
        # The values so far compete too: the highest, and of equal ones the first pixel.
        rows = np.concatenate([np.arange(len(self._value)), row])
        value = np.concatenate([self._value, values[best, np.arange(len(good))]])
        pixel = np.concatenate([self._pixel, self._number(y, x)])
        order = np.lexsort((pixel, -value, rows))
        first = order[np.searchsorted(rows[order], np.arange(len(self._value)))]
        self._value, self._pixel = value[first], pixel[first]

    def _worth(self, tiles: _Tiles, row: Cells, tile: Cells) -> Floats:
        """The most (...,) that a pixel of ``tile`` (...,) can be worth for the keypoint ``row`` (...,)."""
        count = tiles.grid[0] * tiles.grid[1]
        place = self._map[row] * count + tile
        gaps = []
        for low, high, wanted in zip(tiles.low, tiles.high, self._means.T, strict=True):
            tag = wanted[row]
            gap = np.maximum(low.take(place) - tag, tag - high.take(place)) - np.float32(SLACK) * (
                1 + np.abs(tag) / 100
            )
            gaps.append(np.maximum(gap, 0))
        worth = np.rint(_distance(gaps))
        worth *= -self._weight
        worth += tiles.heat.take(place)
        return worth


def _distance(gaps: list[Floats]) -> Floats:
    """The length (...,) of the differences ``gaps`` [L] (...,) of tags; may overwrite them."""
    return np.abs(gaps[0], out=gaps[0]) if len(gaps) == 1 else np.sqrt(sum(gap * gap for gap in gaps))


def _limits(heatmaps: MapView, tags: list[Source], maps: list[int], side: Pair) -> _Tiles:
    """The limits of ``maps`` in tiles of ``side`` pixels."""
    heat = heatmaps.bound(maps, side, (0, 0), highest=True)
    heat += ROUNDING * np.abs(heat)
    low, high = ([tag.bound(maps, side, (0, 0), highest) for tag in tags] for highest in (False, True))
    return _Tiles(side, heat, low, high)


def _tile_side(steps: list[int]) -> int:
    """The shortest side that all ``steps`` divide and that is not too short."""
    least = lcm(*steps)
    return least * -(-MIN_TILE // least)
