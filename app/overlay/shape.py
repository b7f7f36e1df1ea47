"""The shapes of a drawing, in pixels of the frame."""

from __future__ import annotations

from math import hypot, pi, sin
from typing import NamedTuple

Point = tuple[float, float]

FAR = 1e5  # pixels; shapes further out are not drawn


class Color(NamedTuple):
    """A color with components 0..255 and its opacity ``alpha`` 0..1."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0


class Line(NamedTuple):
    """A line from ``a`` to ``b`` with round ends, ``width`` pixels wide."""

    a: Point
    b: Point
    width: float
    color: Color


class TaperedBone(NamedTuple):
    """A bone from ``a`` to ``b`` with pointed ends, ``width`` pixels wide in the middle."""

    a: Point
    b: Point
    width: float
    color: Color


class Dot(NamedTuple):
    """A filled circle around ``at`` with ``radius`` in pixels."""

    at: Point
    radius: float
    color: Color


class Text(NamedTuple):
    """Text centered on ``at``, in a sans-serif font of ``height`` pixels."""

    at: Point
    text: str
    height: float
    color: Color


Shape = Line | TaperedBone | Dot | Text

_PARTS = 8
PROFILE = [(part / _PARTS, sin(pi * part / _PARTS) ** 0.8 / 2) for part in range(_PARTS + 1)]
"""Places along a bone as fractions of its length, and half its width there as a fraction of its width."""


def outline(bone: TaperedBone, width: float) -> list[Point]:
    """The corners of ``bone`` at ``width`` pixels, in order around its convex outline."""
    (ax, ay), (bx, by) = bone.a, bone.b
    dx, dy = bx - ax, by - ay
    length = max(hypot(dx, dy), 1e-9)
    nx, ny = -dy / length * width, dx / length * width
    left_side = [(ax + t * dx + half * nx, ay + t * dy + half * ny) for t, half in PROFILE]
    right_side = [(ax + t * dx - half * nx, ay + t * dy - half * ny) for t, half in reversed(PROFILE[1:-1])]
    return left_side + right_side
