"""What the user draws on a clip's pictures: lines, distances, angles, arrows and texts, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import hypot, isfinite
from typing import Any, Literal, get_args

from app.core.errors import StanceError
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton
from app.overlay.shape import FAR, Color, Point

Kind = Literal["line", "distance", "angle", "arrow", "text"]
Frames = tuple[int, int]
"""The indices of a first and a last frame."""

KINDS: tuple[Kind, ...] = get_args(Kind)
POINTS: dict[Kind, int] = {"line": 2, "distance": 2, "angle": 3, "arrow": 2, "text": 1}
"""Number of points; the second one of an angle is its vertex, that of an arrow its tip."""
YELLOW = Color(255, 214, 10)
NEAR = 0.04
"""An end that is nearer than this to the keypoint that it follows is put on it, as a fraction of the person's size."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point in pixels of the source, or relative to a keypoint that it follows.

    With a ``keypoint`` (its name) of the person with the id ``person``, ``x`` and ``y`` count from there.
    """

    x: float
    y: float
    person: int = 0
    keypoint: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One drawing; ``points`` are as many as ``POINTS`` says.

    It is drawn in the frames from the first to the last index of ``frames``, or in all if that is None; where a point
    follows a keypoint, only where that is seen.
    """

    kind: Kind
    points: tuple[Place, ...]
    text: str = ""
    color: Color = YELLOW
    frames: Frames | None = None

    @property
    def follows(self) -> bool:
        """Whether any of the points follows a keypoint."""
        return any(point.keypoint for point in self.points)

    def is_shown(self, index: int) -> bool:
        """Whether it belongs to the frame ``index``."""
        return self.frames is None or self.frames[0] <= index <= self.frames[1]

    def to_plain(self) -> dict[str, Any]:
        """The annotation as JSON takes it."""
        return {
            "kind": self.kind,
            "points": [
                [point.x, point.y, point.person, point.keypoint] if point.keypoint else [point.x, point.y]
                for point in self.points
            ],
            "text": self.text,
            "color": list(self.color),
            "frames": None if self.frames is None else list(self.frames),
        }


@dataclass(frozen=True, slots=True)
class Annotations:
    """All annotations of a clip, in drawing order."""

    items: tuple[Annotation, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.items)

    def added(self, annotation: Annotation) -> Annotations:
        """With one more."""
        return Annotations((*self.items, annotation))

    def without(self, number: int) -> Annotations:
        """Without that at position ``number``."""
        return Annotations((*self.items[:number], *self.items[number + 1 :]))

    def changed(self, number: int, annotation: Annotation) -> Annotations:
        """With another one at position ``number``."""
        return Annotations((*self.items[:number], annotation, *self.items[number + 1 :]))

    def to_plain(self) -> list[dict[str, Any]]:
        """The annotations as JSON takes them."""
        return [annotation.to_plain() for annotation in self.items]

    @classmethod
    def from_plain(cls, data: object) -> Annotations:
        """The inverse of ``to_plain``. Raises StanceError for anything else."""
        if not isinstance(data, list):
            raise StanceError("The annotations are not a list: wanted one with an entry for each annotation.")
        return cls(tuple(_annotation(number, entry) for number, entry in enumerate(data, 1)))


NO_ANNOTATIONS = Annotations()


def places(
    annotation: Annotation, poses: FramePoses, skeleton: Skeleton | None, threshold: float
) -> tuple[Point, ...] | None:
    """Where the points are in the frame of ``poses``, in pixels; None if one follows a keypoint that is not seen."""
    found = [_at(point, poses, skeleton, threshold) for point in annotation.points]
    known = tuple(point for point in found if point is not None)
    return known if len(known) == len(found) else None


def moved(annotation: Annotation, number: int, before: Point, after: Point) -> Annotation:
    """With the point ``number``, which is at ``before``, moved to ``after``; it still follows what it followed."""
    point = annotation.points[number]
    shifted = replace(point, x=point.x + after[0] - before[0], y=point.y + after[1] - before[1])
    return replace(annotation, points=(*annotation.points[:number], shifted, *annotation.points[number + 1 :]))


