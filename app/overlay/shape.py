"""The shapes that a drawing consists of."""

from __future__ import annotations

from math import hypot, pi, sin
from typing import NamedTuple

Point = tuple[float, float]

FAR = 1e5  # pixels; what lies further out is not drawn


class Ink(NamedTuple):
    """A colour, 0..255, and how much it covers, 0..1."""

    red: int
    green: int
    blue: int
    cover: float = 1.0


class Line(NamedTuple):
    """A line with round ends from ``a`` to ``b``."""

    a: Point
    b: Point
    width: float
    ink: Ink


class Spindle(NamedTuple):
    """A bone from ``a`` to ``b``: pointed ends, ``width`` pixels across in the middle."""

    a: Point
    b: Point
    width: float
    ink: Ink


class Dot(NamedTuple):
    """A filled circle around ``at``."""

    at: Point
    radius: float
    ink: Ink


class Text(NamedTuple):
    """Text whose middle is ``at``, in a plain sans-serif font of ``height`` pixels."""

    at: Point
    text: str
    height: float
    ink: Ink


Shape = Line | Spindle | Dot | Text

_PARTS = 8
_PROFILE = [(part / _PARTS, sin(pi * part / _PARTS) ** 0.8 / 2) for part in range(_PARTS + 1)]


def outline(spindle: Spindle, width: float) -> list[Point]:
    """The corners of ``spindle``, convex and in order, were it ``width`` pixels across."""
    (ax, ay), (bx, by) = spindle.a, spindle.b
    dx, dy = bx - ax, by - ay
    length = max(hypot(dx, dy), 1e-9)
    nx, ny = -dy / length * width, dx / length * width
    there = [(ax + t * dx + half * nx, ay + t * dy + half * ny) for t, half in _PROFILE]
    back = [(ax + t * dx - half * nx, ay + t * dy - half * ny) for t, half in reversed(_PROFILE[1:-1])]
    return there + back
