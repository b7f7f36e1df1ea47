"""Points of a foot that cannot be where they were found: the network has doubted them, and no foot is that long."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import dist

from app.core.people import Person
from app.core.skeleton import Skeleton
from app.overlay.shape import Point

DOUBTED = 0.5
"""A point of a foot with a score below this may be misplaced."""
LONGEST = 0.7
"""Largest distance of a toe or heel from its ankle, relative to the longest limb of the body that is seen. By D. A.
Winter (Biomechanics and Motor Control of Human Movement, 2009) a foot is half as long as the trunk or a thigh; the rest
is for limbs that point at the camera."""


def without_lost_feet(at: list[Point | None], person: Person, skeleton: Skeleton) -> list[Point | None]:
    """``at`` with None for toes and heels that are too far from their ankle; what the user has placed stays.

    ``at`` are the places of the K keypoints of ``person`` in pixels, None where one is not seen.
    """
    feet, limbs = _plan(skeleton)
    scores, edited = person.keypoints[:, 2], person.edited
    doubted = [
        (foot, ankle)
        for foot, ankle in feet
        if at[foot] is not None and at[ankle] is not None and scores[foot] < DOUBTED
    ]
    if not doubted:
        return at
    longest = max((_length(at, limb) for limb in limbs), default=0.0)
    lost = {
        foot
        for foot, ankle in doubted
        if _length(at, (foot, ankle)) > LONGEST * longest > 0 and (edited is None or not edited[foot])
    }
    return [None if number in lost else place for number, place in enumerate(at)] if lost else at


def _length(at: Sequence[Point | None], limb: tuple[int, int]) -> float:
    """The length of a limb in pixels; 0 if an end is not seen."""
    a, b = at[limb[0]], at[limb[1]]
    return 0.0 if a is None or b is None else dist(a, b)


@cache
def _plan(skeleton: Skeleton) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The points of feet with the ankle of their side, and the limbs of trunk, arms and legs."""
    names = skeleton.names
    parts = [skeleton.part(number) for number in range(len(names))]
    feet = [
        (number, names.index(ankle))
        for number, part in enumerate(parts)
        if part == "foot" and (ankle := f"{skeleton.side(number)}_ankle") in names
    ]
    return feet, [(a, b) for a, b in skeleton.limbs if {parts[a], parts[b]} <= {"trunk", "arm", "leg"}]
