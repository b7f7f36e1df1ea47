"""All shapes that are drawn over one frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton
from app.overlay.body import Figure, body
from app.overlay.label import Label, box, label
from app.overlay.shape import Shape
from app.overlay.style import DrawStyle
from app.overlay.trails import trails

Part = Shape | Figure | Label


def shapes(
    poses: FramePoses, skeleton: Skeleton, style: DrawStyle, size: tuple[int, int], past: Sequence[FramePoses] = ()
) -> list[Shape]:
    """The shapes to draw over a frame of ``size`` (width, height), in its pixels (centers are integers).

    ``past`` are the latest frames for trails, oldest first and this one last. The shapes must be painted in this order;
    consecutive shapes of the same translucent color are painted as one area, so that they do not darken each other
    where they overlap.
    """
    return flattened(parts(poses, skeleton, style, size, past))


def flattened(drawn: Iterable[Part]) -> list[Shape]:
    """The shapes of all parts, in order."""
    found: list[Shape] = []
    for part in drawn:
        found += part.shapes if isinstance(part, Figure | Label) else (part,)
    return found


def parts(
    poses: FramePoses, skeleton: Skeleton, style: DrawStyle, size: tuple[int, int], past: Sequence[FramePoses] = ()
) -> list[Part]:
    """The same as ``shapes``, with each person and each label as one part."""
    if style.mirror:
        poses = mirrored(poses, size[0])
    drawn: list[Part] = []
    widths = [line_width(person, size) * style.scale for person in poses.people]
    if style.trails > 0:
        history = [mirrored(frame, size[0]) for frame in past] if style.mirror else past
        for person, width in zip(poses.people, widths, strict=True):
            drawn += trails(person, history, skeleton, style, width)
    for person, width in zip(poses.people, widths, strict=True):
        if style.boxes:
            drawn += box(person, style, width)
        if style.skeleton:
            drawn.append(body(person, skeleton, style, width))
    for person in poses.people:
        if style.ids and person.id and (shown := label(person, style, size)):
            drawn.append(shown)
    return drawn


def line_width(person: Person, size: tuple[int, int]) -> float:
    """The width of a limb in pixels for a frame of ``size``: grows with the person, with a minimum for large frames."""
    x0, y0, x1, y1 = person.box.tolist()
    person_size = (max(x1 - x0, 1.0) * max(y1 - y0, 1.0)) ** 0.5
    least = max(1.8, max(size) / 800)
    return min(max(1.0 + 0.011 * person_size, least), 2 + max(size) / 130) if isfinite(person_size) else least


def mirrored(poses: FramePoses, width: int) -> FramePoses:
    """The people as in the mirrored frame, which is ``width`` pixels wide.

    Keypoints keep their names: the left wrist is still the person's left one. Points in three dimensions are mirrored
    with them, so that x has the opposite sign.
    """
    people = []
    for person in poses.people:
        corners, keypoints = person.box.copy(), person.keypoints.copy()
        corners[[0, 2]] = width - 1 - corners[[2, 0]]
        keypoints[:, 0] = width - 1 - keypoints[:, 0]
        points = person.points_3d
        if points is not None:
            points = points * np.array([-1, 1, 1, 1], np.float32)
        people.append(replace(person, box=corners, keypoints=keypoints, points_3d=points, measured=None))
    return replace(poses, people=tuple(people))
