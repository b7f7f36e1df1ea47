"""Ranges of motion: from the lowest to the highest angle."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.motion_ranges import ranges_of_motion

TIMES_S = np.arange(0, 20, 1 / 30)


def test_range_of_a_swing_in_spite_of_noise_and_single_wrong_poses() -> None:
    angle = 50 + 40 * np.sin(2 * np.pi * TIMES_S / 4) + np.random.default_rng(0).normal(0, 2, len(TIMES_S))
    angle[[50, 300]] = 175.0
    (found,) = ranges_of_motion(TIMES_S, ("left knee",), angle[:, None])
    assert found.lowest == pytest.approx(10, abs=4)
    assert found.highest == pytest.approx(90, abs=4)
    assert found.range == pytest.approx(80, abs=6)


def test_a_range_across_half_a_turn_is_no_whole_turn() -> None:
    angle = 175 + 20 * np.sin(2 * np.pi * TIMES_S / 4)
    wrapped = (angle + 180) % 360 - 180
    (found,) = ranges_of_motion(TIMES_S, ("left arm",), wrapped[:, None])
    assert found.range == pytest.approx(40, abs=3)


def test_arms_that_are_raised_overhead_for_a_moment_have_no_whole_turn() -> None:
    angle = np.where(TIMES_S < 15, 20 * np.sin(TIMES_S), np.clip((TIMES_S - 15) * 90, 0, 180))
    angle += np.random.default_rng(0).normal(0, 3, len(TIMES_S))
    (found,) = ranges_of_motion(TIMES_S, ("left shoulder",), ((angle + 180) % 360 - 180)[:, None])
    assert found.lowest == pytest.approx(-20, abs=4)
    assert found.highest == pytest.approx(181, abs=4)


def test_a_gap_in_which_an_arm_goes_on_adds_no_turn() -> None:
    angle = 100 + 60 * np.sin(2 * np.pi * TIMES_S / 4)
    angle[TIMES_S > 12] += 360  # it is not known what happened in between
    angle[(TIMES_S > 8) & (TIMES_S <= 12)] = np.nan
    (found,) = ranges_of_motion(TIMES_S, ("left shoulder",), angle[:, None])
    assert (found.lowest, found.highest) == pytest.approx((40, 160), abs=3)


def test_an_angle_all_the_way_round_has_the_range_of_a_turn() -> None:
    (found,) = ranges_of_motion(TIMES_S, ("left shoulder",), ((200 * TIMES_S) % 360 - 180)[:, None])
    assert 340 <= found.range <= 360


def test_shoulders_upright_in_the_picture_have_no_range_of_half_a_turn() -> None:
    tilt = 90 + 5 * np.sin(TIMES_S)  # a line without a direction: 92 degrees are -88 degrees
    (found,) = ranges_of_motion(TIMES_S, ("shoulders",), ((tilt + 90) % 180 - 90)[:, None])
    assert found.range == pytest.approx(10, abs=1)


def test_unknown_angles_have_no_range() -> None:
    values = np.stack([np.full(len(TIMES_S), np.nan), np.zeros(len(TIMES_S))], axis=1)
    assert [one.angle for one in ranges_of_motion(TIMES_S, ("left knee", "trunk"), values)] == ["trunk"]
    assert ranges_of_motion(TIMES_S[:0], ("trunk",), values[:0, :1]) == []
