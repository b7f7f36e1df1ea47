"""Reads one image file of any format as the pipeline needs it: 8 bits, BGR, upright."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Image
from app.core.settings import Rotate
from app.sources import MAX_PIXELS, check_size
from app.sources.depth import Span, to_8_bits
from app.sources.heif import HeifPictures
from app.sources.orientation import CLOCKWISE, EXIF_TURNS
from app.sources.picture_format import HEAD_BYTES, Format, picture_format
from app.sources.pillow_errors import DAMAGE
from app.sources.tiff_tags import Page, tiff_pages

DEEP: tuple[Format, ...] = ("tiff", "png", "pnm")
ANIMATED: tuple[Format, ...] = ("gif", "png", "webp", "avif")
UNREAD: dict[Format | None, str] = {"jxl": "JPEG XL", "ico": "ICO"}
"""Formats that are refused: FFmpeg has no JPEG XL decoder, and PyAV crashes on ICO."""
CANON_RAW = b"CR"
DEEP_KINDS = (cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH, cv2.IMREAD_ANYDEPTH, cv2.IMREAD_UNCHANGED)
"""Flags to try in turn: OpenCV converts gray images to color only up to 16 bits."""
PNM_MAXIMUM = re.compile(rb"P[2356](?:\s+(?:#[^\n]*\n\s*)*)\d+\s+(?:#[^\n]*\n\s*)*\d+\s+(?:#[^\n]*\n\s*)*(\d+)\s")


class PictureFile:
    """The image or images in the file at ``path``.

    ``pages`` are the numbers of its separate images: the pages of a TIFF file, the images of a HEIC file, else only 0.
    ``first`` is the one that viewers show; ``count`` is the number of images, including frames of an animation.

    Raises StanceError if the file cannot be read, is no image, or is a camera's raw file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise StanceError(
                "The image {path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror)
            ) from None
        self._format = picture_format(self._data[:HEAD_BYTES])
        self._tiff: dict[int, Page] = {}
        self._heif: HeifPictures | None = None
        self._largest = 0
        self.pages, self.first = [0], 0
        if self._format == "tiff":
            self._read_tiff_pages()
        elif self._format == "heic":
            self._heif = HeifPictures(self._data, path)
            self.pages, self.first = list(range(len(self._heif))), self._heif.primary
        elif self._format in UNREAD:
            kind = UNREAD[self._format]
            raise StanceError(
                "The image {path} is {kind}, for which there is no decoder: wanted another format.",
                path=path,
                kind=kind,
            )

    @property
    def count(self) -> int:
        """The number of images in the file, including frames of an animation."""
        if self._format in ANIMATED:
            return animation_length(self._data, self._format)
        return len(self.pages)

    def read(self, page: int, rotate: Rotate) -> tuple[Image, Span | None]:
        """Decode page number ``page`` as (H, W, 3) uint8 BGR without transparency.

        Also returns the values that were scaled to 0 and 255, see ``to_8_bits``. ``rotate`` "auto" follows the
        orientation in the file; any other value rotates clockwise by that many degrees instead.

        Raises StanceError if it cannot be decoded or is too large.
        """
        if self._heif is not None:
            check_size(*self._heif.size(page), Message("The image {path}", path=self._path))
            return self._heif.read(page, rotate), None
        follow = rotate == "auto"
        turn = CLOCKWISE[rotate] if not follow else EXIF_TURNS[1]
        if self._format == "avif" and follow and (own := _avif_orientation(self._data)) != 1:
            follow, turn = False, EXIF_TURNS[own]
        pixels = self._decode(page, follow)
        tags = self._tiff.get(page)
        if tags is not None and not follow:
            # OpenCV rotates TIFF pages whatever the flags are.
            pixels = EXIF_TURNS.get(tags.orientation, EXIF_TURNS[1]).inverse()(pixels)
        if len(self.pages) > 1 and pixels.dtype == np.uint16:  # all pages must have the same scale
            self._largest = max(self._largest, int(pixels.max()))
        image, span = to_8_bits(pixels, *self._black_and_white(pixels, tags), self._largest)
        return turn(image), span

    def _read_tiff_pages(self) -> None:
        directories = tiff_pages(self._data)
        if directories and (directories[0].is_part or directories[0].is_raw or self._data[8:10] == CANON_RAW):
            raise StanceError(
                "The image {path} is a camera raw file: wanted it converted to JPEG or TIFF.", path=self._path
            )
        whole = [page for page in directories if not page.is_part]
        self._tiff = {page.number: page for page in whole}
        self.pages = list(self._tiff) or [0]

    def _decode(self, page: int, follow: bool) -> NDArray[Any]:
        """Decode page number ``page`` as (H, W, 3) BGR with the dtype of the file."""
        oriented = 0 if follow else cv2.IMREAD_IGNORE_ORIENTATION
        pixels: NDArray[Any] | None = None
        for kind in DEEP_KINDS if self._format in DEEP else (cv2.IMREAD_COLOR,):
            if (pixels := self._try_decode(page, kind | oriented)) is not None:
                break
        if pixels is None:
            raise StanceError("The image {path} cannot be decoded: wanted a complete image.", path=self._path)
        check_size(pixels.shape[1], pixels.shape[0], Message("The image {path}", path=self._path))
        if pixels.ndim == 2 or pixels.shape[2] < 3:
            return np.repeat(pixels.reshape(*pixels.shape[:2], -1)[..., :1], 3, axis=2)
        return pixels[..., :3]

    def _try_decode(self, page: int, flags: int) -> NDArray[Any] | None:
        data = np.frombuffer(self._data, np.uint8)
        try:
            if page:
                found = cv2.imdecodemulti(data, flags, range=(page, page + 1))[1]
                return cast(NDArray[Any], found[0]) if found else None
            return cast(NDArray[Any] | None, cv2.imdecode(data, flags)) if data.size else None
        except cv2.error as error:
            if "MAX_IMAGE" not in str(error):
                return None
            raise StanceError(
                "The image {path} is too large: wanted at most {megapixels} megapixels.",
                path=self._path,
                megapixels=MAX_PIXELS // 10**6,
            ) from None

    def _black_and_white(self, pixels: NDArray[Any], tags: Page | None) -> tuple[float | None, float | None]:
        """The values of black and white that the file declares; None for those that are missing or implausible."""
        if self._format == "pnm" and (match := PNM_MAXIMUM.match(self._data[:4096])):
            maximum = float(match[1])
            return None, None if maximum in (255, 65535) else maximum
        if tags is None or pixels.dtype == np.uint8:
            return None, None
        if tags.bits in (10, 12, 14):  # packed samples: OpenCV scales them to 16 bits
            return None, 65535.0
        if tags.high is None or tags.high <= (tags.low or 0):
            return None, None
        return tags.low, tags.high


