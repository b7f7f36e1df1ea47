"""Angles go on beyond half a turn, and long gaps do not add turns."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.angles import wrapped
from app.analysis.whole_turns import continuous, middle_of

GAP_S = 0.25


def test_an_angle_goes_on_beyond_half_a_turn() -> None:
    times_s = np.arange(0, 4, 1 / 30)
    angle = 150 + 60 * np.sin(2 * np.pi * times_s / 4)
    noisy = angle + np.random.default_rng(0).normal(0, 3, len(angle))
    np.testing.assert_allclose(continuous(times_s, wrapped(noisy), GAP_S), noisy)


def test_a_single_unknown_value_does_not_add_a_turn() -> None:
    times_s = np.arange(9) / 30
    angles = np.array([160.0, 175.0, -172.0, -160.0, np.nan, -170.0, 178.0, np.nan, 165.0])
    found = continuous(times_s, angles, GAP_S)
    np.testing.assert_array_equal(found, [160, 175, 188, 200, np.nan, 190, 178, np.nan, 165])


def test_a_long_gap_does_not_add_a_turn() -> None:
    times_s = np.arange(0, 6, 1 / 30)
    angle = np.interp(times_s, [0, 1, 2, 4, 5], [0, 170, 190, 350, 360])  # once around
    unknown = wrapped(angle)
    unknown[(times_s > 2) & (times_s < 4)] = np.nan
    found = continuous(times_s, unknown, GAP_S)
    np.testing.assert_allclose(found[times_s <= 2], angle[times_s <= 2])
    np.testing.assert_allclose(found[times_s >= 4], angle[times_s >= 4] - 360)
    np.testing.assert_allclose(wrapped(found - unknown)[np.isfinite(unknown)], 0, atol=1e-9)


def test_lines_without_a_direction_repeat_after_half_a_turn() -> None:
    times_s = np.arange(4) / 30
    found = continuous(times_s, np.array([80.0, 88.0, -85.0, -80.0]), GAP_S, 180.0)
    np.testing.assert_allclose(found, [80, 88, 95, 100])


def test_the_middle_is_that_of_the_shortest_arc() -> None:
    assert middle_of(np.array([170.0, -170.0, 178.0])) == pytest.approx(180)
    assert middle_of(np.array([-20.0, 0.0, 90.0, 178.0, -178.0])) == pytest.approx(81)
    assert middle_of(np.array([85.0, -85.0]), 180.0) == pytest.approx(90)
    assert middle_of(np.array([30.0])) == pytest.approx(30)


def test_nothing_known_stays_unknown() -> None:
    assert np.isnan(continuous(np.arange(3) / 30, np.full(3, np.nan), GAP_S)).all()
