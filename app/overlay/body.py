"""Shapes of a person's limbs and joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import dist, inf
from typing import NamedTuple

import numpy as np

from app.core.people import Person
from app.core.skeleton import Skeleton
from app.overlay.colors import HALO, Area, area_of, in_drawing_order, keypoint_colors, limb_area
from app.overlay.lost_feet import without_lost_feet
from app.overlay.shape import FAR, Color, Dot, Line, Point, Shape, TaperedBone
from app.overlay.style import DrawStyle, Style

BONE_WIDTH = 2.8
"""Width of a limb in the style "bones", relative to "lines"."""
SIZES: dict[Style, float] = {"lines": 1.0, "bones": 0.7, "dots": 1.3}
"""Radius of the dots by style, relative to "lines"."""
LOOSE_SIZE = 0.35
"""Largest radius of a keypoint without limbs, relative to the distance to the nearest other one."""
MIN_LOOSE_SIZE = 0.7
"""Its smallest radius in pixels, in the style "lines"."""
MESH = "face_mesh-"
"""Keypoints of these names have no dots: only the contours of the face are drawn."""
HOLLOW = 0.62
"""Radius of the dark middle of a dot that was filled in between measured ones, relative to the dot's."""


class Figure(NamedTuple):
    """The limbs of a person, the dots at their ends, and the halo around both, in pixels of the frame.

    Plain tuples, because these are too many for objects of their own.
    """

    limbs: list[tuple[Point, Point, float, Color]]
    """Lines or tapered bones, from and to, with their width."""
    dots: list[tuple[Point, float, float, Color]]
    """Positions, radii, and radii of the halo, which also cover the round ends of the halo's lines."""
    round_ends: list[tuple[int, Point, float]]
    """The ends of lines that no dot covers: the number of the line, position and radius."""
    edge: float
    """How much wider the halo of limbs is on each side."""
    halo: Color
    tapered: bool

    @property
    def shapes(self) -> list[Shape]:
        """All shapes in painting order."""
        limb: type[Line | TaperedBone] = TaperedBone if self.tapered else Line
        return [
            *(limb(a, b, width + 2 * self.edge, self.halo) for a, b, width, _ in self.limbs),
            *(Dot(at, radius, self.halo) for at, _, radius, _ in self.dots),
            *(limb(*row) for row in self.limbs),
            *(Dot(at, radius, color) for at, radius, _, color in self.dots),
        ]


def body(person: Person, skeleton: Skeleton, style: DrawStyle, width: float) -> Figure:
    """The person's limbs and dots; short limbs (fingers) get thinner lines.

    ``width`` is the width of a limb in pixels. Dots of keypoints without limbs (faces) do not touch each other. Dots
    of keypoints that were filled in between measured ones are hollow. Toes and heels that no foot reaches are left out.
    """
    threshold = float(np.float32(style.threshold))  # rounded like the scores, so that 0.9 is not below 0.9
    rows = person.keypoints[: len(skeleton.names)].tolist()
    # None where a keypoint is not visible. Lists, because this runs for every keypoint of every person and frame.
    at = [(x, y) if score >= threshold and -FAR < x < FAR and -FAR < y < FAR else None for x, y, score in rows]
    at += [None] * (len(skeleton.names) - len(at))
    at = without_lost_feet(at, person, skeleton)
    color_of = keypoint_colors(person, style)
    keypoints, limbs, loose = _plan(skeleton)
    thickness = BONE_WIDTH * width if style.style == "bones" else width
    shortest = [inf] * len(at)
    lines: list[tuple[Point, Point, float, Color]] = []
    ends: list[tuple[int, int]] = []
    for i, j, area in limbs:
        a, b = at[i], at[j]
        if a is not None and b is not None:
            length = dist(a, b)
            if length < shortest[i]:
                shortest[i] = length
            if length < shortest[j]:
                shortest[j] = length
            line_width = thickness if 0.3 * length > thickness else min(thickness, max(0.3 * length, 1.3))
            first, second = rows[i][2], rows[j][2]
            lines.append((a, b, line_width, color_of(area, first if first <= second else second)))
            ends.append((i, j))
    gaps = _gaps({i: place for i in loose if (place := at[i]) is not None}) if loose else {}
    radii = _radii(shortest, gaps, width, SIZES[style.style])
    edge = 1.0 + 0.22 * width
    round_ends: list[tuple[int, Point, float]] = []
    covered: dict[int, float] = {}
    if style.style == "dots":
        lines = []
    elif style.style == "lines":
        for number, ((a, b, line_width, _), (i, j)) in enumerate(zip(lines, ends, strict=True)):
            half = line_width / 2
            for place, end in ((a, i), (b, j)):
                if half > radii[end] or style.alpha < 1:
                    round_ends.append((number, place, half))
                    covered[end] = max(half, covered.get(end, 0.0))
    filled = set() if person.filled is None else set(np.flatnonzero(person.filled).tolist())
    middle = HALO._replace(alpha=style.alpha)
    dots = []
    for i, area in keypoints:
        place = at[i]
        if place is not None:
            radius = radii[i]
            if i in gaps:  # dots close together have narrow halos, so that these do not touch either
                halo_radius = radius + min(edge, radius)
            else:
                halo_radius = (max(radius, covered[i]) if i in covered else radius) + edge
            dots.append((place, radius, halo_radius, color_of(area, rows[i][2])))
            if i in filled:
                dots.append((place, HOLLOW * radius, HOLLOW * radius, middle))
    halo = HALO._replace(alpha=HALO.alpha * style.alpha)
    return Figure(lines, dots, round_ends, edge, halo, style.style == "bones")


def _radii(shortest: Sequence[float], gaps: Mapping[int, float], width: float, size: float) -> list[float]:
    """The radii of the dots of all keypoints, which ``size`` multiplies.

    They depend on the ``width`` and on the length of the ``shortest`` limb that ends there (infinite: none), and on the
    ``gaps`` between the others.
    """
    largest, alone = 0.95 * width, 2.5 * width
    radii = [min(largest, max(0.25 * (alone if length == inf else length), 1.1)) * size for length in shortest]
    for i, gap in gaps.items():
        radii[i] = min(radii[i], max(LOOSE_SIZE * gap, MIN_LOOSE_SIZE) * size)
    return radii


def _gaps(points: dict[int, tuple[float, float]]) -> dict[int, float]:
    """The distance in pixels of each of the ``points`` to the nearest other one."""
    if len(points) < 2:
        return {}
    at = np.array(list(points.values()))
    squares = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return dict(zip(points, np.sqrt(squares.min(axis=1)).tolist(), strict=True))


class _Plan(NamedTuple):
    """What is drawn of a skeleton, in drawing order: one side after the other.

    The keypoints that have dots and the limbs, with their areas; ``loose`` are the dots that no limb ends at.
    """

    keypoints: list[tuple[int, Area]]
    limbs: list[tuple[int, int, Area]]
    loose: list[int]


@cache
def _plan(skeleton: Skeleton) -> _Plan:
    areas = [area_of(skeleton, i) for i in range(len(skeleton.names))]
    limbs = [(i, j, limb_area(areas[i], areas[j])) for i, j in skeleton.limbs]
    dotted = [(i, area) for i, area in enumerate(areas) if not skeleton.names[i].startswith(MESH)]
    ends = {end for limb in skeleton.limbs for end in limb}
    return _Plan(
        sorted(dotted, key=lambda keypoint: in_drawing_order(keypoint[1])),
        sorted(limbs, key=lambda limb: in_drawing_order(limb[2])),
        [i for i, _ in dotted if i not in ends],
    )
