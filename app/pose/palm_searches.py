"""When palms are looked for around a wrist whose hand is not seen: often at first, then more and more rarely.

Where a palm appears in which no hand is seen yet, the hand is likely to be seen next: it is looked for again at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import hypot, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

SEARCH_SHARE = 0.2
"""Time between two searches, as a share of the time without a hand."""
MAX_WAIT_S, MAX_RESTING_WAIT_S = 0.1, 0.4
"""Longest time between two searches, in seconds: around a wrist that has moved, and around one that rests."""
MOVED = 0.1
"""Distance from the place of the last search beyond which a wrist has moved, in sides of its region."""
TICK_S = 1e-4
"""Times that differ by less are equal."""

Mask = NDArray[np.bool_]
Key = tuple[int, int]
"""The id of a person, and 0 for the left or 1 for the right hand."""


class _Search(NamedTuple):
    """A hand that was not seen since ``since_s``; palms were looked for last at ``last_s`` around the wrist ``x y``.

    ``palms``: so many searches in a row, up to the last one, have found a palm.
    """

    since_s: float
    last_s: float = -inf
    x: float = inf
    y: float = inf
    palms: int = 0


class PalmSearches:
    """Remembers for each hand that is not seen since when, and when and where palms were looked for last."""

    def __init__(self) -> None:
        self._searches: dict[Key, _Search] = {}

    def due(self, time_s: float, keys: Sequence[Key], wrists: Floats, sizes: Floats) -> Mask:
        """Where (M,) palms are to be looked for at ``time_s``: around ``wrists`` (M, 3), in regions of ``sizes`` (M,).

        Hands that are not among ``keys`` are forgotten. The search has to be reported to ``searched``.
        """
        self._searches = {key: self._searches.get(key, _Search(time_s)) for key in keys}
        rows = zip(keys, wrists[:, :2].tolist(), sizes.tolist(), strict=True)
        return np.array([_is_due(self._searches[key], time_s, x, y, size) for key, (x, y), size in rows], bool)

    def searched(self, time_s: float, keys: Iterable[Key], wrists: Floats, are_palms: Mask) -> None:
        """Palms were looked for at ``time_s`` around these ``wrists`` (M, 3), and found as ``are_palms`` (M,) say."""
        for key, (x, y), is_palm in zip(keys, wrists[:, :2].tolist(), are_palms.tolist(), strict=True):
            before = self._searches[key]
            if before.palms == 1 and not is_palm:  # an additional search in vain leaves the others when they are due
                self._searches[key] = before._replace(palms=0)
            else:
                self._searches[key] = _Search(before.since_s, time_s, x, y, before.palms + 1 if is_palm else 0)

    def seen(self, key: Key) -> None:
        """The hand is seen."""
        self._searches.pop(key, None)


def _is_due(search: _Search, time_s: float, x: float, y: float, size: float) -> bool:
    """Whether palms are to be looked for at ``time_s`` around a wrist at ``x`` ``y``, in a region of ``size``."""
    if search.palms == 1:
        return True
    has_moved = hypot(x - search.x, y - search.y) > MOVED * size
    wait_s = min(SEARCH_SHARE * (time_s - search.since_s), MAX_WAIT_S if has_moved else MAX_RESTING_WAIT_S)
    return not 0 <= time_s - search.last_s < wait_s - TICK_S
