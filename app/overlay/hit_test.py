"""Who is meant by a place in the picture."""

from __future__ import annotations

import numpy as np

from app.overlay.label import label
from app.overlay.look import Look
from app.overlay.shape import Point
from app.people import FramePoses, Person

AROUND = 0.05
"""A box reaches so far beyond itself, in its own sizes."""


def person_at(poses: FramePoses, at: Point, look: Look, size: tuple[int, int]) -> int | None:
    """The id of whose label or body is at ``at``, in pixels of the source; of several bodies the nearest one's.

    ``size`` is the picture's (width, height); labels count where the look shows them. None where nobody is there.
    """
    for person in reversed(poses.people):
        if look.ids and person.id and _on_label(person, at, look, size):
            return person.id
    near = [(_distance(person, at, look), person.id) for person in poses.people if person.id and _in_box(person, at)]
    return min(near)[1] if near else None


def _on_label(person: Person, at: Point, look: Look, size: tuple[int, int]) -> bool:
    chip = label(person, look, size)
    if chip is None:
        return False
    line = chip[0]
    across = (line.width + abs(line.b[0] - line.a[0])) / 2
    middle = (line.a[0] + line.b[0]) / 2
    return abs(at[0] - middle) <= across and abs(at[1] - line.a[1]) <= line.width / 2


def _in_box(person: Person, at: Point) -> bool:
    x0, y0, x1, y1 = person.box.tolist()
    beyond = AROUND * max(x1 - x0, y1 - y0)
    return x0 - beyond <= at[0] <= x1 + beyond and y0 - beyond <= at[1] <= y1 + beyond


def _distance(person: Person, at: Point, look: Look) -> float:
    """From ``at`` to the nearest keypoint that is seen; the box's middle where there is none."""
    seen = person.keypoints[person.keypoints[:, 2] >= look.threshold, :2]
    places = seen if len(seen) else (person.box[None, :2] + person.box[None, 2:]) / 2
    return float(np.hypot(*(places - at).T).min())
