"""Who plays in the made scenes, and where: people cut out of annotated photos, and places without anybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.errors import StanceError
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


class Photos:
    """A folder of photos with COCO's person keypoints."""

    def __init__(self, images: Path, annotations: Path) -> None:
        """Raises StanceError where ``annotations`` cannot be read."""
        try:
            told = json.loads(annotations.read_bytes())
            self._photos = {photo["id"]: photo for photo in told["images"]}
            self._people: dict[int, list[dict[str, Any]]] = {photo: [] for photo in self._photos}
            for person in told["annotations"]:
                self._people[person["image_id"]].append(person)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StanceError(f"{annotations} cannot be read ({error!r}): wanted COCO person keypoints.") from None
        self._folder = images

    def cutouts(self) -> list[Cutout]:
        """Everyone who can be cut out, in the order of the file: whole, large, well to be seen and alone."""
        return [
            self._cut(photo, person)
            for photo, people in self._people.items()
            for person in people
            if self._fit(photo, person)
        ]

    def places(self, width: int, height: int) -> list[Image]:
        """The largest parts of photos without anybody, scaled to ``width`` x ``height``."""
        free = [(photo, *part) for photo in self._photos if (part := self._free(photo, width / height)) is not None]
        free.sort(key=lambda place: (-place[3], place[0]))
        return [
            np.asarray(cv2.resize(self._read(photo)[y : y + h, x : x + w], (width, height)), np.uint8)
            for photo, x, y, w, h in free[:PLACES]
        ]

    def _fit(self, photo: int, person: dict[str, Any]) -> bool:
        if person.get("iscrowd") or not person.get("num_keypoints"):
            return False
        seen = np.array(person["keypoints"][2::3])
        x, y, w, h = person["bbox"]
        size = self._photos[photo]
        whole = min(x, y, size["width"] - x - w, size["height"] - y - h) >= BORDER
        large = h >= SMALLEST and h >= TALLEST * w
        if not (whole and large and (seen == 2).sum() >= SEEN and seen[list(ANKLES)].all()):
            return False
        others = np.array([other["bbox"] for other in self._people[photo] if other is not person]).reshape(-1, 4)
        low = np.maximum(others[:, :2], [x, y])
        high = np.minimum(others[:, :2] + others[:, 2:], [x + w, y + h])
        return bool((np.prod(np.clip(high - low, 0, None), axis=1) <= ALONE * w * h).all())

    def _cut(self, photo: int, person: dict[str, Any]) -> Cutout:
        x, y, w, h = person["bbox"]
        left, top = int(np.floor(x)), int(np.floor(y))
        points = np.array(person["keypoints"], np.float32).reshape(-1, 3)
        points[:, :2] -= left, top
        points[:, 2] = points[:, 2] > 0
        image = self._read(photo)[top : int(np.ceil(y + h)), left : int(np.ceil(x + w))]
        return Cutout(image, points)

    def _free(self, photo: int, aspect: float) -> tuple[int, int, int, int] | None:
        """The largest part x y w h of ``aspect`` (width / height) without people, or None where it is too small."""
        size = self._photos[photo]
        taken = np.zeros((size["height"], size["width"]), np.uint8)
        for person in self._people[photo]:
            x, y, w, h = person["bbox"]
            taken[max(int(y), 0) : int(np.ceil(y + h)), max(int(x), 0) : int(np.ceil(x + w))] = 1
        sums = cv2.integral(taken)
        for width in range(min(size["width"], int(size["height"] * aspect)), PLACE_WIDTH, -STEP):
            height = int(width / aspect)
            people = (
                sums[height::STEP, width::STEP]
                - sums[: -height or None : STEP, width::STEP]
                - sums[height::STEP, : -width or None : STEP]
                + sums[: -height or None : STEP, : -width or None : STEP]
            )
            rows, columns = np.nonzero(people == 0)
            if len(rows):
                return int(columns[0]) * STEP, int(rows[0]) * STEP, width, height
        return None

    def _read(self, photo: int) -> Image:
        path = self._folder / self._photos[photo]["file_name"]
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_BGR | cv2.IMREAD_IGNORE_ORIENTATION)
        if image is None:
            raise StanceError(f"{path} cannot be read: wanted the photo that the annotations name.")
        return np.asarray(image, np.uint8)
