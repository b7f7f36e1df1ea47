"""The texts of measures and events in the window."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import later, tr

if TYPE_CHECKING:
    from app.analysis.event_spans import EventSpan

TITLES = {
    "Steps": later("Steps"),
    "Cadence": later("Cadence"),
    "Walking speed": later("Walking speed"),
    "Step time": later("Step time"),
    "Step length": later("Step length"),
    "Stride time": later("Stride time"),
    "Stride length": later("Stride length"),
    "Stance, part of the stride": later("Stance, part of the stride"),
    "Jumps": later("Jumps"),
    "Flight time, longest": later("Flight time, longest"),
    "Jump height by flight time, highest": later("Jump height by flight time, highest"),
    "Rise of the hips, highest": later("Rise of the hips, highest"),
    "Repetitions": later("Repetitions"),
    "Depth": later("Depth"),
    "Duration": later("Duration"),
    "Time under": later("Time under"),
}
"""By the titles of ``measure_rows``."""
EVENTS = {
    "contact": later("Contact"),
    "step": later("Step"),
    "jump": later("Jump"),
    "repetition": later("Repetition"),
}
"""The events that are listed."""


def value_text(value: float, digits: int, unit: str = "") -> str:
    """A value with its unit; empty if it is unknown."""
    if not isfinite(value):
        return ""
    number = f"{value:z.{digits}f}"
    return f"{number}{unit}" if unit in ("°", "%", "") else tr("{value} {unit}", value=number, unit=display_name(unit))


def event_text(event: EventSpan) -> str:
    """What was measured of an event."""
    digits = 2 if event.unit == "m" else 0
    seconds = value_text(event.seconds, 2, "s")
    if event.event == "repetition":
        parts = [value_text(event.depth_deg, 0, "°"), seconds]
    elif event.event == "jump":
        parts = [value_text(event.flight_height_m, 2, "m"), seconds]
    else:
        parts = [seconds, value_text(event.length, digits, event.unit)]
    return ", ".join(part for part in parts if part)
