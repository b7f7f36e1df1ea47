"""Angles without leaps of a whole turn, for ranges and tables.

An angle is known up to whole turns. Where it passes half a turn, its values leap from one end of the scale to the
other, though the body moves on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

HELD = 0.98
"""Part of the values inside the arc by whose middle they are placed: single wrong poses do not move it."""


def middle_of(values: Values, period: float = 360.0) -> float:
    """The middle of the shortest arc that holds nearly all ``values`` (N,), in degrees.

    Values are known up to multiples of ``period``; N is at least 1. The result is in (-period / 2, period / 2].
    """
    around = np.sort(values % period)
    width = max(int(np.ceil(HELD * len(around))), 1)
    twice = np.concatenate([around, around + period])
    first = int((twice[width - 1 : width - 1 + len(around)] - around).argmin())
    middle = (twice[first] + twice[first + width - 1]) / 2
    return float(period / 2 - (period / 2 - middle) % period)


def near(values: Values, middle: float, period: float = 360.0) -> Values:
    """``values`` (N,) in degrees, moved by multiples of ``period`` to within half of one of ``middle``."""
    return np.asarray(middle + (values - middle + period / 2) % period - period / 2)


def continuous(times_s: Values, values: Values, gap_s: float, period: float = 360.0) -> Values:
    """Angles ``values`` (T,) in degrees at ``times_s`` (T,), without leaps of a whole ``period``; NaN where unknown.

    An angle goes on beyond half a turn within a stretch of known values whose neighbors are at most ``gap_s`` seconds
    apart. After a longer gap it is not known how it went on: each stretch is placed, by its median, near the middle of
    all values.
    """
    result = np.array(values, np.float64)
    known = np.flatnonzero(np.isfinite(result))
    if not len(known):
        return result
    middle = middle_of(result[known], period)
    for part in np.split(known, np.flatnonzero(np.diff(times_s[known]) > gap_s) + 1):
        unwrapped = np.unwrap(result[part], period=period)
        result[part] = unwrapped - period * np.round((np.median(unwrapped) - middle) / period)
    return result
