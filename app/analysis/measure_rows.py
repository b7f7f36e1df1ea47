"""The measures of one person as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from app.analysis.events import FootSide
from app.analysis.gait import Gait, mean
from app.analysis.jumps import Jump
from app.analysis.measures import Measures, Unit
from app.analysis.repetitions import Repetition, symmetry_index

TITLES = (
    "Steps",
    "Cadence",
    "Walking speed",
    "Step time",
    "Step length",
    "Stride time",
    "Stride length",
    "Stance, part of the stride",
    "Jumps",
    "Flight time, longest",
    "Jump height by flight time, highest",
    "Rise of the hips, highest",
    "Repetitions",
    "Depth",
    "Duration",
    "Time under",
)
"""Titles of all rows, in their order."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure: ``both`` sides together, ``left`` and ``right``, in ``unit``; NaN where it is unknown.

    ``digits`` is the number of decimals that have a meaning.
    """

    title: str
    unit: str
    digits: int
    both: float
    left: float = nan
    right: float = nan

    @property
    def symmetry(self) -> float:
        """How much larger the left side is than the right, in percent of their mean; NaN without sides."""
        return symmetry_index(self.left, self.right)


def measure_rows(measures: Measures) -> list[MeasureRow]:
    """The rows for what the person does: gait, jumps, repetitions; empty if that is nothing of them."""
    rows: list[MeasureRow] = []
    if measures.gait.walks:
        rows += _gait(measures.gait, measures.unit)
    if measures.jumps:
        rows += _jumps(measures.jumps, measures.unit)
    if measures.repetitions:
        rows += _repetitions(measures.repetitions)
    return rows


def _gait(gait: Gait, unit: Unit) -> list[MeasureRow]:
    digits = 2 if unit == "m" else 0
    strides = gait.strides

    def sided(title: str, part: str, decimals: int, of: Callable[[FootSide], float], both: float) -> MeasureRow:
        return MeasureRow(title, part, decimals, both, of("left"), of("right"))

    def stride_mean(side: FootSide, what: str) -> float:
        return mean([getattr(one, what) for one in strides if one.side == side])

    return [
        MeasureRow("Steps", "", 0, len(gait.steps)),
        MeasureRow("Cadence", "1/min", 1, gait.cadence),
        MeasureRow("Walking speed", f"{unit}/s", digits, gait.speed),
        sided("Step time", "s", 2, gait.step_seconds, mean([step.seconds for step in gait.steps])),
        sided("Step length", unit, digits, gait.step_length, mean([step.length for step in gait.steps])),
        sided("Stride time", "s", 2, lambda side: stride_mean(side, "seconds"), gait.stride_seconds),
        sided("Stride length", unit, digits, lambda side: stride_mean(side, "length"), gait.stride_length),
        sided(
            "Stance, part of the stride",
            "%",
            0,
            lambda side: 100 * gait.duty_factor(side),
            100 * mean([stride.duty_factor for stride in strides]),
        ),
    ]


def _jumps(jumps: Sequence[Jump], unit: Unit) -> list[MeasureRow]:
    return [
        MeasureRow("Jumps", "", 0, len(jumps)),
        MeasureRow("Flight time, longest", "s", 2, max(jump.flight_s for jump in jumps)),
        MeasureRow("Jump height by flight time, highest", "m", 2, max(jump.height_by_flight_m for jump in jumps)),
        MeasureRow("Rise of the hips, highest", unit, 2 if unit == "m" else 0, max(jump.hips_rise for jump in jumps)),
    ]


def _repetitions(found: Sequence[Repetition]) -> list[MeasureRow]:
    left, right = mean([one.left for one in found]), mean([one.right for one in found])
    return [
        MeasureRow("Repetitions", "", 0, len(found)),
        MeasureRow("Depth", "°", 0, mean([one.depth for one in found]), left, right),
        MeasureRow("Duration", "s", 2, mean([one.seconds for one in found])),
        MeasureRow("Time under", "s", 2, mean([one.under_s for one in found])),
    ]
