"""Rings around keypoints that the user has corrected, and dashed ones around those that were carried along."""

from __future__ import annotations

from math import pi

from app.core.edited import CARRIED, CORRECTED
from app.core.people import Person
from app.overlay.shape import FAR, Arc, Color, Point, Shape

RADIUS, WIDTH, EDGE = 2.4, 0.6, 0.4
"""Radius and width of a ring, and how much wider its outline is, in widths of a limb."""
MIN_RADIUS, MIN_WIDTH = 4.0, 1.2
"""The smallest ones in pixels."""
RING, CARRIED_RING, OUTLINE = Color(255, 214, 10), Color(255, 214, 10, 0.65), Color(16, 18, 26, 0.8)
DASHES, DASH = 10, 0.55
"""Number of dashes of a ring, and the part of the circle that they cover."""


def edit_rings(person: Person, threshold: float, width: float) -> list[Shape]:
    """The rings of ``person``, whose limbs are ``width`` pixels wide, around keypoints that score ``threshold``."""
    if person.edited is None:
        return []
    radius, thick = max(RADIUS * width, MIN_RADIUS), max(WIDTH * width, MIN_WIDTH)
    corrected, carried = (
        [(x, y) for x, y in places if -FAR < x < FAR and -FAR < y < FAR]
        for places in (
            person.keypoints[(person.edited == mark) & (person.keypoints[:, 2] >= threshold), :2].tolist()
            for mark in (CORRECTED, CARRIED)
        )
    )
    return [
        *(dash for at in carried for dash in _dashes(at, radius, thick)),
        *(Arc(at, radius, 0.0, 2 * pi, thick + 2 * EDGE * width, OUTLINE) for at in corrected),
        *(Arc(at, radius, 0.0, 2 * pi, thick, RING) for at in corrected),
    ]


def _dashes(at: Point, radius: float, width: float) -> list[Arc]:
    step = 2 * pi / DASHES
    return [Arc(at, radius, number * step, DASH * step, width, CARRIED_RING) for number in range(DASHES)]
