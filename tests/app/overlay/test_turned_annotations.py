"""Annotations stay on what they were drawn on when the picture is rotated otherwise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.overlay import Annotation, Annotations, Place
from app.overlay.turned_annotations import turned
from app.sources.orientation import EXIF_TURNS, Orientation

TURNS = list(EXIF_TURNS.values())


@pytest.mark.parametrize(("before", "after"), list(itertools.product(TURNS, TURNS)))
def test_points_and_offsets_lie_on_the_same_pixels(before: Orientation, after: Orientation) -> None:
    raw = np.zeros((7, 11, 3), np.uint8)
    raw[2, 3], raw[5, 9] = 100, 200

    def place(image: np.ndarray, value: int) -> tuple[int, int]:
        y, x = np.argwhere(image[..., 0] == value)[0].tolist()
        return x, y

    old, new = before(raw), after(raw)
    first, second = place(old, 100), place(old, 200)
    offset = Place(second[0] - first[0], second[1] - first[1], 4, "left_knee")
    drawn = Annotations((Annotation("distance", (Place(*first), offset), frames=(3, 8)),))
    annotation = turned(drawn, before, after, (new.shape[1], new.shape[0])).items[0]
    assert (annotation.points[0].x, annotation.points[0].y) == place(new, 100)
    moved = annotation.points[1]
    aim = place(new, 200)
    assert (moved.x + annotation.points[0].x, moved.y + annotation.points[0].y) == aim
    assert (moved.person, moved.keypoint, annotation.frames) == (4, "left_knee", (3, 8))
