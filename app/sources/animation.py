"""Animated WebP files, which FFmpeg does not read, as a video source."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
from PIL import WebPImagePlugin

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Frame, Image
from app.core.settings import Rotate
from app.sources import check_size
from app.sources.orientation import CLOCKWISE, EXIF_TURNS
from app.sources.pillow_errors import DAMAGE

SHORTEST_MS = 10
DEFAULT_MS = 100
"""Duration that browsers use for a frame that declares less than ``SHORTEST_MS``."""
SLACK_S = 1e-6


class AnimatedWebP:
    """The frames of the animated WebP file at ``path``, each at its own timestamp.

    ``rotate`` "auto" follows the EXIF orientation; any other value rotates clockwise by that many degrees instead.
    Raises StanceError if the file cannot be read.
    """

    live = False
    still = False

    def __init__(self, path: Path, rotate: Rotate = "auto", name: str = "") -> None:
        self.name = name or str(path)
        self._closed = threading.Event()
        try:
            durations = list(_durations_ms(path.read_bytes()))
        except OSError as error:
            raise StanceError(
                "The image {path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror)
            ) from None
        try:
            self._picture = WebPImagePlugin.WebPImageFile(path)
        except DAMAGE:
            raise StanceError("The image {path} cannot be decoded: wanted a complete image.", path=path) from None
        check_size(*self._picture.size, Message("The image {path}", path=path))
        self._turn = (
            CLOCKWISE[rotate] if rotate != "auto" else EXIF_TURNS.get(_orientation(self._picture), EXIF_TURNS[1])
        )
        self._starts_s = [0.0, *(ms / 1000 for ms in accumulate(durations))]
        self.duration_s: float | None = self._starts_s.pop()
        self.frames: int | None = len(self._starts_s)
        self.fps: float | None = self.frames / self.duration_s if self.duration_s else None
        self._index = 0
        height, width = self._image(0).shape[:2]
        self.size: tuple[int, int] = (width, height)

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end and after ``close``. Raises StanceError for damage."""
        if self._index >= len(self._starts_s) or self._closed.is_set():
            return None
        index, self._index = self._index, self._index + 1
        return Frame(index, self._starts_s[index], self._image(index))

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return the frame shown at ``time_s``."""
        self._index = max(bisect_right(self._starts_s, time_s + SLACK_S) - 1, 0)

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return frame number ``index``, or the last one if there are fewer."""
        self._index = min(max(index, 0), len(self._starts_s) - 1)

    def frame_name(self, index: int) -> str:
        """Always empty: the frames of an animation have no names."""
        return ""

    def close(self) -> None:
        """End the source: the next ``read`` returns None."""
        self._closed.set()

    def _image(self, index: int) -> Image:
        try:
            self._picture.seek(index)
            pixels = np.asarray(self._picture.convert("RGB"))
        except DAMAGE:
            raise StanceError(
                "{name} cannot be read to its end: frame {index} is damaged.", name=self.name, index=index
            ) from None
        return self._turn(np.ascontiguousarray(pixels[..., ::-1]))


def _durations_ms(data: bytes) -> Iterator[int]:
    """The duration of each frame in milliseconds, from the file's ``ANMF`` chunks."""
    offset = 12
    while offset + 8 <= len(data):
        size = int.from_bytes(data[offset + 4 : offset + 8], "little")
        if data[offset : offset + 4] == b"ANMF":
            ms = int.from_bytes(data[offset + 20 : offset + 23], "little")
            yield ms if ms >= SHORTEST_MS else DEFAULT_MS
        offset += 8 + size + size % 2


def _orientation(picture: WebPImagePlugin.WebPImageFile) -> int:
    try:
        orientation = int(picture.getexif().get(0x112, 1))
        return orientation if orientation in EXIF_TURNS else 1
    except DAMAGE:
        return 1
