"""The events of a person as rows of a table, and the summary of their measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import isfinite

from app.analysis.events import SIDES
from app.analysis.gait import mean
from app.analysis.measures import Measures
from app.analysis.repetitions import symmetry_index
from app.core.settings import NOT_REPEATED

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a person; NaN and "" where a value has no meaning or is unknown.

    Attributes:
        event: "contact", "step", "stride", "jump" or "repetition".
        side: "left", "right" or "".
        start_s: When it begins, in seconds.
        end_s: When it ends, in seconds.
        seconds: How long it takes.
        length: Length of a step or stride; how far the hips rise in a jump.
        unit: Unit of ``length``: "m" or "px".
        duty_factor: Part of a stride in which the foot is down.
        flight_height_m: Height of a jump by its flight time, in meters.
        angle: What is repeated.
        depth_deg: Largest angle of a repetition, in degrees.
        range_deg: From the smallest angle of a repetition to the largest.
        under_s: How long the angle is over the middle of this range, in seconds.
        left_deg: Largest angle of the left side, in degrees.
        right_deg: The same of the right side.
    """

    event: str
    side: str
    start_s: float
    end_s: float
    seconds: float = NAN
    length: float = NAN
    unit: str = ""
    duty_factor: float = NAN
    flight_height_m: float = NAN
    angle: str = ""
    depth_deg: float = NAN
    range_deg: float = NAN
    under_s: float = NAN
    left_deg: float = NAN
    right_deg: float = NAN

    @property
    def at_s(self) -> float:
        """When it is seen first, in seconds: a contact may begin before the clip."""
        return self.start_s if isfinite(self.start_s) else self.end_s


COLUMNS = tuple(field.name for field in fields(EventRow))
"""The names of the columns."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One measure of a person: its ``value`` over both sides, and that of each side; NaN where it has none."""

    measure: str
    unit: str
    value: float
    left: float = NAN
    right: float = NAN


def event_rows(measures: Measures) -> list[EventRow]:
    """All events of a person, in order of time."""
    return sorted(_rows(measures), key=lambda row: (row.at_s, row.event))


def summary_rows(measures: Measures) -> list[SummaryRow]:
    """The summary of a person: gait, jumps and repetitions, of what there is; then the ranges of motion."""
    return [*_gait_rows(measures), *_jump_rows(measures), *_repetition_rows(measures), *_range_rows(measures)]


def _rows(measures: Measures) -> Iterator[EventRow]:
    unit = measures.unit
    for foot in measures.contacts:
        if isfinite(foot.start_s) or isfinite(foot.end_s):
            yield EventRow("contact", foot.side, foot.start_s, foot.end_s, foot.end_s - foot.start_s)
    for step in measures.gait.steps:
        end_s = step.start_s + step.seconds
        yield EventRow("step", step.side, step.start_s, end_s, step.seconds, step.length, unit)
    for stride in measures.gait.strides:
        end_s, duty = stride.start_s + stride.seconds, stride.duty_factor
        yield EventRow("stride", stride.side, stride.start_s, end_s, stride.seconds, stride.length, unit, duty)
    for jump in measures.jumps:
        yield EventRow(
            "jump",
            "",
            jump.take_off_s,
            jump.landing_s,
            jump.flight_s,
            jump.hips_rise,
            unit,
            flight_height_m=jump.height_by_flight_m,
        )
    for one in measures.repetitions:
        yield EventRow(
            "repetition",
            "",
            one.start_s,
            one.end_s,
            one.seconds,
            angle=measures.repeated,
            depth_deg=one.depth,
            range_deg=one.range,
            under_s=one.under_s,
            left_deg=one.left,
            right_deg=one.right,
        )


def _gait_rows(measures: Measures) -> Iterator[SummaryRow]:
    gait, unit = measures.gait, measures.unit
    if not gait.walks:
        return
    steps = {side: [step for step in gait.steps if step.side == side] for side in SIDES}
    yield SummaryRow("steps", "", len(gait.steps), *(len(steps[side]) for side in SIDES))
    yield SummaryRow("cadence", "1/min", gait.cadence)
    yield SummaryRow("speed", f"{unit}/s", gait.speed)
    yield SummaryRow(
        "step time", "s", mean([step.seconds for step in gait.steps]), *(gait.step_seconds(side) for side in SIDES)
    )
    yield SummaryRow(
        "step length", unit, mean([step.length for step in gait.steps]), *(gait.step_length(side) for side in SIDES)
    )
    yield SummaryRow("stride time", "s", gait.stride_seconds)
    yield SummaryRow("stride length", unit, gait.stride_length)
    duties = [gait.duty_factor(side) for side in SIDES]
    yield SummaryRow("duty factor", "", mean(duties), *duties)


def _jump_rows(measures: Measures) -> Iterator[SummaryRow]:
    if measures.jumps:
        yield SummaryRow("jumps", "", len(measures.jumps))
        yield SummaryRow("flight time", "s", mean([jump.flight_s for jump in measures.jumps]))
        yield SummaryRow("jump height by flight time", "m", mean([jump.height_by_flight_m for jump in measures.jumps]))
        yield SummaryRow("rise of the hips", measures.unit, mean([jump.hips_rise for jump in measures.jumps]))


def _repetition_rows(measures: Measures) -> Iterator[SummaryRow]:
    found = measures.repetitions
    if measures.repeated == NOT_REPEATED:
        return
    yield SummaryRow("repetitions", "", len(found))
    if found:
        left, right = mean([one.left for one in found]), mean([one.right for one in found])
        yield SummaryRow("depth", "°", mean([one.depth for one in found]), left, right)
        yield SummaryRow("range of a repetition", "°", mean([one.range for one in found]))
        yield SummaryRow("time of a repetition", "s", mean([one.seconds for one in found]))
        yield SummaryRow("time under", "s", mean([one.under_s for one in found]))
        yield SummaryRow("left to right", "%", symmetry_index(left, right))


def _range_rows(measures: Measures) -> Iterator[SummaryRow]:
    known = {one.angle: one.range for one in measures.ranges}
    for name, extent in known.items():
        side, _, joint = name.partition(" ")
        if side not in SIDES:
            yield SummaryRow(f"range of {name}", "°", extent)
        elif name == f"left {joint}" or f"left {joint}" not in known:
            sides = [known.get(f"{one} {joint}", NAN) for one in SIDES]
            yield SummaryRow(f"range of {joint}", "°", mean(sides), *sides)
