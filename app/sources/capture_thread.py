"""One connection to a camera or stream, drained by a thread of its own so that nothing old is ever waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple, cast

import cv2
import numpy as np

from app.people import Image

UNOPENED = "it cannot be opened"


class Picture(NamedTuple):
    """A picture, the how-manieth it is, and when it arrived (``time.monotonic``)."""

    number: int
    at_s: float
    image: Image


class Feed(threading.Thread):
    """Reads what ``opener`` opens until it fails or is left, and keeps the newest picture alone.

    Pictures are counted from ``start``; ``next`` is the number that the next one gets. ``last_s`` and ``changed_s``
    are when the last one came, and when the last one came that differed from the one before. The thread is a
    daemon: a driver that blocks for ever is abandoned, and lets go of the device if it ever returns.
    """

    def __init__(self, opener: Callable[[], cv2.VideoCapture], start: int = 0) -> None:
        super().__init__(name="stance-feed", daemon=True)
        self._opener = opener
        self._left = threading.Event()
        self._news = threading.Condition()
        self._latest: Picture | None = None
        self._last: Image | None = None
        self._start = start
        self.next = start
        self.fps: float | None = None
        self.ended: str | None = None
        self.last_s = self.changed_s = time.monotonic()
        self.start()

    @property
    def gave(self) -> bool:
        """Whether any picture came."""
        return self.next > self._start

    def take(self, timeout_s: float) -> Picture | None:
        """The newest picture that was not taken yet; None where none came in time or none will come."""
        with self._news:
            self._news.wait_for(lambda: self._latest or self.ended is not None or self._left.is_set(), timeout_s)
            picture, self._latest = self._latest, None
            return picture

    def leave(self) -> None:
        """Stop reading, without waiting for it."""
        self._left.set()
        with self._news:
            self._news.notify_all()

    def run(self) -> None:
        """Open, drain, let go."""
        reason = "its reader failed"
        try:
            capture = self._opener()
            try:
                reason = self._drain(capture)
            finally:
                capture.release()
        except cv2.error as error:
            reason = error.err
        finally:
            with self._news:
                self.ended = reason
                self._news.notify_all()

    def _drain(self, capture: cv2.VideoCapture) -> str:
        if not capture.isOpened():
            return UNOPENED
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.fps = rate if 0 < rate <= 240 else None
        # What has an end is a recording: it is sent as fast as it is read, and has to be read at its own pace.
        recorded = capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        started_s = time.monotonic()
        while not self._left.is_set():
            got, image = capture.read()
            if not got or image is None:
                return "no further picture came"
            if recorded:
                self._left.wait(max(0.0, started_s + capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - time.monotonic()))
            self._put(cast(Image, image))
        return "it was left"

    def _put(self, image: Image) -> None:
        changed = self._last is None or not np.array_equal(image, self._last)
        self._last = image
        with self._news:
            self.last_s = time.monotonic()
            if changed:
                self.changed_s = self.last_s
            self._latest = Picture(self.next, self.last_s, image)
            self.next += 1
            self._news.notify_all()
