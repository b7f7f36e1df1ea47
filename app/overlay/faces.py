"""Where faces are in a picture, from the keypoints of people: rather too large an area than too small a one."""

from __future__ import annotations

from functools import cache
from math import dist, isfinite
from typing import NamedTuple

import numpy as np

from app.analysis.landmarks import keypoint_indices
from app.analysis.part_lengths import heights_now, seen_points
from app.core.people import Floats, Person
from app.core.skeleton import PARTS, Skeleton
from app.overlay.shape import FAR, Point

MIN_SCORE = 0.3
"""Keypoints with a lower score are not seen."""
HEAD_HEIGHT = 0.13
"""Height of the head in body heights (D. A. Winter: Biomechanics and Motor Control of Human Movement, 2009)."""
REACH = 2.2
"""The longest side of a box around a whole person of 1.75 m, with raised arms, in meters."""
HEAD_M = 0.23
WIDE_PAIRS = (
    ("left_ear", "right_ear", 0.63),
    ("nose", "left_ear", 0.52),
    ("nose", "right_ear", 0.52),
    ("left_eye", "left_ear", 0.41),
    ("right_eye", "right_ear", 0.41),
)
"""Keypoints of the head and their distance, in heights of the head; shorter where it is turned."""
CLOSE_PAIRS = (("left_eye", "right_eye", 0.27), ("nose", "left_eye", 0.22), ("nose", "right_eye", 0.22))
"""Others, used where no ear is seen: a small error of a keypoint is a large one of the head."""
SHOULDERS = 1.7
"""Distance of the shoulders in heights of the head."""
FACE_POINTS = 0.74
"""Extent of the keypoints of a face, from the brows to the chin, in heights of the head."""
MIN_FACE_POINTS = 12
"""Number of seen keypoints of a face from which they tell its extent."""
NECK_TO_FACE = 1.05
"""Distance of the face from the middle of the shoulders, in heights of the head."""
RADIUS, UNCERTAIN_RADIUS, GUESSED_RADIUS = 0.66, 0.85, 1.1
"""Radius of the area in heights of the head: of a face, of one between the top of the head and the neck, of a guess."""
MAX_RATIO = 2.5
"""The head is at most this much larger than the rest of the body suggests."""
UPPER_PART, WIDE = 0.35, 1.2
"""The part of a box that has the head, of its height; a box wider than this, in heights, may have it anywhere."""


class FaceArea(NamedTuple):
    """An area around a face in pixels: its center, its half width and half height, and the ``head``'s height.

    ``is_round``: an ellipse, else a rectangle.
    """

    x: float
    y: float
    half_width: float
    half_height: float
    head: float
    is_round: bool = True

    def grown(self, factor: float) -> FaceArea:
        """An area ``factor`` times as wide and high around the same center."""
        return self._replace(half_width=self.half_width * factor, half_height=self.half_height * factor)

    def contains(self, other: FaceArea) -> bool:
        """Whether the center of ``other`` is inside."""
        return abs(other.x - self.x) <= self.half_width and abs(other.y - self.y) <= self.half_height


def face_areas(person: Person, skeleton: Skeleton) -> list[FaceArea]:
    """The areas in which the face of ``person`` is; none if the box is not finite, and for a skeleton of hands.

    Around the keypoints of the head; with fewer than two, also above the shoulders and the upper part of the box.
    """
    points = _points(person.keypoints, skeleton)
    box: list[float] = person.box.tolist()
    if not all(isfinite(value) and abs(value) < FAR for value in box) or _has_only_hands(skeleton):
        return []
    head = _head_height(person, points, skeleton)
    dense = [point for name, point in points.items() if name.startswith(("face-", "face_mesh-"))]
    if len(dense) >= MIN_FACE_POINTS:
        (x0, y0), (x1, y1) = np.min(dense, axis=0).tolist(), np.max(dense, axis=0).tolist()
        head = max(x1 - x0, y1 - y0) / FACE_POINTS
        return [_circle(((x0 + x1) / 2, (y0 + y1) / 2), RADIUS * head, head)]
    seen = [point for name, point in points.items() if name.endswith(("nose", "eye", "ear"))]
    if len(seen) > 1:
        center = _mean(seen)
        furthest = max(dist(center, point) for point in seen)
        return [_circle(center, max(RADIUS * head, furthest + head / 4), head)]
    guesses = [_circle(point, GUESSED_RADIUS * head, head) for point in seen]
    top, neck = _first(points, "head", "head_top"), _neck(points)
    if top is not None:
        below = neck or (top[0], top[1] + head)
        middle = (top[0] + below[0]) / 2, (top[1] + below[1]) / 2
        guesses.append(_circle(middle, max(UNCERTAIN_RADIUS * head, 0.6 * dist(top, below)), head))
    elif neck is not None:
        up = _up(neck, points)
        at = neck[0] + NECK_TO_FACE * head * up[0], neck[1] + NECK_TO_FACE * head * up[1]
        guesses.append(_circle(at, GUESSED_RADIUS * head, head))
    return guesses if top is not None else [*guesses, _upper_part(box, head)]


