"""Everything that is drawn over one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from app.overlay.body import body
from app.overlay.label import box, label
from app.overlay.look import Look
from app.overlay.shape import Shape
from app.overlay.trails import trails
from app.people import FramePoses, Person
from app.skeleton import Skeleton


def shapes(
    poses: FramePoses, skeleton: Skeleton, look: Look, size: tuple[int, int], past: Sequence[FramePoses] = ()
) -> list[Shape]:
    """What to draw over a picture of ``size`` (width, height), in its pixels (centres are integers).

    ``past`` is what trails are made of: the last frames, the oldest first and this one at the end. The shapes are to
    be painted in this order; neighbours of one ink that covers partly are one area, so that they do not darken each
    other where they cross.
    """
    if look.mirror:
        poses = _mirrored(poses, size[0])
    drawn: list[Shape] = []
    if look.trails > 0:
        before = [_mirrored(frame, size[0]) for frame in past] if look.mirror else past
        for person in poses.people:
            drawn += trails(person, before, skeleton, look, line_width(person, size) * look.scale)
    for person in poses.people:
        width = line_width(person, size) * look.scale
        if look.boxes:
            drawn += box(person, look, width)
        if look.skeleton:
            drawn += body(person, skeleton, look, width)
    for person in poses.people:
        if look.ids and person.id:
            drawn += label(person, look, size) or ()
    return drawn


def line_width(person: Person, size: tuple[int, int]) -> float:
    """Slim on small people, broader on large ones, never lost in a large picture."""
    width, height = (person.box[2:] - person.box[:2]).tolist()
    person_size = (max(width, 1.0) * max(height, 1.0)) ** 0.5
    least = max(1.8, max(size) / 800)
    return min(max(1.0 + 0.011 * person_size, least), 2 + max(size) / 130) if isfinite(person_size) else least


def _mirrored(poses: FramePoses, width: int) -> FramePoses:
    people = []
    for person in poses.people:
        corners, keypoints = person.box.copy(), person.keypoints.copy()
        corners[[0, 2]] = width - 1 - corners[[2, 0]]
        keypoints[:, 0] = width - 1 - keypoints[:, 0]
        people.append(replace(person, box=corners, keypoints=keypoints))
    return replace(poses, people=tuple(people))
