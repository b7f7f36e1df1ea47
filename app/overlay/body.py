"""A person's limbs and joints, in the style of the look."""

from __future__ import annotations

from functools import cache
from math import dist

import numpy as np

from app.overlay.inks import HALO, SIDE_INKS, inks_of
from app.overlay.look import Look
from app.overlay.shape import FAR, Dot, Line, Shape, Spindle
from app.people import Person
from app.skeleton import Side, Skeleton

BONE = 2.8
JOINT = 0.7
LONE = 1.3
"""So many times as large as in lines are the limbs and the joints of bones, and the dots without limbs."""


def body(person: Person, skeleton: Skeleton, look: Look, width: float) -> list[Shape]:
    """Halo first, then the limbs and the dots on their ends; short limbs (faces, fingers) get finer lines."""
    keypoints, limbs = _by_side(skeleton)
    least = float(np.float32(look.threshold))  # as the scores are rounded, so that 0.9 is not below 0.9
    places = person.keypoints[: len(skeleton.names)].tolist()
    scores = [score for _, _, score in places]
    seen = {i: (x, y) for i, (x, y, score) in enumerate(places) if score >= least and abs(x) < FAR and abs(y) < FAR}
    ink = inks_of(person, look)
    cover = ink("middle", 1.0).cover
    halo = HALO._replace(cover=HALO.cover * cover)
    edge = 1.0 + 0.22 * width
    limb: type[Line | Spindle] = Spindle if look.style == "bones" else Line
    thickness = BONE * width if look.style == "bones" else width
    size = {"lines": 1.0, "bones": JOINT, "dots": LONE}[look.style]
    lines: list[Line | Spindle] = []
    shortest: dict[int, float] = {}
    for i, j, side in limbs:
        if i in seen and j in seen:
            a, b = seen[i], seen[j]
            length = dist(a, b)
            if look.style != "dots":
                color = ink(side, scores[i] if scores[i] < scores[j] else scores[j])
                lines.append(limb(a, b, min(thickness, max(0.3 * length, 1.3)), color))
            for end in (i, j):
                shortest[end] = min(length, shortest.get(end, length))
    dots: list[Dot] = []
    for i, side in keypoints:
        if i in seen:
            radius = min(0.95 * width, max(0.25 * shortest.get(i, 2.5 * width), 1.1)) * size
            dots.append(Dot(seen[i], radius, ink(side, scores[i])))
    return [
        *(limb(line.a, line.b, line.width + 2 * edge, halo) for line in lines),
        *(Dot(dot.at, dot.radius + edge, halo) for dot in dots),
        *lines,
        *dots,
    ]


@cache
def _by_side(skeleton: Skeleton) -> tuple[list[tuple[int, Side]], list[tuple[int, int, Side]]]:
    """The keypoints and the limbs with their sides, in the order of painting: one side after the other."""
    sides = [skeleton.side(i) for i in range(len(skeleton.names))]
    limbs: list[tuple[int, int, Side]] = []
    for i, j in skeleton.limbs:
        apart = {sides[i], sides[j]} - {"middle"}
        limbs.append((i, j, apart.pop() if len(apart) == 1 else "middle"))
    order = list(SIDE_INKS)
    keypoints = sorted(enumerate(sides), key=lambda keypoint: order.index(keypoint[1]))
    return keypoints, sorted(limbs, key=lambda limb: order.index(limb[2]))
