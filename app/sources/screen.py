"""The screen as a live source."""

from __future__ import annotations

import threading
import time

import mss
import numpy as np
from mss.exception import ScreenShotError

from app.core.errors import StanceError
from app.core.message import foreign
from app.core.people import Frame, Image
from app.core.settings import Rotate
from app.sources.orientation import CLOCKWISE

FPS = 30.0


class Screen:
    """Captures the primary screen up to 30 times a second; ``time_s`` counts from the first frame.

    ``rotate`` is clockwise in degrees; "auto" is 0. Raises StanceError if no screen can be captured.
    """

    name = "screen"
    live = True
    still = False
    fps: float | None = FPS
    frames: int | None = None
    duration_s: float | None = None

    def __init__(self, rotate: Rotate = "auto") -> None:
        self._turn = CLOCKWISE["0" if rotate == "auto" else rotate]
        self._closed = threading.Event()
        self._index = 0
        self._started_s = 0.0
        with _connection() as connection:
            image = self._turn(_grab(connection))
        self.size: tuple[int, int] = (image.shape[1], image.shape[0])
        self._connection: mss.MSS | None = None

    def read(self) -> Frame | None:
        """Capture the screen, at most 30 times a second; None after ``close``.

        Raises StanceError if the screen is gone.
        """
        if self._connection is None:  # created by the reading thread: some systems tie it to its thread
            self._connection = _connection()
            self._started_s = time.monotonic()
        due_s = self._started_s + self._index / FPS
        if self._closed.wait(max(0.0, due_s - time.monotonic())):
            self._connection.close()
            return None
        now_s = time.monotonic() - self._started_s
        frame = Frame(self._index, now_s, self._turn(_grab(self._connection)))
        self._index = max(self._index, int(now_s * FPS)) + 1
        self.size = (frame.image.shape[1], frame.image.shape[0])
        return frame

    def seek(self, time_s: float) -> None:
        """Do nothing: a live source cannot seek."""

    def seek_index(self, index: int) -> None:
        """Do nothing: a live source cannot seek."""

    def frame_name(self, index: int) -> str:
        """Always empty: the frames of a screen have no names."""
        return ""

    def close(self) -> None:
        """End the source: the next ``read`` returns None."""
        self._closed.set()


def _connection() -> mss.MSS:
    try:
        return mss.MSS()
    except ScreenShotError as error:
        raise StanceError("The screen cannot be read ({reason}): wanted a display.", reason=foreign(error)) from None


def _grab(connection: mss.MSS) -> Image:
    """The primary screen as (H, W, 3) uint8 BGR."""
    try:
        shot = connection.grab(connection.monitors[1])
    except (ScreenShotError, IndexError) as error:
        raise StanceError("The screen cannot be read ({reason}): wanted a display.", reason=foreign(error)) from None
    pixels = np.frombuffer(shot.bgra, dtype=np.uint8).reshape(shot.height, shot.width, 4)
    return np.ascontiguousarray(pixels[:, :, :3])
