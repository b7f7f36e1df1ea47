"""Still pictures: a file, a folder or a pattern."""

from __future__ import annotations

import glob
import re
import threading
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from app.address import path_of
from app.errors import StanceError
from app.people import Frame, Image
from app.settings import Rotate
from app.sources import MAX_PIXELS, PICTURE_ENDINGS, Notify, SourceEvent, check_size, ignore
from app.sources.turn import CLOCKWISE


class Images:
    """The pictures that ``where`` is: a file, the pictures in a folder, or those that match a glob pattern.

    They come in natural order (2 before 10), each standing for one second: ``time_s`` is the picture's index.
    ``rotate`` "auto" follows the EXIF orientation, anything else turns clockwise by that many degrees instead.
    A picture that cannot be read is skipped, and told to ``notify``; its index stays free. ``size`` is the first one's.
    Raises StanceError where no picture can be read.
    """

    live = False
    still = True
    fps: float | None = None

    def __init__(self, where: Path | str, rotate: Rotate = "auto", name: str = "", notify: Notify = ignore) -> None:
        self.name = name or str(where)
        self._rotate: Rotate = rotate
        self._notify = notify
        self._closed = threading.Event()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # a bad picture is told by us
        self._paths = _find(where, self.name)
        self._index = 0
        self._ahead: Frame | None = None
        self.frames: int | None = len(self._paths)
        self.duration_s: float | None = float(len(self._paths))
        first = self.read()
        if first is None:
            raise StanceError(f"None of the {len(self._paths)} pictures of {self.name} can be read.")
        self._ahead = first
        self.size: tuple[int, int] = (first.image.shape[1], first.image.shape[0])

    def read(self) -> Frame | None:
        """The next picture that can be read, or None at the end and after ``close``."""
        if self._ahead is not None and not self._closed.is_set():
            frame, self._ahead = self._ahead, None
            return frame
        while self._index < len(self._paths) and not self._closed.is_set():
            index = self._index
            self._index += 1
            try:
                return Frame(index, float(index), _read(self._paths[index], self._rotate))
            except StanceError as error:
                if len(self._paths) == 1:
                    raise
                self._notify(SourceEvent("skipped", str(error)))
        return None

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` give picture number ``time_s``, rounded down."""
        self._ahead = None
        self._index = min(max(int(time_s), 0), len(self._paths) - 1)

    def frame_name(self, index: int) -> str:
        """The picture's file name, without its folder."""
        return self._paths[index].name

    def close(self) -> None:
        """The next ``read`` gives None."""
        self._closed.set()


def _find(where: Path | str, name: str) -> list[Path]:
    if isinstance(where, str):
        found = [Path(path) for path in glob.glob(str(path_of(where)), recursive=True)]
    elif where.is_dir():
        try:
            found = list(where.iterdir())
        except OSError as error:
            raise StanceError(f"The folder {name} cannot be read: {error.strerror}.") from None
    else:
        return [where]
    pictures = [path for path in found if path.suffix.lower() in PICTURE_ENDINGS and path.is_file()]
    if not pictures:
        endings = ", ".join(PICTURE_ENDINGS)
        raise StanceError(f"There is no picture in {name}: wanted files that end in one of {endings}.")
    return sorted(pictures, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def _read(path: Path, rotate: Rotate) -> Image:
    """The picture as HxWx3 BGR, 8 bits; 16 bits lose their lower half, transparency is dropped."""
    flags = cv2.IMREAD_COLOR if rotate == "auto" else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image: Image | None = None
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        image = cast(Image | None, cv2.imdecode(data, flags)) if data.size else None
    except OSError as error:
        raise StanceError(f"The picture {path} cannot be read: {error.strerror}.") from None
    except cv2.error as error:
        if "MAX_IMAGE" in str(error):
            raise StanceError(
                f"The picture {path} is too large: wanted at most {MAX_PIXELS // 10**6} megapixels."
            ) from None
    if image is None:
        raise StanceError(f"The picture {path} cannot be decoded: wanted a whole picture.")
    check_size(image.shape[1], image.shape[0], f"The picture {path}")
    return image if rotate == "auto" else CLOCKWISE[rotate](image)
