"""Material for synthetic scenes: people cut out of annotated photos, and backgrounds without people."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.core.people import Floats, Image
from app.evaluate.photos import Annotated, Photo, Photos

MIN_VISIBLE = 14
"""Minimum number of visible keypoints, of COCO's 17, of a person to cut out."""
MIN_ASPECT, MIN_HEIGHT = 1.6, 150
"""Minimum height of the person's box relative to its width, and in pixels."""
MAX_OVERLAP = 0.01
"""Maximum fraction of the box that is covered by another person's box."""
BORDER = 2
"""Minimum distance of the box from the photo's border, in pixels."""
ANKLES = (15, 16)
"""COCO's ankles, which must both be labeled."""

MAX_PLACES = 8
"""Maximum number of backgrounds."""
PLACE_WIDTH = 300
"""Minimum width of a background in its photo, in pixels."""
STEP = 16
"""Step of the search for backgrounds, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A person cut out of a photo: ``image`` (H, W, 3) of the box, ``keypoints`` (17, 3) x y score in its pixels."""

    image: Image
    keypoints: Floats

    def sized(self, height: float) -> Cutout:
        """The same cutout scaled to ``height`` pixels (rounded)."""
        old = self.image.shape[:2]
        size = max(round(old[1] * height / old[0]), 1), round(height)
        scale = np.array(size) / old[::-1]
        points = self.keypoints.copy()
        points[:, :2] = (points[:, :2] + 0.5) * scale - 0.5
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA if scale[1] < 1 else cv2.INTER_LINEAR)
        return Cutout(np.asarray(image, np.uint8), points)


def cutouts(photos: Photos) -> list[Cutout]:
    """All people in ``photos`` who can be cut out: complete, large, visible and not overlapped by others."""
    return [
        _cut_out(photo, person) for photo in photos.photos for person in photo.people if _is_suitable(photo, person)
    ]


def places(photos: Photos, width: int, height: int) -> list[Image]:
    """Up to ``MAX_PLACES`` largest regions of ``photos`` without people, scaled to (``height``, ``width``, 3)."""
    free = [(photo, *part) for photo in photos.photos if (part := _free_region(photo, width / height)) is not None]
    free.sort(key=lambda place: (-place[3], place[0].id))
    return [
        np.asarray(cv2.resize(photo.read()[y : y + h, x : x + w], (width, height)), np.uint8)
        for photo, x, y, w, h in free[:MAX_PLACES]
    ]


def _is_suitable(photo: Photo, person: Annotated) -> bool:
    visible = person.keypoints[:, 2]
    low, high = person.box[:2], person.box[2:]
    width, height = high - low
    whole = min(*low, *(np.array(_size(photo)) - high)) >= BORDER
    large = height >= MIN_HEIGHT and height >= MIN_ASPECT * width
    if not (whole and large and (visible == 2).sum() >= MIN_VISIBLE and visible[list(ANKLES)].all()):
        return False
    others = np.array([other.box for other in photo.annotations if other is not person]).reshape(-1, 4)
    common = np.minimum(others[:, 2:], high) - np.maximum(others[:, :2], low)
    return bool((np.prod(np.clip(common, 0, None), axis=1) <= MAX_OVERLAP * width * height).all())


def _cut_out(photo: Photo, person: Annotated) -> Cutout:
    left, top = np.floor(person.box[:2]).astype(int)
    right, bottom = np.ceil(person.box[2:]).astype(int)
    points = person.keypoints.copy()
    points[:, :2] -= left, top
    points[:, 2] = points[:, 2] > 0
    return Cutout(photo.read()[top:bottom, left:right], points)


def _free_region(photo: Photo, aspect: float) -> tuple[int, int, int, int] | None:
    """The largest region x y w h with ``aspect`` (width / height) without people; None if it is too small."""
    columns, rows = _size(photo)
    occupied = np.zeros((rows, columns), np.uint8)
    for person in photo.annotations:
        left, top = np.maximum(person.box[:2], 0).astype(int)
        right, bottom = np.ceil(person.box[2:]).astype(int)
        occupied[top:bottom, left:right] = 1
    sums = cv2.integral(occupied)
    for width in range(min(columns, int(rows * aspect)), PLACE_WIDTH, -STEP):
        height = int(width / aspect)
        people = (
            sums[height::STEP, width::STEP]
            - sums[: -height or None : STEP, width::STEP]
            - sums[height::STEP, : -width or None : STEP]
            + sums[: -height or None : STEP, : -width or None : STEP]
        )
        y, x = np.nonzero(people == 0)
        if len(y):
            return int(x[0]) * STEP, int(y[0]) * STEP, width, height
    return None


def _size(photo: Photo) -> tuple[int, int]:
    """(width, height), from the picture itself if the annotations do not state it."""
    return photo.size or photo.read().shape[1::-1]
