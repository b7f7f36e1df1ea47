"""Finds the person at a position in the frame."""

from __future__ import annotations

import numpy as np

from app.core.people import FramePoses, Person
from app.overlay.label import LINE_HEIGHT, label
from app.overlay.shape import Point
from app.overlay.style import DrawStyle

BOX_MARGIN = 0.05
"""Margin around a box, as a fraction of its longer side."""


def person_at(poses: FramePoses, at: Point, style: DrawStyle, size: tuple[int, int]) -> int | None:
    """The id of the person whose label or body is at ``at`` (x, y), in pixels of the source; None if there is none.

    Of several bodies it is the one with the nearest keypoint. ``size`` is the frame's (width, height); labels count
    only if ``style`` shows them.
    """
    for person in reversed(poses.people):
        if style.ids and person.id and _on_label(person, at, style, size):
            return person.id
    near = [(_distance(person, at, style), person.id) for person in poses.people if person.id and _in_box(person, at)]
    return min(near)[1] if near else None


def _on_label(person: Person, at: Point, style: DrawStyle, size: tuple[int, int]) -> bool:
    shown = label(person, style, size)
    if shown is None:
        return False
    half_height = LINE_HEIGHT * shown.height / 2
    return abs(at[0] - shown.at[0]) <= shown.half_width + half_height and abs(at[1] - shown.at[1]) <= half_height


def _in_box(person: Person, at: Point) -> bool:
    x0, y0, x1, y1 = person.box.tolist()
    margin = BOX_MARGIN * max(x1 - x0, y1 - y0)
    return x0 - margin <= at[0] <= x1 + margin and y0 - margin <= at[1] <= y1 + margin


def _distance(person: Person, at: Point, style: DrawStyle) -> float:
    """Distance in pixels from ``at`` to the nearest visible keypoint, or to the box's center if none is visible."""
    visible = person.keypoints[person.keypoints[:, 2] >= style.threshold, :2]
    points = visible if len(visible) else (person.box[None, :2] + person.box[None, 2:]) / 2
    return float(np.hypot(*(points - at).T).min())
