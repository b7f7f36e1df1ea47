"""One connection to a camera or stream, read by its own thread so that no old frames queue up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple, cast

import cv2
import numpy as np

from app.core.message import Message, foreign
from app.core.people import Image
from app.sources.display_shape import believed_aspect, square_size
from app.sources.http_pictures import Capture, HttpCapture

UNOPENED = Message("it cannot be opened")


class CapturedImage(NamedTuple):
    """A frame with its sequence number and its time of arrival (``time.monotonic``, seconds).

    ``image`` is (H, W, 3) uint8 BGR.
    """

    number: int
    at_s: float
    image: Image


class CaptureThread(threading.Thread):
    """Reads from the capture that ``opener`` opens until it fails or is abandoned, and keeps only the newest frame.

    Sequence numbers count from ``start``; ``next`` is the number of the next frame. ``last_s`` is when the last frame
    arrived, ``changed_s`` when the last one arrived that differed from its predecessor (``time.monotonic``, seconds).
    ``fps`` is the declared frame rate or None, ``ended`` the reason why the thread ended or None while it runs. The
    thread is a daemon: a driver that blocks is abandoned, and releases the device if it ever returns.
    """

    def __init__(self, opener: Callable[[], Capture], start: int = 0) -> None:
        super().__init__(name="stance-capture", daemon=True)
        self._opener = opener
        self._abandoned = threading.Event()
        self._condition = threading.Condition()
        self._latest: CapturedImage | None = None
        self._last: Image | None = None
        self._start = start
        self.next = start
        self.fps: float | None = None
        self.ended: Message | None = None
        self.last_s = self.changed_s = time.monotonic()
        self.start()

    @property
    def has_delivered(self) -> bool:
        """Whether any frame arrived."""
        return self.next > self._start

    def take(self, timeout_s: float) -> CapturedImage | None:
        """Wait up to ``timeout_s`` seconds for the newest frame that was not taken yet.

        Returns None if none arrived in time or the connection has ended.
        """
        with self._condition:
            self._condition.wait_for(
                lambda: self._latest or self.ended is not None or self._abandoned.is_set(), timeout_s
            )
            captured, self._latest = self._latest, None
            return captured

    def abandon(self) -> None:
        """Ask the thread to stop, without waiting for it."""
        self._abandoned.set()
        with self._condition:
            self._condition.notify_all()

    def run(self) -> None:
        """Open the capture, read it until it ends, release it."""
        reason = Message("its reader failed")
        try:
            capture = self._opener()
            try:
                reason = self._read_until_end(capture)
            finally:
                capture.release()
        except cv2.error as error:
            reason = foreign(error.err)
        finally:
            with self._condition:
                self.ended = reason
                self._condition.notify_all()

    def _read_until_end(self, capture: Capture) -> Message:
        if not capture.isOpened():
            return UNOPENED
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.fps = rate if 0 < rate <= 240 else None
        # A stream with an end is a recording: it arrives as fast as it is read, so it is read at its own frame rate.
        recorded = capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        started_s = time.monotonic()
        while not self._abandoned.is_set():
            got, image = capture.read()
            if not got or image is None:
                return Message("no further frame arrived")
            if recorded:
                self._abandoned.wait(max(0.0, started_s + capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - time.monotonic()))
            asks_again = isinstance(capture, HttpCapture) and capture.asks_again
            if asks_again:
                self.fps = None
            self._publish(_in_square_pixels(cast(Image, image), capture), alive=asks_again)
        return Message("it was abandoned")

    def _publish(self, image: Image, alive: bool) -> None:
        """Make ``image`` the newest frame; ``alive`` means that it counts as changed even if it equals the last one."""
        changed = alive or self._last is None or not np.array_equal(image, self._last)
        self._last = image
        with self._condition:
            self.last_s = time.monotonic()
            if changed:
                self.changed_s = self.last_s
            self._latest = CapturedImage(self.next, self.last_s, image)
            self.next += 1
            self._condition.notify_all()


def _in_square_pixels(image: Image, capture: Capture) -> Image:
    """``image`` (H, W, 3) scaled to square pixels if the stream declares another pixel aspect ratio."""
    width, height = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = believed_aspect(Fraction(round(width), round(height)) if width > 0 and height > 0 else None)
    size = square_size(image.shape[1], image.shape[0], aspect)
    if size == (image.shape[1], image.shape[0]):
        return image
    return cast(Image, cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))
