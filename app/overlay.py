"""What is drawn over a picture, as plain shapes, and one painter of them: OpenCV. The window has its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from math import ceil, dist, isfinite
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.people import FramePoses, Image, Person
from app.skeleton import Side, Skeleton

FAR = 1e5  # pixels; what lies further out is not drawn
SHIFT = 6  # sub-pixel bits of OpenCV's coordinates
SUBPIXELS = 1 << SHIFT
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
    """Paint the shapes onto ``image`` (HxWx3 BGR, uint8), in place, with smooth edges.

    An opaque dot is to come after the opaque lines that end on it.
    """
    drawn = list(drawn)
    bars = iter(_bars([shape for shape in drawn if isinstance(shape, Line)]))
    opaque_dots = _radii(shape for shape in drawn if shape.ink.cover >= 1)
    for ink, group in groupby(drawn, key=lambda shape: shape.ink):
        together = list(group)
        if ink.cover >= 1:
            _fill(image, together, bars, opaque_dots)
        else:
            under = image[_reach(together)]
            before = under.copy()
            _fill(image, together, bars, _radii(together))
            cv2.addWeighted(under, ink.cover, before, 1 - ink.cover, 0, dst=under)


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
    keypoints, limbs = _by_side(skeleton)
    least = float(np.float32(threshold))  # as the scores are rounded, so that 0.9 is not below 0.9
    seen = {
        i: (x, y)
        for i, (x, y, score) in enumerate(person.keypoints[: len(skeleton.names)].tolist())
        if score >= least and abs(x) < FAR and abs(y) < FAR
    }
    cover = 1.0 if person.state == "estimated" else PREDICTED_COVER
    inks = {side: ink._replace(cover=cover) for side, ink in SIDE_INKS.items()}
    halo = HALO._replace(cover=HALO.cover * cover)
    edge = 1.0 + 0.22 * width
    lines: list[Line] = []
    shortest: dict[int, float] = {}
    for i, j, side in limbs:
        if i in seen and j in seen:
            length = dist(seen[i], seen[j])
            lines.append(Line(seen[i], seen[j], min(width, max(0.3 * length, 1.3)), inks[side]))
            for end in (i, j):
                shortest[end] = min(length, shortest.get(end, length))
    dots: list[Dot] = []
    for i, side in keypoints:
        if i in seen:
            radius = min(0.95 * width, max(0.25 * shortest.get(i, 2.5 * width), 1.1))
            dots.append(Dot(seen[i], radius, inks[side]))
    return [
        *(Line(line.a, line.b, line.width + 2 * edge, halo) for line in lines),
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


def _fill(image: Image, together: list[Shape], bars: Iterator[NDArray[np.int32]], dots: dict[Point, float]) -> None:
    """Paint shapes of one ink as if it covered wholly.

    ``bars`` gives the corners of each line in turn. ``dots`` are the radii of the dots that hide what is under them:
    the end of a line there need not be round.
    """
    color = (together[0].ink.blue, together[0].ink.green, together[0].ink.red)
    for shape in together:
        if isinstance(shape, Line):
            cv2.fillConvexPoly(image, next(bars), color, cv2.LINE_AA, SHIFT)
            for end in (shape.a, shape.b):
                if dots.get(end, 0.0) < shape.width / 2 + 1:  # a dot's own edge is soft and hides nothing
                    _disc(image, end, shape.width / 2, color)
        elif isinstance(shape, Dot):
            _disc(image, shape.at, shape.radius, color)
        else:
            _write(image, shape, color)


def _radii(drawn: Iterable[Shape]) -> dict[Point, float]:
    """The radius of the dot at each place that has one."""
    return {shape.at: shape.radius for shape in drawn if isinstance(shape, Dot)}


def _bars(lines: list[Line]) -> NDArray[np.int32]:
    """The (N, 4, 2) corners of the lines without their round ends, in OpenCV's sub-pixels; all at once is cheap."""
    ends = np.array([(line.a, line.b) for line in lines]).reshape(-1, 2, 2)
    half = np.array([max(line.width / 2 - BLEED, 0.0) for line in lines])
    x, y = (ends[:, 1] - ends[:, 0]).T
    across = np.stack([y, -x], axis=1) * (half / np.maximum(np.hypot(x, y), 1e-9))[:, None]
    corners = np.concatenate([ends + across[:, None], ends[:, ::-1] - across[:, None]], axis=1)
    return np.rint(corners * SUBPIXELS).astype(np.int32)


def _disc(image: Image, at: Point, radius: float, color: tuple[int, int, int]) -> None:
    x, y, reach = round(at[0] * SUBPIXELS), round(at[1] * SUBPIXELS), round(max(radius - BLEED, 0.0) * SUBPIXELS)
    cv2.circle(image, (x, y), reach, color, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _write(image: Image, text: Text, color: tuple[int, int, int]) -> None:
    font = cv2.FontFace("sans")
    points = round(text.height)
    x, y, width, height = cv2.getTextSize((0, 0), text.text, (0, 0), font, points, 600)
    at = (round(text.at[0] - x - width / 2), round(text.at[1] - y - height / 2))
    cv2.putText(image, text.text, at, color, font, points, 600)


def _reach(together: list[Shape]) -> tuple[slice, slice]:
    """The rows and columns of a picture that the shapes stay within."""
    ends: list[Point] = []
    far = 0.0
    for shape in together:
        if isinstance(shape, Line):
            ends += shape.a, shape.b
            far = max(far, shape.width / 2)
        else:
            ends.append(shape.at)
            far = max(far, shape.radius if isinstance(shape, Dot) else shape.height * (len(shape.text) + 1))
    x, y, width, height = cv2.boundingRect(np.array(ends, dtype=np.float32))
    edge = ceil(far) + 2
    return slice(max(y - edge, 0), max(y + height + edge, 0)), slice(max(x - edge, 0), max(x + width + edge, 0))
