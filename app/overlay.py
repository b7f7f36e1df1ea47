"""What is drawn over a picture, as plain shapes, and one painter of them: OpenCV. The window has its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil, floor, hypot, isfinite
from typing import NamedTuple

import cv2
import numpy as np

from app.people import FramePoses, Image, Person
from app.skeleton import Side, Skeleton

FAR = 1e5  # pixels; what lies further out is not drawn
SHIFT = 6  # sub-pixel bits of OpenCV's coordinates
BLEED = 0.6  # by so many pixels OpenCV's smooth edges reach further out than they should

Point = tuple[float, float]


class Ink(NamedTuple):
    """A colour, 0..255, and how much it covers, 0..1."""

    red: int
    green: int
    blue: int
    cover: float = 1.0


# Blue against orange stays apart for every common colour blindness; the halo parts both from any background.
SIDE_INKS: dict[Side, Ink] = {"middle": Ink(240, 240, 232), "right": Ink(255, 146, 43), "left": Ink(64, 172, 255)}
HALO = Ink(10, 12, 18, 0.5)
BOX = Ink(240, 240, 232, 0.85)
CHIP = Ink(16, 18, 26, 0.72)
TEXT = Ink(255, 255, 255)
PREDICTED_COVER = 0.45


class Line(NamedTuple):
    """A line with round ends from ``a`` to ``b``."""

    a: Point
    b: Point
    width: float
    ink: Ink


class Dot(NamedTuple):
    """A filled circle around ``at``."""

    at: Point
    radius: float
    ink: Ink


class Text(NamedTuple):
    """Text whose middle is ``at``, in a plain sans-serif font of ``height`` pixels."""

    at: Point
    text: str
    height: float
    ink: Ink


Shape = Line | Dot | Text


@dataclass(frozen=True, slots=True)
class Look:
    """What is drawn and how: keypoints that score ``threshold`` or more, lines ``scale`` times as wide as usual.

    ``mirror`` shows the picture as a mirror does; text stays readable.
    """

    threshold: float = 0.3
    skeleton: bool = True
    boxes: bool = False
    ids: bool = True
    mirror: bool = False
    scale: float = 1.0


def shapes(poses: FramePoses, skeleton: Skeleton, look: Look, size: tuple[int, int]) -> list[Shape]:
    """What to draw over a picture of ``size`` (width, height), in its pixels (centres are integers).

    The shapes are to be painted in this order; neighbours of one ink that covers partly are one area, so that
    they do not darken each other where they cross.
    """
    people = [_mirrored(person, size[0]) if look.mirror else person for person in poses.people]
    drawn: list[Shape] = []
    for person in people:
        width = _line_width(person, size) * look.scale
        if look.boxes:
            drawn += _box(person, width)
        if look.skeleton:
            drawn += _body(person, skeleton, look.threshold, width)
    for person in people:
        if look.ids and person.id:
            drawn += _label(person, size, look.scale)
    return drawn


def paint(image: Image, drawn: Iterable[Shape]) -> None:
    """Paint the shapes onto ``image`` (HxWx3 BGR, uint8), in place, with smooth edges."""
    for ink, group in groupby(drawn, key=lambda shape: shape.ink):
        if ink.cover >= 1:
            for shape in group:
                _fill(image, shape, (0, 0), (ink.blue, ink.green, ink.red))
        else:
            _blend(image, list(group), ink)


def painted(image: Image, poses: FramePoses, skeleton: Skeleton, look: Look) -> Image:
    """A copy of ``image`` with the people drawn on it, mirrored where the look says so."""
    canvas: Image = np.ascontiguousarray(image[:, ::-1]) if look.mirror else image.copy()
    paint(canvas, shapes(poses, skeleton, look, (image.shape[1], image.shape[0])))
    return canvas


def _mirrored(person: Person, width: int) -> Person:
    box, keypoints = person.box.copy(), person.keypoints.copy()
    box[[0, 2]] = width - 1 - box[[2, 0]]
    keypoints[:, 0] = width - 1 - keypoints[:, 0]
    return replace(person, box=box, keypoints=keypoints)


def _line_width(person: Person, size: tuple[int, int]) -> float:
    """Slim on small people, broader on large ones, never lost in a large picture."""
    width, height = (float(side) for side in person.box[2:] - person.box[:2])
    person_size = (max(width, 1.0) * max(height, 1.0)) ** 0.5
    least = max(1.8, max(size) / 800)
    return min(max(1.0 + 0.011 * person_size, least), 2 + max(size) / 130) if isfinite(person_size) else least


def _body(person: Person, skeleton: Skeleton, threshold: float, width: float) -> list[Shape]:
    """Halo first, then the limbs and the dots on their ends; short limbs (faces, fingers) get finer lines."""
    seen = {
        i: (float(x), float(y))
        for i, (x, y, score) in enumerate(person.keypoints[: len(skeleton.names)])
        if score >= threshold and abs(x) < FAR and abs(y) < FAR
    }
    limbs = [(i, j) for i, j in skeleton.limbs if i in seen and j in seen]
    lengths = {limb: hypot(seen[limb[0]][0] - seen[limb[1]][0], seen[limb[0]][1] - seen[limb[1]][1]) for limb in limbs}
    cover = 1.0 if person.state == "estimated" else PREDICTED_COVER
    lines: list[Line] = []
    for i, j in limbs:
        ink = SIDE_INKS[_limb_side(skeleton, i, j)]._replace(cover=cover)
        lines.append(Line(seen[i], seen[j], min(width, max(0.3 * lengths[i, j], 1.3)), ink))
    dots: list[Dot] = []
    for i, at in seen.items():
        shortest = min((length for limb, length in lengths.items() if i in limb), default=2.5 * width)
        radius = min(0.95 * width, max(0.25 * shortest, 1.1))
        dots.append(Dot(at, radius, SIDE_INKS[skeleton.side(i)]._replace(cover=cover)))
    edge = 1.0 + 0.22 * width
    halo = HALO._replace(cover=HALO.cover * cover)
    order = list(SIDE_INKS.values())
    lines.sort(key=lambda line: order.index(line.ink._replace(cover=1.0)))
    dots.sort(key=lambda dot: order.index(dot.ink._replace(cover=1.0)))
    return [
        *(line._replace(width=line.width + 2 * edge, ink=halo) for line in lines),
        *(dot._replace(radius=dot.radius + edge, ink=halo) for dot in dots),
        *lines,
        *dots,
    ]


def _limb_side(skeleton: Skeleton, i: int, j: int) -> Side:
    sides = {skeleton.side(i), skeleton.side(j)} - {"middle"}
    return sides.pop() if len(sides) == 1 else "middle"


def _box(person: Person, width: float) -> list[Shape]:
    x0, y0, x1, y1 = (float(value) for value in person.box)
    if not all(abs(value) < FAR for value in (x0, y0, x1, y1)):
        return []
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    thin = max(1.3, 0.5 * width)
    return [
        *(Line(a, b, thin + 2.4, HALO) for a, b in sides),
        *(Line(a, b, thin, BOX) for a, b in sides),
    ]


def _label(person: Person, size: tuple[int, int], scale: float) -> list[Shape]:
    """The id on a chip above the head, kept inside the picture."""
    x0, y0, x1, _ = (float(value) for value in person.box)
    if not all(abs(value) < FAR for value in (x0, y0, x1)):
        return []
    text = str(person.id)
    height = max(min(0.12 * (x1 - x0), max(size) / 42), max(size) / 64, 11.0) * scale
    chip = 1.45 * height
    half = max(0.0, 0.3 * height * len(text) - 0.25 * height)
    x = min(max((x0 + x1) / 2, half + chip / 2), size[0] - 1 - half - chip / 2)
    y = min(max(y0 - 0.75 * chip, chip / 2), size[1] - 1 - chip / 2)
    return [Line((x - half, y), (x + half, y), chip, CHIP), Text((x, y), text, height, TEXT)]


def _fill(canvas: Image, shape: Shape, origin: tuple[int, int], color: tuple[int, ...]) -> None:
    """Paint one shape onto a canvas whose first pixel is ``origin`` of the picture."""
    if isinstance(shape, Text):
        _write(canvas, shape, origin, color)
    elif isinstance(shape, Dot):
        _disc(canvas, shape.at, max(shape.radius - BLEED, 0.0), origin, color)
    else:
        (ax, ay), (bx, by) = shape.a, shape.b
        half = max(shape.width / 2 - BLEED, 0.0)
        length = hypot(bx - ax, by - ay)
        if length > 0:
            nx, ny = (by - ay) / length * half, (ax - bx) / length * half
            corners = [(ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny)]
            quad = np.array([_fixed(corner, origin) for corner in corners], dtype=np.int32)
            cv2.fillConvexPoly(canvas, quad, color, cv2.LINE_AA, SHIFT)
        for end in (shape.a, shape.b):
            _disc(canvas, end, half, origin, color)


def _disc(canvas: Image, at: Point, radius: float, origin: tuple[int, int], color: tuple[int, ...]) -> None:
    cv2.circle(canvas, _fixed(at, origin), _bits(radius), color, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _write(canvas: Image, text: Text, origin: tuple[int, int], color: tuple[int, ...]) -> None:
    font = cv2.FontFace("sans")
    points = round(text.height)
    x, y, width, height = cv2.getTextSize((0, 0), text.text, (0, 0), font, points, 600)
    at = (round(text.at[0] - origin[0] - x - width / 2), round(text.at[1] - origin[1] - y - height / 2))
    cv2.putText(canvas, text.text, at, color, font, points, 600)


def _blend(image: Image, together: list[Shape], ink: Ink) -> None:
    """Paint the shapes as one area that lets the picture shine through."""
    reach = [_reach(shape) for shape in together]
    x0, y0 = (max(0, floor(min(box[i] for box in reach))) for i in (0, 1))
    x1, y1 = (
        min(side, ceil(max(box[i] for box in reach)) + 1) for i, side in ((2, image.shape[1]), (3, image.shape[0]))
    )
    if x0 >= x1 or y0 >= y1:
        return
    area: Image = np.zeros((y1 - y0, x1 - x0), dtype=np.uint8)
    for shape in together:
        _fill(area, shape, (x0, y0), (255,))
    under = image[y0:y1, x0:x1]
    color = np.array([ink.blue, ink.green, ink.red], dtype=np.float32)
    # Whole pixels are many and all of one cover, so that a table does; those on the edges are few, each of its own.
    levels = np.arange(256, dtype=np.float32)[:, None]
    mixed = cv2.LUT(under, np.rint(levels + (color - levels) * np.float32(ink.cover)).astype(np.uint8)[None])
    edge = cv2.findNonZero(cv2.inRange(area, 1, 254))
    columns, rows = np.empty((2, 0), np.intp) if edge is None else edge.reshape(-1, 2).T
    pixels = under[rows, columns].astype(np.float32)
    cover = area[rows, columns, None] * np.float32(ink.cover / 255)
    cv2.copyTo(mixed, cv2.inRange(area, 255, 255), under)
    under[rows, columns] = np.rint(pixels + (color - pixels) * cover).astype(np.uint8)


def _reach(shape: Shape) -> tuple[float, float, float, float]:
    """The box that the shape stays within."""
    if isinstance(shape, Line):
        ends, far = (shape.a, shape.b), shape.width / 2 + 2
    elif isinstance(shape, Dot):
        ends, far = (shape.at, shape.at), shape.radius + 2
    else:
        ends, far = (shape.at, shape.at), shape.height * (len(shape.text) + 1)
    (ax, ay), (bx, by) = ends
    return min(ax, bx) - far, min(ay, by) - far, max(ax, bx) + far, max(ay, by) + far


def _fixed(point: Point, origin: tuple[int, int]) -> tuple[int, int]:
    return _bits(point[0] - origin[0]), _bits(point[1] - origin[1])


def _bits(value: float) -> int:
    return round(value * (1 << SHIFT))
