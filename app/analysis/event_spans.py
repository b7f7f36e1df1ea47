"""The events of a person with all that is measured of each, from its start to its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import isfinite

from app.analysis.measures import Measures

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class EventSpan:
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


COLUMNS = tuple(field.name for field in fields(EventSpan))
"""The names of the columns."""


def event_spans(measures: Measures) -> list[EventSpan]:
    """All events of a person, in order of time."""
    return sorted(_spans(measures), key=lambda span: (span.at_s, span.event))


def _spans(measures: Measures) -> Iterator[EventSpan]:
    unit = measures.unit
    for foot in measures.contacts:
        if isfinite(foot.start_s) or isfinite(foot.end_s):
            yield EventSpan("contact", foot.side, foot.start_s, foot.end_s, foot.end_s - foot.start_s)
    for step in measures.gait.steps:
        end_s = step.start_s + step.seconds
        yield EventSpan("step", step.side, step.start_s, end_s, step.seconds, step.length, unit)
    for stride in measures.gait.strides:
        end_s, duty = stride.start_s + stride.seconds, stride.duty_factor
        yield EventSpan("stride", stride.side, stride.start_s, end_s, stride.seconds, stride.length, unit, duty)
    for jump in measures.jumps:
        yield EventSpan(
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
        yield EventSpan(
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
