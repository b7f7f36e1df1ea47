"""Shapes of a person's limbs and joints."""

from __future__ import annotations

from functools import cache
from math import dist

import numpy as np

from app.core.people import Person
from app.core.skeleton import Side, Skeleton
from app.overlay.colors import HALO, SIDE_COLORS, keypoint_colors
from app.overlay.shape import FAR, Dot, Line, Shape, TaperedBone
from app.overlay.style import DrawStyle

BONE_WIDTH = 2.8
"""Width of a limb in the style "bones", relative to "lines"."""
JOINT_SIZE = 0.7
"""Radius of a joint in the style "bones", relative to "lines"."""
DOT_SIZE = 1.3
"""Radius of a keypoint in the style "dots", relative to "lines"."""
LOOSE_SIZE = 0.35
"""Largest radius of a keypoint without limbs, relative to the distance to the nearest other one."""
MIN_LOOSE_SIZE = 0.7
"""Its smallest radius in pixels, in the style "lines"."""


def body(person: Person, skeleton: Skeleton, style: DrawStyle, width: float) -> list[Shape]:
    """The halo, then the limbs, then the dots at their ends; short limbs (fingers) get thinner lines.

    ``width`` is the width of a limb in pixels. Dots of keypoints without limbs (faces) do not touch each other.
    """
    keypoints, limbs = _by_side(skeleton)
    threshold = float(np.float32(style.threshold))  # rounded like the scores, so that 0.9 is not below 0.9
    rows = person.keypoints[: len(skeleton.names)].tolist()
    scores = [score for _, _, score in rows]
    visible = {
        i: (x, y) for i, (x, y, score) in enumerate(rows) if score >= threshold and abs(x) < FAR and abs(y) < FAR
    }
    color_of = keypoint_colors(person, style)
    alpha = color_of("middle", 1.0).alpha
    halo = HALO._replace(alpha=HALO.alpha * alpha)
    edge = 1.0 + 0.22 * width
    limb: type[Line | TaperedBone] = TaperedBone if style.style == "bones" else Line
    thickness = BONE_WIDTH * width if style.style == "bones" else width
    size = {"lines": 1.0, "bones": JOINT_SIZE, "dots": DOT_SIZE}[style.style]
    lines: list[Line | TaperedBone] = []
    shortest: dict[int, float] = {}
    for i, j, side in limbs:
        if i in visible and j in visible:
            a, b = visible[i], visible[j]
            length = dist(a, b)
            if style.style != "dots":
                color = color_of(side, scores[i] if scores[i] < scores[j] else scores[j])
                lines.append(limb(a, b, min(thickness, max(0.3 * length, 1.3)), color))
            for end in (i, j):
                shortest[end] = min(length, shortest.get(end, length))
    dots: list[Dot] = []
    halos: list[Dot] = []
    gaps = _gaps({i: visible[i] for i in _loose(skeleton) if i in visible})
    for i, side in keypoints:
        if i in visible:
            radius = min(0.95 * width, max(0.25 * shortest.get(i, 2.5 * width), 1.1)) * size
            if i in gaps:
                radius = min(radius, max(LOOSE_SIZE * gaps[i], MIN_LOOSE_SIZE) * size)
            dots.append(Dot(visible[i], radius, color_of(side, scores[i])))
            halos.append(Dot(visible[i], radius + (min(edge, radius) if i in gaps else edge), halo))
    return [
        *[limb(a, b, line_width + 2 * edge, halo) for a, b, line_width, _ in lines],
        *halos,
        *lines,
        *dots,
    ]


def _gaps(points: dict[int, tuple[float, float]]) -> dict[int, float]:
    """The distance in pixels of each of the ``points`` to the nearest other one."""
    if len(points) < 2:
        return {}
    at = np.array(list(points.values()))
    squares = ((at[:, None] - at[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return dict(zip(points, np.sqrt(squares.min(axis=1)).tolist(), strict=True))


@cache
def _loose(skeleton: Skeleton) -> tuple[int, ...]:
    """The keypoints that no limb ends at."""
    ends = {end for limb in skeleton.limbs for end in limb}
    return tuple(i for i in range(len(skeleton.names)) if i not in ends)


@cache
def _by_side(skeleton: Skeleton) -> tuple[list[tuple[int, Side]], list[tuple[int, int, Side]]]:
    """The keypoints and the limbs with their sides, in drawing order: one side after the other."""
    sides = [skeleton.side(i) for i in range(len(skeleton.names))]
    limbs: list[tuple[int, int, Side]] = []
    for i, j in skeleton.limbs:
        outer = {sides[i], sides[j]} - {"middle"}
        limbs.append((i, j, outer.pop() if len(outer) == 1 else "middle"))
    order = list(SIDE_COLORS)
    keypoints = sorted(enumerate(sides), key=lambda keypoint: order.index(keypoint[1]))
    return keypoints, sorted(limbs, key=lambda limb: order.index(limb[2]))
