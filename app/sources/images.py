"""Still images: a file, a folder or a glob pattern."""

from __future__ import annotations

import glob
import re
import threading
from pathlib import Path

import cv2

from app.core.address import path_of, picture_folder
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Frame, Image
from app.core.settings import Rotate
from app.sources import PICTURE_ENDINGS, Notify, SourceEvent, ignore
from app.sources.depth import Span
from app.sources.picture import PictureFile


class Images:
    """The images at ``where``: a file, the images in a folder, or those that match a glob pattern.

    They are read in natural order (2 before 10) at one per second: ``time_s`` is the image's index. A single file
    gives all its pages; a file among others gives its first page, with an event to ``notify``.
    ``rotate`` "auto" follows the EXIF orientation; any other value rotates clockwise by that many degrees instead.
    An image that cannot be read is skipped with an event to ``notify``; its index is not used. ``size`` is that of the
    first image.

    Raises StanceError if no image can be read.
    """

    live = False
    still = True
    fps: float | None = None

    def __init__(self, where: Path | str, rotate: Rotate = "auto", name: str = "", notify: Notify = ignore) -> None:
        self.name = name or str(where)
        self._rotate: Rotate = rotate
        self._notify = notify
        self._closed = threading.Event()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # bad images are reported by this class
        self._paths = _find_images(where, self.name)
        self._folder = picture_folder(str(where))
        self._reported_spans: set[Span] = set()
        self._single_file = PictureFile(self._paths[0]) if isinstance(where, Path) and len(self._paths) == 1 else None
        self._pages = (
            self._single_file.pages if self._single_file is not None and len(self._single_file.pages) > 1 else []
        )
        count = len(self._pages) or len(self._paths)
        self._index = 0
        self._pending: Frame | None = None
        self.frames: int | None = count
        self.duration_s: float | None = float(count)
        first = self.read()
        if first is None:
            raise StanceError("None of the {count} images in {name} can be read.", count=count, name=self.name)
        self._pending = first
        self.size: tuple[int, int] = (first.image.shape[1], first.image.shape[0])

    def read(self) -> Frame | None:
        """Return the next image that can be read, or None at the end and after ``close``.

        Raises StanceError if the only image cannot be read.
        """
        if self._pending is not None and not self._closed.is_set():
            frame, self._pending = self._pending, None
            return frame
        while self._index < (self.frames or 0) and not self._closed.is_set():
            self._index += 1
            if (found := self._read_frame(self._index - 1)) is not None:
                return found
        return None

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return image number ``time_s``, rounded down."""
        self._pending = None
        self._index = min(max(int(time_s), 0), (self.frames or 1) - 1)

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return image number ``index``, or the last readable one before it."""
        self.seek(float(index))
        for number in range(self._index, -1, -1):
            if self._closed.is_set():
                return
            if (frame := self._read_frame(number)) is not None:
                self._pending, self._index = frame, number + 1
                return

    def frame_name(self, index: int) -> str:
        """The image's file name relative to the opened folder, with ``#`` and the page number if it has pages."""
        path = self._paths[0 if self._pages else index]
        name = path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else path.name
        return f"{name}#{index}" if self._pages else name

    def close(self) -> None:
        """End the source: the next ``read`` returns None."""
        self._closed.set()

    def _read_frame(self, index: int) -> Frame | None:
        """Read image number ``index``; None, with an event, if it cannot be read and there are others."""
        try:
            return Frame(index, float(index), self._read(index))
        except StanceError as error:
            if self.frames == 1:
                raise
            self._notify(SourceEvent("skipped", error.message))
            return None

    def _read(self, index: int) -> Image:
        path = self._paths[0 if self._pages else index]
        file = self._single_file if self._single_file is not None and self._pages else PictureFile(path)
        image, span = file.read(self._pages[index] if self._pages else file.first, self._rotate)
        if span is not None and span not in self._reported_spans:
            self._reported_spans.add(span)
            message = Message(
                "The image {path} has values from {low:g} to {high:g}, which are scaled to 8 bits.",
                path=path,
                low=span.low,
                high=span.high,
            )
            self._notify(SourceEvent("notice", message))
        if not self._pages and (count := file.count) > 1:
            self._notify(
                SourceEvent(
                    "notice",
                    Message(
                        "The file {path} holds {count} images, of which only one is used: open it by itself to use all "
                        "of them.",
                        path=path,
                        count=count,
                    ),
                )
            )
        return image


def _find_images(where: Path | str, name: str) -> list[Path]:
    if isinstance(where, str):
        found = [Path(path) for path in glob.glob(str(path_of(where)), recursive=True)]
    elif where.is_dir():
        try:
            found = list(where.iterdir())
        except OSError as error:
            raise StanceError(
                "The folder {name} cannot be read: {reason}.", name=name, reason=foreign(error.strerror)
            ) from None
    else:
        return [where]
    pictures = [path for path in found if path.suffix.lower() in PICTURE_ENDINGS and path.is_file()]
    if not pictures:
        endings = ", ".join(PICTURE_ENDINGS)
        raise StanceError(
            "There is no image in {name}: wanted files ending in one of {endings}.", name=name, endings=endings
        )
    return sorted(set(pictures), key=_natural_key)


def _natural_key(path: Path) -> tuple[list[tuple[int, str]], str]:
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]
    return parts, str(path)  # 1 and 01 are the same number, so the path decides their order
