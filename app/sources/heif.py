"""HEIC images, as phones take them, decoded by libheif with all tiles and rotated upright once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from app.core.errors import StanceError
from app.core.people import Image
from app.core.settings import Rotate
from app.sources.orientation import CLOCKWISE, EXIF_TURNS, Orientation
from app.sources.pillow_errors import DAMAGE

ORIENTATION = 0x112


class HeifPictures:
    """The images in ``data``, the bytes of the file ``path``; ``primary`` is the number of the one that viewers show.

    Raises StanceError if no HEIC reader is installed or nothing can be decoded.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        try:
            from pillow_heif import open_heif
        except ImportError:
            raise StanceError(
                "The image {path} is HEIC, for which no decoder is installed: wanted another format, or `pip "
                "install pillow-heif`.",
                path=path,
            ) from None
        try:
            self._file = open_heif(data, bgr_mode=True)
            self._file[self._file.primary_index]
        except DAMAGE:
            raise StanceError("The image {path} cannot be decoded: wanted a complete image.", path=path) from None
        self.primary = self._file.primary_index
        self._path = path

    def __len__(self) -> int:
        return len(self._file)

    def size(self, number: int) -> tuple[int, int]:
        """(width, height) in pixels of image ``number``, known before it is decoded."""
        width, height = self._file[number].size
        return width, height

    def read(self, number: int, rotate: Rotate) -> Image:
        """Decode image ``number`` as (H, W, 3) uint8 BGR. Raises StanceError if it is damaged.

        ``rotate`` "auto" follows the file's transformations, and EXIF only if there are none; any other value rotates
        the stored image clockwise by that many degrees.
        """
        try:
            picture = self._file[number]
            pixels = np.asarray(picture)
            turns = _turns(getattr(picture._c_image, "transformations", ()))
            exif = _exif_orientation(picture.info.get("exif"))
        except DAMAGE:
            raise StanceError("The image {path} cannot be decoded: wanted a complete image.", path=self._path) from None
        if pixels.dtype != np.uint8:  # images of one channel are decoded with their 10 or 12 bits
            pixels = (pixels >> 8).astype(np.uint8)
        image = cast(Image, cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels[..., :3])
        if rotate == "auto":
            return np.ascontiguousarray(image if turns else EXIF_TURNS.get(exif, EXIF_TURNS[1])(image))
        for turn in reversed(turns):
            image = turn.inverse()(image)
        return np.ascontiguousarray(CLOCKWISE[rotate](image))


def _turns(properties: tuple[tuple[Any, ...], ...]) -> list[Orientation]:
    """The decoder's transformations: ``irot`` rotates anticlockwise by degrees, ``imir`` 1 swaps left and right."""
    turns = []
    for name, *values in properties:
        if name == "irot":
            turns.append(CLOCKWISE[cast(Rotate, str(values[0]))].inverse())
        elif name == "imir":
            turns.append(Orientation(mirror_x=values[0] == 1, mirror_y=values[0] == 0))
    return turns


def _exif_orientation(exif: object) -> int:
    from PIL.Image import Exif

    if not isinstance(exif, bytes) or not exif:
        return 1
    tags = Exif()
    try:
        tags.load(exif)
        return int(tags.get(ORIENTATION, 1))
    except DAMAGE:
        return 1
