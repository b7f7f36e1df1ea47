"""The report's section about one person: ranges of motion and curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from app.analysis.analysis import gap_s
from app.analysis.cycle_curves import POINTS, cycle_curve
from app.analysis.measure_rows import MeasureRow, measure_rows
from app.analysis.motion_ranges import MotionRange
from app.analysis.person_figures import PersonFigures
from app.analysis.repetitions import symmetry_index
from app.analysis.whole_turns import continuous
from app.sinks.report.charts import Line, chart
from app.sinks.report.parts import table
from app.sinks.report.texts import Texts, later

JOINTS = {
    "hip": later("Hip"),
    "knee": later("Knee"),
    "ankle": later("Ankle"),
    "shoulder": later("Shoulder"),
    "elbow": later("Elbow"),
    "wrist": later("Wrist"),
}
"""The joints of the tables and charts, and their titles."""
UNITS = {
    "": later(""),
    "1/min": later("per minute"),
    "s": later("s"),
    "m": later("m"),
    "px": later("px"),
    "m/s": later("m/s"),
    "px/s": later("px/s"),
    "%": later("%"),
    "°": later("°"),
}
NO_SCALE = later("Lengths are in pixels of the picture: no scale was given.")
SIDES = {"left": later("left"), "right": later("right")}
FILLED = later("filled in between measured keypoints")
FILLED_SHARE = 0.5
"""A mean curve is dotted where at least this part of the cycles was filled in."""


def title_of(person: PersonFigures, text: Texts) -> str:
    """The name of ``person``, or "Person" and the id."""
    known = person.name != str(person.track.id)
    return person.name if known else text("Person {id}", id=person.track.id)


def person_section(person: PersonFigures, filled: float, text: Texts, in_space: str = "") -> str:
    """The section about ``person``; the fraction ``filled`` of the keypoints was put between measured ones.

    ``in_space`` is the part about points in three dimensions, as HTML.
    """
    title = title_of(person, text)
    times = person.track.times_s
    seen = text(
        "Seen for {seconds:.1f} s between {start:.2f} s and {end:.2f} s, {height:.0f} pixels high.",
        seconds=person.seconds,
        start=float(times[0]),
        end=float(times[-1]),
        height=person.height,
    )
    if filled:
        percent = 100 * filled
        seen += " " + text("{percent:.1f} % of the keypoints were filled in between measured ones.", percent=percent)
    return (
        f'<section class="person"><h2>{escape(title)}</h2>\n<p>{escape(seen)}</p>\n'
        f"{_measures(person, text)}{_ranges(person, text)}{in_space}{_curves(person, text)}</section>\n"
    )


def _measures(person: PersonFigures, text: Texts) -> str:
    measured = measure_rows(person.measures)
    rows = [_measure_cells(row, text) for row in measured]
    if not rows:
        return ""
    heads = [text("Measure"), text("mean"), *(text(side) for side in SIDES.values()), text("difference")]
    title = text("Measures")
    if person.measures.repetitions:
        joint = JOINTS[person.measures.repeated.split(" ")[-1]]
        title = text("Measures; repetitions of the joint: {joint}", joint=text(joint))
    has_pixels = any(row.unit.startswith("px") for row in measured)
    note = f'<p class="note">{escape(text(NO_SCALE))}</p>\n' if has_pixels else ""
    return f"<h3>{escape(title)}</h3>\n{table(heads, rows)}{note}"


def _measure_cells(row: MeasureRow, text: Texts) -> Sequence[str]:
    values = (_number(value, text(UNITS[row.unit]), row.digits) for value in (row.both, row.left, row.right))
    return (text(row.title), *values, _number(row.symmetry, "%", sign=True))


def _ranges(person: PersonFigures, text: Texts) -> str:
    made = ranges_table(person.range_of, text)
    if not made:
        return f"<p>{escape(text('No joint angle is known.'))}</p>\n"
    note = text(
        "Lowest to highest angle in degrees and the range between them. Difference: left minus right range, in percent "
        "of their mean."
    )
    return f'<h3>{escape(text("Ranges of motion"))}</h3>\n{made}<p class="note">{escape(note)}</p>\n'


def ranges_table(range_of: Callable[[str], MotionRange | None], text: Texts) -> str:
    """A table of the ranges of both sides of all joints; ``range_of`` gives that of an angle. Empty without any."""
    rows = []
    for joint, title in JOINTS.items():
        left, right = (range_of(f"{side} {joint}") for side in SIDES)
        if left is None and right is None:
            continue
        difference = symmetry_index(left.range, right.range) if left and right else float("nan")
        rows.append((text(title), *_range_cells(left), *_range_cells(right), _number(difference, "%", sign=True)))
    if not rows:
        return ""
    heads = [text("Joint")]
    for side in SIDES.values():
        heads += [text("{side}, from – to", side=text(side)), text("{side}, range", side=text(side))]
    return table([*heads, text("difference")], rows)


def _range_cells(one: MotionRange | None) -> Sequence[str]:
    if one is None:
        return "–", "–"
    return f"{one.lowest:z.0f}° – {one.highest:z.0f}°".replace("-", "−"), f"{one.range:.0f}°"


def _number(value: float, unit: str, digits: int = 0, *, sign: bool = False) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:{'+' if sign else ''}z.{digits}f} {unit}".replace("-", "−").strip().replace(" °", "°")


def _curves(person: PersonFigures, text: Texts) -> str:
    figures = []
    for joint, title in JOINTS.items():
        drawn, caption = _chart(person, joint, text(title), text)
        if drawn:
            figures.append(f"<figure><figcaption>{escape(caption)}</figcaption>{drawn}</figure>\n")
    if not figures:
        return ""
    legend = SIDES | ({"filled": FILLED} if any('filled"' in one for one in figures) else {})
    keys = "".join(f'<li class="{side}">{escape(text(name))}</li>' for side, name in legend.items())
    return (
        f"<h3>{escape(_curves_title(person, text))}</h3>\n"
        f'<ul class="legend">{keys}</ul>\n<div class="charts">\n{"".join(figures)}</div>\n'
    )


def _curves_title(person: PersonFigures, text: Texts) -> str:
    if person.cycles is None:
        return text("Joint angles over time")
    if person.cycles.kind == "gait cycle":
        return text("Joint angles over the gait cycle, mean and standard deviation")
    return text("Joint angles over a repetition, mean and standard deviation")


def _chart(person: PersonFigures, joint: str, title: str, text: Texts) -> tuple[str, str]:
    """A chart of both sides of ``joint``, and its caption."""
    times_s, cycles = person.track.times_s, person.cycles
    gap = gap_s(person.track.indices, times_s)
    if cycles is None:
        lines = [_line(person, side, joint) for side in SIDES]
        return chart(lines, text("time (s)"), text("angle (°)"), title), title
    percent = np.linspace(0.0, 100.0, POINTS)
    lines, counts = [], []
    for side in SIDES:
        name = f"{side} {joint}"
        spans = cycles.of_angle(name)
        curve = cycle_curve(times_s, continuous(times_s, person.angle(name), gap), spans, gap)
        filled = cycle_curve(times_s, person.is_filled(name).astype(float), spans, gap)
        lines.append(Line(side, percent, curve.mean, side, curve.spread, filled.mean >= FILLED_SHARE))
        counts.append(text("{side} n = {count}", side=text(SIDES[side]), count=curve.count))
    label = text("gait cycle (%)") if cycles.kind == "gait cycle" else text("repetition (%)")
    return chart(lines, label, text("angle (°)"), title), f"{title} ({', '.join(counts)})"


def _line(person: PersonFigures, side: str, joint: str) -> Line:
    """The angle over time."""
    name, track = f"{side} {joint}", person.track
    values = continuous(track.times_s, person.angle(name), gap_s(track.indices, track.times_s))
    return Line(side, track.times_s, values, side, dotted=person.is_filled(name))
