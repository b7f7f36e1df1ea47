"""Turning a picture upright: the eight ways in which a camera can have been held."""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np

from app.people import Image
from app.settings import Rotate


class Turn(NamedTuple):
    """Swap rows and columns first, then mirror left-right and top-bottom."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def __call__(self, image: Image) -> Image:
        """The turned picture; ``image`` itself where nothing is to be done."""
        if self.transpose:
            image = cast(Image, cv2.transpose(image))
        if self.mirror_x or self.mirror_y:
            image = cast(Image, cv2.flip(image, 0 if not self.mirror_x else -1 if self.mirror_y else 1))
        return image


UPRIGHT = Turn()
CLOCKWISE: dict[Rotate, Turn] = {
    "0": UPRIGHT,
    "90": Turn(transpose=True, mirror_x=True),
    "180": Turn(mirror_x=True, mirror_y=True),
    "270": Turn(transpose=True, mirror_y=True),
}


def matrix_turn(matrix: bytes) -> Turn:
    """The turn that an FFmpeg display matrix asks for: nine int32, of which a b / c d turn, x' = ax + cy, y' = bx + dy.

    Slants are rounded to the nearest quarter turn.
    """
    a, b, _, c, d = np.frombuffer(matrix, dtype=np.int32, count=5)
    if abs(int(a)) + abs(int(d)) >= abs(int(b)) + abs(int(c)):
        return Turn(False, bool(a < 0), bool(d < 0))
    return Turn(True, bool(c < 0), bool(b < 0))
