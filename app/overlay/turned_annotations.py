"""Annotations for a picture that is rotated otherwise than the one on which they were drawn."""

from __future__ import annotations

from dataclasses import replace

from app.overlay.annotations import Annotation, Annotations, Place
from app.sources.orientation import Orientation


def turned(annotations: Annotations, before: Orientation, after: Orientation, size: tuple[int, int]) -> Annotations:
    """``annotations`` of pictures in the orientation ``before``, for pictures in ``after``.

    The latter have this ``size`` (width, height).
    """
    stored = (size[1], size[0]) if after.transpose else size

    def place(point: Place) -> Place:
        first, second = ((1, 1), (1, 1)) if point.keypoint else (stored, size)  # relative to a keypoint: a vector
        x, y = after.place(*before.inverse().place(point.x, point.y, first), second)
        return replace(point, x=x, y=y)

    def turn(annotation: Annotation) -> Annotation:
        return replace(annotation, points=tuple(place(point) for point in annotation.points))

    return Annotations(tuple(turn(annotation) for annotation in annotations))