def animation_length(data: bytes | Path, kind: Format | None) -> int:
    """The number of frames of the GIF, PNG, WebP or AVIF image ``data``; 1 if it is a still image or damaged."""
    import PIL.Image
    from PIL import AvifImagePlugin, GifImagePlugin, PngImagePlugin, WebPImagePlugin

    PIL.Image.MAX_IMAGE_PIXELS = None  # nothing is decoded here
    readers: dict[Format | None, Callable[[BytesIO | Path], PIL.Image.Image]] = {
        "gif": GifImagePlugin.GifImageFile,
        "png": PngImagePlugin.PngImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
        "avif": AvifImagePlugin.AvifImageFile,
    }
    if kind not in readers:
        return 1
    try:
        with readers[kind](BytesIO(data) if isinstance(data, bytes) else data) as picture:
            return max(int(getattr(picture, "n_frames", 1)), 1)
    except DAMAGE:
        return 1


def _avif_orientation(data: bytes) -> int:
    """The file's own transformation as an EXIF orientation; 1 if only EXIF declares one, which OpenCV follows."""
    from PIL import AvifImagePlugin

    try:
        with AvifImagePlugin.AvifImageFile(BytesIO(data)) as picture:
            orientation = int(picture.getexif().get(0x112, 1))
            return orientation if orientation in EXIF_TURNS else 1
    except DAMAGE:
        return 1