def _head_height(person: Person, points: dict[str, Point], skeleton: Skeleton) -> float:
    """The height of the head in pixels: the largest that box, body and head suggest, as turned parts look shorter."""
    x0, y0, x1, y1 = person.box.tolist()
    extent = max(x1 - x0, y1 - y0, 1.0)
    sizes = [HEAD_M / REACH * extent]
    height = float(heights_now(seen_points(person.keypoints[None], MIN_SCORE), skeleton)[0])
    if isfinite(height):
        sizes.append(HEAD_HEIGHT * height)
    if "left_shoulder" in points and "right_shoulder" in points:
        sizes.append(dist(points["left_shoulder"], points["right_shoulder"]) / SHOULDERS)
    by_body = max(sizes)
    by_head = _pair_size(points, WIDE_PAIRS) or _pair_size(points, CLOSE_PAIRS)
    return min(max(by_body, min(by_head, MAX_RATIO * by_body)), 1.5 * extent)


def _pair_size(points: dict[str, Point], pairs: tuple[tuple[str, str, float], ...]) -> float:
    """The height of the head that the distances of ``pairs`` suggest; 0 if none is seen."""
    return max(
        (dist(points[a], points[b]) / length for a, b, length in pairs if a in points and b in points), default=0
    )


def _upper_part(box: list[float], head: float) -> FaceArea:
    """The upper part of ``box``; all of it for somebody who lies."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    deep = height if width > WIDE * height else min(max(UPPER_PART * height, 0.6 * width), height)
    top = y0 - head / 4
    return FaceArea((x0 + x1) / 2, (top + y0 + deep) / 2, width / 2 + head / 4, (y0 + deep - top) / 2, head, False)


def _points(keypoints: Floats, skeleton: Skeleton) -> dict[str, Point]:
    """The positions of the seen keypoints by name."""
    rows = keypoints[: len(skeleton.names)].tolist()
    return {
        name: (x, y)
        for name, (x, y, score) in zip(skeleton.names, rows, strict=False)
        if score >= MIN_SCORE and abs(x) < FAR and abs(y) < FAR
    }


def _neck(points: dict[str, Point]) -> Point | None:
    """The middle of the shoulders, or what is nearest to it."""
    sides = [points[name] for name in ("left_shoulder", "right_shoulder") if name in points]
    return _first(points, "neck", "thorax", "upper_neck") or (_mean(sides) if sides else None)


def _up(neck: Point, points: dict[str, Point]) -> Point:
    """The direction from the hips to the ``neck``; upward if the hips are not seen."""
    hips = [points[name] for name in ("hip", "pelvis", "left_hip", "right_hip") if name in points]
    hip = _mean(hips) if hips else neck
    length = dist(hip, neck)
    return ((neck[0] - hip[0]) / length, (neck[1] - hip[1]) / length) if length >= 1 else (0.0, -1.0)


def _first(points: dict[str, Point], *names: str) -> Point | None:
    return next((points[name] for name in names if name in points), None)


def _mean(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _circle(center: Point, radius: float, head: float) -> FaceArea:
    return FaceArea(*center, radius, radius, head)


@cache
def _has_only_hands(skeleton: Skeleton) -> bool:
    """Whether the skeleton has fingers, but neither a head nor shoulders."""
    parts = {skeleton.part(number) for number in range(len(skeleton.names))}
    return bool(parts & set(PARTS[5:])) and not parts & {"face"} and not keypoint_indices(skeleton, "neck")
