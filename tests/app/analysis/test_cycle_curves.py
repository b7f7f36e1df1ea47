"""Mean and spread over cycles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.analysis.cycle_curves import cycle_curve

TIMES = np.arange(0, 8, 1 / 60)
EDGES = [0.5, 1.6, 2.9, 3.9, 5.2, 6.3]
CYCLES = list(pairwise(EDGES))
PERCENT = np.linspace(0, 100, 101)


def movement(heights: list[float]) -> np.ndarray:
    """A sine over each of ``CYCLES``, whatever its duration, with these amplitudes."""
    values = np.zeros_like(TIMES)
    for (start, end), height in zip(CYCLES, heights, strict=True):
        inside = (start <= TIMES) & (end > TIMES)
        values[inside] = height * np.sin(2 * np.pi * (TIMES[inside] - start) / (end - start))
    return values


def test_cycles_of_different_duration_become_one_curve() -> None:
    curve = cycle_curve(TIMES, movement([30.0] * 5), CYCLES)
    assert curve.count == 5
    np.testing.assert_allclose(curve.mean, 30 * np.sin(2 * np.pi * PERCENT / 100), atol=1.8)
    assert curve.spread.max() < 1.5


def test_spread_is_the_standard_deviation_between_the_cycles() -> None:
    curve = cycle_curve(TIMES, movement([28.0, 30.0, 32.0, 29.0, 31.0]), CYCLES)
    assert curve.mean[25] == pytest.approx(30, abs=0.3)
    assert curve.spread[25] == pytest.approx(np.std([28, 30, 32, 29, 31], ddof=1), abs=0.2)


def test_cycles_with_a_long_gap_do_not_count() -> None:
    values = movement([30.0] * 5)
    values[(TIMES > 1.7) & (TIMES < 2.3)] = np.nan  # half of the second cycle
    values[(TIMES > 4.0) & (TIMES < 4.1)] = np.nan  # a tenth of a second of the fourth
    curve = cycle_curve(TIMES, values, CYCLES)
    assert curve.count == 4
    np.testing.assert_allclose(curve.mean, 30 * np.sin(2 * np.pi * PERCENT / 100), atol=2.5)


def test_one_cycle_has_no_spread_and_none_no_values() -> None:
    assert cycle_curve(TIMES, movement([30.0] * 5), CYCLES[:1]).spread.tolist() == [0.0] * 101
    nothing = cycle_curve(TIMES, np.full_like(TIMES, np.nan), CYCLES)
    assert nothing.count == 0
    assert np.isnan(nothing.mean).all()
    assert cycle_curve(TIMES, movement([30.0] * 5), [(100.0, 101.0)]).count == 0
