"""Mean and spread of a curve over repeated movements: gait cycles, squats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

POINTS = 101
"""Number of points of a normalized cycle: one for each percent from 0 to 100."""
MIN_KNOWN = 0.8
"""Smallest fraction of a cycle's duration in which its values have to be known."""


@dataclass(frozen=True, slots=True, eq=False)
class CycleCurve:
    """A curve over one cycle, averaged over ``count`` cycles.

    Attributes:
        mean: (101,), the mean at each percent of the cycle; NaN where no cycle has a value.
        spread: (101,), the standard deviation there (that of a sample); 0 for a single cycle.
        count: Number of cycles averaged.
    """

    mean: Values
    spread: Values
    count: int


def cycle_curve(
    times_s: Values, values: Values, cycles: Sequence[tuple[float, float]], gap_s: float = 0.25
) -> CycleCurve:
    """The mean course of ``values`` (T,) at ``times_s`` (T,) over ``cycles``, pairs of a start and an end in seconds.

    Each cycle is stretched to 0 to 100 %, as is usual for gait curves (Winter: Biomechanics and Motor Control of Human
    Movement), and interpolated linearly. NaN values are unknown; a cycle counts if its values are known in 80 % of its
    duration, where unknown stretches of up to ``gap_s`` seconds are interpolated.
    """
    rows = [row for start, end in cycles if (row := _normalized(times_s, values, start, end, gap_s)) is not None]
    if not rows:
        unknown = np.full(POINTS, np.nan)
        return CycleCurve(unknown, unknown, 0)
    stacked = np.stack(rows)
    known = np.isfinite(stacked)
    counts = known.sum(axis=0)
    mean = np.where(counts > 0, np.where(known, stacked, 0.0).sum(axis=0) / np.maximum(counts, 1), np.nan)
    squares = np.where(known, (stacked - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(counts - 1, 1))
    return CycleCurve(mean, np.where(counts > 0, spread, np.nan), len(rows))


def _normalized(times_s: Values, values: Values, start: float, end: float, gap_s: float) -> Values | None:
    """The values (101,) at each percent from ``start`` to ``end``; None where too few are known."""
    known = np.isfinite(values)
    if not end > start or known.sum() < 2:
        return None
    times, numbers = times_s[known], values[known]
    wanted = np.linspace(start, end, POINTS)
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    inside = (wanted >= times[0] - gap_s / 2) & (wanted <= times[-1] + gap_s / 2)
    seen = inside & (times[after] - times[after - 1] <= gap_s)
    if seen.mean() < MIN_KNOWN:
        return None
    return np.where(seen, np.interp(wanted, times, numbers), np.nan)
