"""Rotating images upright: the eight orientations of EXIF."""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np

from app.core.people import Image
from app.core.settings import Rotate


class Orientation(NamedTuple):
    """A rotation or reflection: transpose first, then mirror left-right (x) and top-bottom (y)."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def __call__(self, image: Image) -> Image:
        """Apply to ``image`` (H, W, 3); returns ``image`` itself if nothing is to be done."""
        if self.transpose:
            image = cast(Image, cv2.transpose(image))
        if self.mirror_x or self.mirror_y:
            image = cast(Image, cv2.flip(image, 0 if not self.mirror_x else -1 if self.mirror_y else 1))
        return image

    def place(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """Where the pixel (x, y) of an image is in the result, which has this ``size`` (width, height).

        With the size (1, 1) it is a vector that is turned.
        """
        if self.transpose:
            x, y = y, x
        return (size[0] - 1 - x if self.mirror_x else x), (size[1] - 1 - y if self.mirror_y else y)

    def inverse(self) -> Orientation:
        """The orientation that undoes this one."""
        return Orientation(True, self.mirror_y, self.mirror_x) if self.transpose else self


UPRIGHT = Orientation()
CLOCKWISE: dict[Rotate, Orientation] = {
    "0": UPRIGHT,
    "90": Orientation(transpose=True, mirror_x=True),
    "180": Orientation(mirror_x=True, mirror_y=True),
    "270": Orientation(transpose=True, mirror_y=True),
}
EXIF_TURNS = {
    number: Orientation(*swaps)
    for number, swaps in enumerate(
        (
            *((False, False, False), (False, True, False), (False, True, True), (False, False, True)),
            *((True, False, False), (True, True, False), (True, True, True), (True, False, True)),
        ),
        start=1,
    )
}
"""The transformation for each value of EXIF's Orientation tag."""


def orientation_of_matrix(matrix: bytes) -> Orientation:
    """The orientation of an FFmpeg display matrix: nine int32, with x' = ax + cy and y' = bx + dy.

    Other angles are rounded to the nearest quarter turn.
    """
    a, b, _, c, d = np.frombuffer(matrix, dtype=np.int32, count=5)
    if abs(int(a)) + abs(int(d)) >= abs(int(b)) + abs(int(c)):
        return Orientation(False, bool(a < 0), bool(d < 0))
    return Orientation(True, bool(c < 0), bool(b < 0))
