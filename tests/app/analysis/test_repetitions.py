"""Repetitions are counted, and their depth, time and symmetry are those of the movement."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.repetitions import find_repetitions, repeated_angles, symmetry_index
from app.core.skeleton import load_skeleton

TIMES_S = np.arange(0, 24, 1 / 30)


def squats(depths: tuple[float, ...], seconds: float = 3.0, noise: float = 2.0) -> NDArray[np.float64]:
    """A knee angle over ``TIMES_S``: 5 degrees at rest, and from second 1 a squat of 2 s every ``seconds``."""
    angle = np.full(len(TIMES_S), 5.0)
    for number, depth in enumerate(depths):
        part = np.clip((TIMES_S - 1 - number * seconds) / 2, 0, 1)
        angle += (depth - 5) * np.sin(np.pi * part) ** 2
    return np.asarray(angle + np.random.default_rng(0).normal(0, noise, len(TIMES_S)))


def test_squats_are_counted_with_depth_and_time() -> None:
    depths = (100.0, 110.0, 95.0, 105.0)
    found = find_repetitions(TIMES_S, squats(depths), squats(depths))
    assert [one.depth for one in found] == pytest.approx(depths, abs=4)
    assert [one.top_s for one in found] == pytest.approx([2, 5, 8, 11], abs=0.15)
    assert [one.under_s for one in found] == pytest.approx([1.0] * 4, abs=0.15)  # half of a squared sine
    assert all(1.4 < one.seconds < 2.1 for one in found)


def test_asymmetry_names_the_deeper_side() -> None:
    found = find_repetitions(TIMES_S, squats((110.0,) * 3), squats((90.0,) * 3))
    assert [one.symmetry for one in found] == pytest.approx([20.0] * 3, abs=4)
    assert [one.left - one.right for one in found] == pytest.approx([20.0] * 3, abs=4)
    assert symmetry_index(90.0, 110.0) == pytest.approx(-20.0)


def test_small_movements_and_an_unfinished_squat_do_not_count() -> None:
    angle = squats((100.0, 40.0, 100.0, 20.0))
    ends_low = TIMES_S < 11
    found = find_repetitions(TIMES_S, angle, angle)
    assert [round(one.top_s) for one in found] == [2, 8]
    unfinished = squats((100.0, 100.0, 100.0, 100.0))
    assert len(find_repetitions(TIMES_S[ends_low], unfinished[ends_low], unfinished[ends_low])) == 3


def test_one_side_suffices_and_nothing_has_no_repetitions() -> None:
    angle, unknown = squats((100.0,) * 5), np.full(len(TIMES_S), np.nan)
    found = find_repetitions(TIMES_S, unknown, angle)
    assert len(found) == 5
    assert np.isnan([one.left for one in found]).all()
    assert find_repetitions(TIMES_S, unknown, unknown) == []
    assert find_repetitions(TIMES_S[:1], angle[:1], angle[:1]) == []


def test_a_repetition_is_not_joined_over_a_gap() -> None:
    angle = squats((100.0,) * 3)
    angle[(TIMES_S > 4.3) & (TIMES_S < 5.7)] = np.nan  # the middle of the second
    assert [round(one.top_s) for one in find_repetitions(TIMES_S, angle, angle)] == [2, 8]


def test_what_can_be_repeated() -> None:
    names = repeated_angles(load_skeleton("coco17"))
    assert "knee" in names
    assert "left elbow" in names
    assert "ankle" not in names  # there are no feet
    assert "pelvis" not in names
