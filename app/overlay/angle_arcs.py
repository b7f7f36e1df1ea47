"""Where the arcs of joint and segment angles are drawn, and with which shapes."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, isfinite, radians, sin
from typing import NamedTuple

from app.analysis.angles import ANGLES, Angle
from app.analysis.landmarks import keypoint_indices
from app.core.people import Person
from app.core.skeleton import PARTS, Part, Side, Skeleton
from app.overlay.angle_readout import Reading
from app.overlay.colors import HALO, Area, keypoint_colors, text_on
from app.overlay.label import LINE_HEIGHT, Label, half_width
from app.overlay.shape import FAR, Arc, Color, Line, Point, Shape
from app.overlay.style import DrawStyle

RADIUS = 6.0
"""Radius of an arc, in widths of a limb."""
RAY = 1.3
"""Length of the lines at both ends of an arc, relative to its radius."""
EDGE = 1.5
"""Width of the halo in pixels."""


class _Way(NamedTuple):
    """How the arc of a joint is drawn between the directions ``base`` and ``arm`` of its definition.

    ``turned`` is the one of both that is turned to where the angle would be zero. ``is_reversed``: both point the other
    way. ``label`` is the direction of the value from the one that the arc begins with, in quarters of a turn against
    the angle: away from where the limb moves.
    """

    turned: str
    is_reversed: bool
    label: int = 1


JOINT_WAYS = {
    "ankle": _Way("arm", True, 2),
    "knee": _Way("base", False),
    "hip": _Way("base", True),
    "shoulder": _Way("base", True),
    "elbow": _Way("base", False),
    "wrist": _Way("arm", False),
}
PART_OF: dict[str, Part] = {
    "ankle": "foot",
    "foot": "foot",
    "knee": "leg",
    "hip": "leg",
    "shank": "leg",
    "thigh": "leg",
    "shoulder": "arm",
    "elbow": "arm",
    "wrist": "arm",
    "arm": "arm",
    "forearm": "arm",
}


class AngleGeometry(NamedTuple):
    """An arc around ``vertex``: from the direction ``start`` over ``sweep``, and the direction of the value.

    Directions are in degrees, clockwise from the right. The sweep has the size of the angle: it ends at the limb, or
    begins there, and its other end is where the angle would be zero.
    """

    vertex: Point
    start: float
    sweep: float
    label: float


def geometry(reading: Reading, person: Person, skeleton: Skeleton, style: DrawStyle) -> AngleGeometry | None:
    """The geometry of an angle of ``person``, who is mirrored if ``style`` says so; None if a keypoint is not seen."""
    angle = ANGLES[reading.name]
    flip = -1 if (reading.facing < 0) != style.mirror else 1
    ends = {end: _at(person, skeleton, end, style.threshold) for end in (*angle.arm, *(angle.base or ()))}
    points = {end: point for end, point in ends.items() if point is not None}
    vertex = _vertex(angle, points, person, skeleton, style.threshold) if len(points) == len(ends) else None
    if vertex is None:
        return None
    arm = _direction(points[angle.arm[0]], points[angle.arm[1]])
    base = _direction(points[angle.base[0]], points[angle.base[1]]) if angle.base else 90.0 - 90.0 * flip
    way = JOINT_WAYS.get(angle.name.split()[-1]) if angle.base else _Way("base", False)
    if way is None or arm is None or base is None:
        return None
    start = base - flip * angle.offset if way.turned == "base" else base
    start += 180.0 if way.is_reversed else 0.0
    sweep = flip * angle.sign * reading.degrees
    beside = start - flip * angle.sign * 90.0 * way.label
    return AngleGeometry(vertex, start, sweep, beside if angle.base else start + sweep / 2)


def angle_parts(
    reading: Reading, person: Person, skeleton: Skeleton, style: DrawStyle, width: float, height: float
) -> list[Shape | Label]:
    """The arc with its halo, and the value; limbs are ``width`` pixels wide, text is ``height`` pixels high."""
    drawn = geometry(reading, person, skeleton, style)
    if drawn is None:
        return []
    color = _color(reading.name, person, style)
    radius, thickness = RADIUS * width, max(1.5, 0.6 * width)
    start, sweep = radians(drawn.start), radians(drawn.sweep)
    rays = [_polar(drawn.vertex, RAY * radius, turn) for turn in (start, start + sweep)]
    thin = max(1.2, 0.35 * width)
    text = f"{reading.whole}°"
    half = half_width(text, height)
    reach = radius + thickness / 2 + LINE_HEIGHT * height * 0.6 + abs(cos(radians(drawn.label))) * half
    at = _polar(drawn.vertex, reach, radians(drawn.label))
    return [
        *(Line(drawn.vertex, end, thin + 2 * EDGE, HALO) for end in rays),
        Arc(drawn.vertex, radius, start, sweep, thickness + 2 * EDGE, HALO),
        *(Line(drawn.vertex, end, thin, color) for end in rays),
        Arc(drawn.vertex, radius, start, sweep, thickness, color),
        Label(at, text, height, half, color, text_on(color)),
    ]


def _color(name: str, person: Person, style: DrawStyle) -> Color:
    words = name.split()
    side: Side = "left" if words[0] == "left" else "right" if words[0] == "right" else "middle"
    part = PART_OF.get(words[-1], PARTS[0])
    return keypoint_colors(person, style)(Area(side, part), 1.0)._replace(alpha=1.0)


def _vertex(
    angle: Angle, points: dict[str, Point], person: Person, skeleton: Skeleton, threshold: float
) -> Point | None:
    """The joint of the angle; for a segment where it begins, for one across the body its middle."""
    if angle.base is not None:
        return _at(person, skeleton, angle.name.replace(" ", "_"), threshold)
    first, last = (points[end] for end in angle.arm)
    return first if angle.period == 360.0 else ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)


def _at(person: Person, skeleton: Skeleton, end: str, threshold: float) -> Point | None:
    """The keypoint, or the midpoint that replaces it; None if it is not seen."""
    rows = [person.keypoints[number].tolist() for number in keypoint_indices(skeleton, end)]
    if not rows or not all(score >= threshold and abs(x) < FAR and abs(y) < FAR for x, y, score in rows):
        return None
    return sum(row[0] for row in rows) / len(rows), sum(row[1] for row in rows) / len(rows)


def _direction(start: Point, end: Point) -> float | None:
    """The direction from one point to another in degrees; None if they are at the same place."""
    x, y = end[0] - start[0], end[1] - start[1]
    return degrees(atan2(y, x)) if hypot(x, y) > 0 and isfinite(x + y) else None


def _polar(center: Point, radius: float, turn: float) -> Point:
    return center[0] + radius * cos(turn), center[1] + radius * sin(turn)
