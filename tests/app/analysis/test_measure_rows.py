"""Measures and events as rows of tables."""

from __future__ import annotations

from math import isnan, nan

import pytest

from app.analysis.gait import Gait, Step, Stride, Walk
from app.analysis.jumps import Jump
from app.analysis.measure_rows import TITLES, measure_rows
from app.analysis.measures import Measures
from app.analysis.repetitions import Repetition

STEPS = (Step("left", 0.0, 0.5, 0.7, 0.7), Step("right", 0.5, 0.6, 0.6, 0.65), Step("left", 1.1, 0.5, 0.72, 0.7))
STRIDES = (Stride("right", 0.0, 1.1, 1.3, 0.66), Stride("left", 0.5, 1.1, 1.32, nan))
WALK = Measures("m", gait=Gait((Walk(0.0, 1.6, STEPS, STRIDES),)))
JUMPS = Measures("px", jumps=(Jump(1.0, 1.4, 0.196, 60.0), Jump(3.0, 3.5, 0.306, 90.0)))
SQUATS = Measures(
    repeated="knee",
    repetitions=(
        Repetition(0.5, 1.2, 2.0, 95.0, 80.0, 0.7, 97.0, 93.0),
        Repetition(2.5, 3.1, 3.9, 105.0, 90.0, 0.8, 107.0, 103.0),
    ),
)


def test_gait_has_both_sides_and_their_difference() -> None:
    rows = {row.title: row for row in measure_rows(WALK)}
    assert rows["Steps"].both == 3
    assert [rows[title].unit for title in ("Cadence", "Walking speed", "Step length")] == ["1/min", "m/s", "m"]
    assert rows["Cadence"].both == pytest.approx(180 / 1.6)
    assert rows["Walking speed"].both == pytest.approx(2.05 / 1.6)
    step = rows["Step length"]
    assert [step.left, step.right] == pytest.approx([0.71, 0.6])
    assert step.symmetry == pytest.approx(100 * 0.11 / 0.655)
    stance = rows["Stance, part of the stride"]
    assert [stance.right, stance.both] == pytest.approx([60, 60])
    assert isnan(stance.left)
    assert isnan(stance.symmetry)
    assert (rows["Stride length"].left, rows["Stride length"].right) == (1.32, 1.3)


def test_jumps_and_repetitions() -> None:
    jumps = {row.title: (row.both, row.unit) for row in measure_rows(JUMPS)}
    assert jumps == {
        "Jumps": (2, ""),
        "Flight time, longest": (0.5, "s"),
        "Jump height by flight time, highest": (0.306, "m"),
        "Rise of the hips, highest": (90.0, "px"),
    }
    squats = {row.title: row for row in measure_rows(SQUATS)}
    assert (squats["Repetitions"].both, squats["Depth"].both) == (2, 100)
    assert (squats["Depth"].left, squats["Depth"].right) == (102, 98)
    assert squats["Depth"].symmetry == pytest.approx(4)
    assert squats["Time under"].both == pytest.approx(0.75)


def test_nothing_measured_gives_no_rows() -> None:
    assert measure_rows(Measures()) == []


def test_titles_are_those_of_all_rows_in_order() -> None:
    rows = [row.title for measures in (WALK, JUMPS, SQUATS) for row in measure_rows(measures)]
    assert rows == list(TITLES)
