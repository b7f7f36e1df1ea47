"""Who plays in the made scenes, and where: people cut out of annotated photos, and places without anybody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.evaluate.photos import Annotated, Photo, Photos
from app.people import Floats, Image

SEEN = 14
TALLEST, SMALLEST = 1.6, 150
ALONE = 0.01
BORDER = 2
ANKLES = (15, 16)
"""A person can be cut out with so many of COCO's 17 keypoints to be seen, both ankles labelled, a box so many times as
high as wide and so many pixels high, so many pixels from the border, and no more of it under another person's box."""

PLACES = 8
PLACE_WIDTH = 300
STEP = 16
"""So many places, at least so wide in their photo; they are looked for in steps of so many pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A photographed person: the picture (H, W, 3) of the box, and the keypoints (17, 3) = x y score in it."""

    image: Image
    keypoints: Floats

    def sized(self, height: float) -> Cutout:
        """The same, ``height`` pixels high (rounded)."""
        old = self.image.shape[:2]
        size = max(round(old[1] * height / old[0]), 1), round(height)
        scale = np.array(size) / old[::-1]
        points = self.keypoints.copy()
        points[:, :2] = (points[:, :2] + 0.5) * scale - 0.5
        image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA if scale[1] < 1 else cv2.INTER_LINEAR)
        return Cutout(np.asarray(image, np.uint8), points)


def cutouts(photos: Photos) -> list[Cutout]:
    """Everyone who can be cut out of ``photos``: whole, large, well to be seen and alone."""
    return [_cut(photo, person) for photo in photos.photos for person in photo.people if _fit(photo, person)]


def places(photos: Photos, width: int, height: int) -> list[Image]:
    """The largest parts of ``photos`` without anybody, scaled to ``width`` x ``height``."""
    free = [(photo, *part) for photo in photos.photos if (part := _free(photo, width / height)) is not None]
    free.sort(key=lambda place: (-place[3], place[0].id))
    return [
        np.asarray(cv2.resize(photo.read()[y : y + h, x : x + w], (width, height)), np.uint8)
        for photo, x, y, w, h in free[:PLACES]
    ]


def _fit(photo: Photo, person: Annotated) -> bool:
    visible = person.keypoints[:, 2]
    low, high = person.box[:2], person.box[2:]
    width, height = high - low
    whole = min(*low, *(np.array(_size(photo)) - high)) >= BORDER
    large = height >= SMALLEST and height >= TALLEST * width
    if not (whole and large and (visible == 2).sum() >= SEEN and visible[list(ANKLES)].all()):
        return False
    others = np.array([other.box for other in photo.everybody if other is not person]).reshape(-1, 4)
    common = np.minimum(others[:, 2:], high) - np.maximum(others[:, :2], low)
    return bool((np.prod(np.clip(common, 0, None), axis=1) <= ALONE * width * height).all())


def _cut(photo: Photo, person: Annotated) -> Cutout:
    left, top = np.floor(person.box[:2]).astype(int)
    right, bottom = np.ceil(person.box[2:]).astype(int)
    points = person.keypoints.copy()
    points[:, :2] -= left, top
    points[:, 2] = points[:, 2] > 0
    return Cutout(photo.read()[top:bottom, left:right], points)


def _free(photo: Photo, aspect: float) -> tuple[int, int, int, int] | None:
    """The largest part x y w h of ``aspect`` (width / height) without people, or None where it is too small."""
    columns, rows = _size(photo)
    taken = np.zeros((rows, columns), np.uint8)
    for person in photo.everybody:
        left, top = np.maximum(person.box[:2], 0).astype(int)
        right, bottom = np.ceil(person.box[2:]).astype(int)
        taken[top:bottom, left:right] = 1
    sums = cv2.integral(taken)
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
    """Width and height, from the picture itself where the annotations do not tell."""
    return photo.size or photo.read().shape[1::-1]
