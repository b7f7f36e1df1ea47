"""The shapes of annotations."""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, degrees, hypot, pi, radians, sin

from app.core.people import FramePoses
from app.core.skeleton import Skeleton
from app.overlay.annotations import Annotation, places
from app.overlay.colors import CHIP, HALO
from app.overlay.drawing import Part
from app.overlay.label import LINE_HEIGHT, Label, half_width, text_height
from app.overlay.shape import Arc, Arrow, Color, Line, Point
from app.overlay.style import DrawStyle

LINE = 1 / 420
"""Width of a line, relative to the longer side of the frame."""
MIN_LINE = 2.0
"""Its least width in pixels."""
EDGE = 1.5
"""Width of the halo in pixels."""
HEAD = 5.0
"""Length of an arrow's head, in widths of its line."""
ARC = 0.35
"""Radius of the arc of an angle, relative to its shorter side."""
WHITE = Color(255, 255, 255)


def annotation_parts(
    annotation: Annotation, poses: FramePoses, skeleton: Skeleton | None, style: DrawStyle, size: tuple[int, int]
) -> list[Part]:
    """The shapes of an annotation on the frame of ``poses``, which has ``size`` (width, height); empty if not shown."""
    if not annotation.is_shown(poses.index):
        return []
    at = places(annotation, poses, skeleton, style.threshold)
    if at is None:
        return []
    if style.mirror:
        at = tuple((size[0] - 1 - x, y) for x, y in at)
    width = max(MIN_LINE, LINE * max(size)) * style.scale
    drawn = DRAWN[annotation.kind](at, width, annotation.color)
    label = label_of(annotation, at, style, size)
    return drawn if label is None else [*drawn, label]


def label_of(annotation: Annotation, at: tuple[Point, ...], style: DrawStyle, size: tuple[int, int]) -> Label | None:
    """What is written beside an annotation whose points are at ``at`` in the frame as it is shown; None if nothing."""
    text = value(annotation, at, style.marks.metres_per_pixel)
    if not text:
        return None
    height = text_height(size) * style.scale
    return _label(text, _beside(annotation, at, height), height, annotation.color, size)


def value(annotation: Annotation, at: tuple[Point, ...], metres_per_pixel: float | None = None) -> str:
    """What is written beside an annotation whose points are at ``at``: a length, an angle, or its text."""
    if annotation.kind == "distance":
        (ax, ay), (bx, by) = at
        pixels = hypot(bx - ax, by - ay)
        return f"{pixels * metres_per_pixel:.2f} m" if metres_per_pixel else f"{pixels:.0f} px"
    if annotation.kind == "angle":
        return f"{abs(_sweep(at)):.0f}°"
    return annotation.text


def _line(at: tuple[Point, ...], width: float, color: Color) -> list[Part]:
    a, b = at
    return [Line(a, b, width + 2 * EDGE, HALO), Line(a, b, width, color)]


def _distance(at: tuple[Point, ...], width: float, color: Color) -> list[Part]:
    """A line with a bar across each end."""
    (ax, ay), (bx, by) = at
    length = max(hypot(bx - ax, by - ay), 1e-9)
    nx, ny = -(by - ay) / length * 2.5 * width, (bx - ax) / length * 2.5 * width
    lines = [(at[0], at[1]), *(((x - nx, y - ny), (x + nx, y + ny)) for x, y in at)]
    return [
        *(Line(a, b, width + 2 * EDGE, HALO) for a, b in lines),
        *(Line(a, b, width, color) for a, b in lines),
    ]


def _angle(at: tuple[Point, ...], width: float, color: Color) -> list[Part]:
    """Two lines from the vertex, and an arc between them."""
    first, vertex, last = at
    radius = ARC * min(hypot(x - vertex[0], y - vertex[1]) for x, y in (first, last))
    start = atan2(first[1] - vertex[1], first[0] - vertex[0])
    sweep = radians(_sweep(at))
    return [
        *(Line(vertex, end, width + 2 * EDGE, HALO) for end in (first, last)),
        Arc(vertex, radius, start, sweep, width + 2 * EDGE, HALO),
        *(Line(vertex, end, width, color) for end in (first, last)),
        Arc(vertex, radius, start, sweep, width, color),
    ]


def _arrow(at: tuple[Point, ...], width: float, color: Color) -> list[Part]:
    (ax, ay), (bx, by) = at
    length = max(hypot(bx - ax, by - ay), 1e-9)
    further = 2 * EDGE / length
    tip = (bx + (bx - ax) * further, by + (by - ay) * further)
    head = min(HEAD * width, length)
    return [
        Arrow((ax, ay), tip, width + 2 * EDGE, head + 4 * EDGE, HALO),
        Arrow((ax, ay), (bx, by), width, head, color),
    ]


def _text(at: tuple[Point, ...], width: float, color: Color) -> list[Part]:
    """Nothing but the label."""
    return []


DRAWN: dict[str, Callable[[tuple[Point, ...], float, Color], list[Part]]] = {
    "line": _line,
    "distance": _distance,
    "angle": _angle,
    "arrow": _arrow,
    "text": _text,
}


def _sweep(at: tuple[Point, ...]) -> float:
    """The turn in degrees from the first side of an angle to the second one, -180 to 180."""
    (ax, ay), (vx, vy), (bx, by) = at
    turn = degrees(atan2(by - vy, bx - vx) - atan2(ay - vy, ax - vx))
    return (turn + 180) % 360 - 180


def _beside(annotation: Annotation, at: tuple[Point, ...], height: float) -> Point:
    """The middle of the label: at the text, inside an angle, above the middle of a line, behind the end of an arrow."""
    if annotation.kind == "text":
        return at[0]
    (ax, ay), (bx, by) = at[:2]
    if annotation.kind == "angle":
        length = min(hypot(x - bx, y - by) for x, y in (at[0], at[2]))
        middle = atan2(ay - by, ax - bx) + radians(_sweep(at)) / 2
        reach = ARC * length + 1.4 * height
        return bx + reach * cos(middle), by + reach * sin(middle)
    if annotation.kind == "arrow":
        away = atan2(ay - by, ax - bx)
        return ax + height * cos(away), ay + height * sin(away)
    across = atan2(by - ay, bx - ax) + pi / 2
    up = -1 if sin(across) > 0 else 1
    reach = 1.3 * height * up
    return (ax + bx) / 2 + reach * cos(across), (ay + by) / 2 + reach * sin(across)


def _label(text: str, at: Point, height: float, color: Color, size: tuple[int, int]) -> Label:
    """The text inside the frame, in the color of the annotation on dark."""
    half, side = half_width(text, height), LINE_HEIGHT * height / 2
    x = min(max(at[0], half + side), size[0] - 1 - half - side)
    y = min(max(at[1], side), size[1] - 1 - side)
    return Label((x, y), text, height, half, CHIP, color if _is_light(color) else WHITE)


def _is_light(color: Color) -> bool:
    """Whether text of this color can be read on dark."""
    return 0.299 * color.red + 0.587 * color.green + 0.114 * color.blue > 110