def fixed(annotation: Annotation, at: tuple[Point, ...]) -> Annotation:
    """The annotation with its points at the pixels ``at``, following nothing."""
    return replace(annotation, points=tuple(Place(x, y) for x, y in at))


def following(
    annotation: Annotation, at: tuple[Point, ...], poses: FramePoses, skeleton: Skeleton, threshold: float
) -> Annotation | None:
    """The annotation, whose points are at the pixels ``at``, following keypoints; None if none is seen.

    Each end of a line, distance or angle follows the keypoint nearest to it. An arrow and a text follow as a whole the
    keypoint nearest to the arrow's tip or the text.
    """
    seen = [
        (person, name, (x, y))
        for person in poses.people
        if person.id
        for name, (x, y, score) in zip(skeleton.names, person.keypoints.tolist(), strict=False)
        if score >= threshold and abs(x) < FAR and abs(y) < FAR
    ]
    if not seen:
        return None
    whole = annotation.kind in ("arrow", "text")
    points = []
    for x, y in at:
        from_x, from_y = at[-1] if whole else (x, y)
        person, name, (key_x, key_y) = min(seen, key=lambda one: hypot(one[2][0] - from_x, one[2][1] - from_y))
        offset = (x - key_x, y - key_y)
        if not whole and hypot(*offset) < NEAR * _size(person):
            offset = (0.0, 0.0)
        points.append(Place(*offset, person.id, name))
    return replace(annotation, points=tuple(points))


def _size(person: Person) -> float:
    """The longer side of the person's box, in pixels."""
    x0, y0, x1, y1 = person.box.tolist()
    return float(max(x1 - x0, y1 - y0))


def _at(point: Place, poses: FramePoses, skeleton: Skeleton | None, threshold: float) -> Point | None:
    if not point.keypoint:
        return point.x, point.y
    person = next((one for one in poses.people if one.id == point.person), None)
    if person is None or skeleton is None or point.keypoint not in skeleton.names:
        return None
    number = skeleton.names.index(point.keypoint)
    if number >= len(person.keypoints):
        return None
    x, y, score = person.keypoints[number].tolist()
    if not (score >= threshold and abs(x) < FAR and abs(y) < FAR):
        return None
    return x + point.x, y + point.y


def _annotation(number: int, entry: object) -> Annotation:
    """The inverse of ``Annotation.to_plain``."""
    match entry:
        case {
            "kind": str() as kind,
            "points": list() as points,
            "text": str() as text,
            "color": color,
            "frames": frames,
        }:
            if kind in POINTS and len(points) == POINTS[kind]:
                found = [_place(point) for point in points]
                known = tuple(point for point in found if point is not None)
                shade, span = _color(color), _frames(frames)
                if len(known) == len(found) and shade is not None and span is not False:
                    return Annotation(kind, known, text, shade, span)
    raise StanceError(
        "Annotation {number} cannot be read: wanted a kind ({kinds}) with its points in pixels, a text, a color and "
        "frames.",
        number=number,
        kinds=", ".join(KINDS),
    )


def _place(point: object) -> Place | None:
    match point:
        case [int() | float() as x, int() | float() as y] if _is_place(x, y):
            return Place(float(x), float(y))
        case [int() | float() as x, int() | float() as y, int() as person, str() as keypoint] if _is_place(x, y):
            return Place(float(x), float(y), person, keypoint) if keypoint else None
    return None


def _is_place(x: float, y: float) -> bool:
    return isfinite(x) and isfinite(y) and abs(x) < FAR and abs(y) < FAR


def _color(color: object) -> Color | None:
    match color:
        case [int() as red, int() as green, int() as blue, int() | float() as alpha]:
            if all(0 <= part <= 255 for part in (red, green, blue)) and 0 <= alpha <= 1:
                return Color(red, green, blue, float(alpha))
    return None


def _frames(frames: object) -> Frames | Literal[False] | None:
    """The frames; False if they are none."""
    match frames:
        case None:
            return None
        case [int() as first, int() as last] if 0 <= first <= last:
            return first, last
    return False
