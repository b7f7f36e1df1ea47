"""The shapes of a drawing, in pixels of the frame."""

from __future__ import annotations

from math import ceil, cos, hypot, pi, sin, sqrt
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


class Arc(NamedTuple):
    """A part of a circle around ``at``, ``width`` pixels wide, from the direction ``start`` on over ``sweep``.

    Both are in radians; directions count from the right, clockwise in the picture.
    """

    at: Point
    radius: float
    start: float
    sweep: float
    width: float
    color: Color


class Arrow(NamedTuple):
    """An arrow from ``a`` to its tip ``b``; the line is ``width`` pixels wide, the head ``head`` pixels long."""

    a: Point
    b: Point
    width: float
    head: float
    color: Color


Shape = Line | TaperedBone | Dot | Text | Arc | Arrow

ARC_STEP = pi / 45
"""Longest step between two corners of an arc, in radians."""

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


def arc_outline(arc: Arc, width: float) -> list[Point]:
    """The corners of ``arc`` at ``width`` pixels: along its outer edge, and back along the inner one."""
    (x, y), steps = arc.at, max(1, ceil(abs(arc.sweep) / ARC_STEP))
    turns = [arc.start + arc.sweep * step / steps for step in range(steps + 1)]
    outer, inner = arc.radius + width / 2, max(arc.radius - width / 2, 0.0)
    return [
        *((x + outer * cos(turn), y + outer * sin(turn)) for turn in turns),
        *((x + inner * cos(turn), y + inner * sin(turn)) for turn in reversed(turns)),
    ]


def arrow_outline(arrow: Arrow, inset: float = 0.0) -> list[Point]:
    """The corners of ``arrow``, whose head is as wide as it is long; its outline is ``inset`` pixels further inside."""
    (ax, ay), (bx, by) = arrow.a, arrow.b
    length = max(hypot(bx - ax, by - ay), 1e-9)
    ux, uy = (bx - ax) / length, (by - ay) / length
    tip = length - inset * sqrt(5)  # of the angle whose tangent is a half on both sides
    neck = max(length - arrow.head + inset, 0.0)

    def at(along: float, across: float) -> Point:
        return ax + ux * along - uy * across, ay + uy * along + ux * across

    half, wing = max(arrow.width / 2 - inset, 0.0), max(tip - neck, 0.0) / 2
    return [
        at(inset, half),
        at(neck, half),
        at(neck, wing),
        at(tip, 0),
        at(neck, -wing),
        at(neck, -half),
        at(inset, -half),
    ]
