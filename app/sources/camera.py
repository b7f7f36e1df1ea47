"""Cameras and network streams: the newest picture always, and a loss that is a state instead of a crash."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np
from cv2_enumerate_cameras import enumerate_cameras

from app.errors import StanceError
from app.people import Frame, Image
from app.settings import Rotate
from app.sources import Notify, SourceEvent, ignore
from app.sources.turn import CLOCKWISE, UPRIGHT

OPEN_S = 10.0  # to the first picture
SILENCE_S = 3.0
FROZEN_S = 5.0  # a sensor's noise never gives the same bytes for so long
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
DEVICE_API = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(
    sys.platform, cv2.CAP_ANY
)
NETWORK_TIMEOUTS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 8000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera of this machine; ``index`` is the number that opens it."""

    index: int
    name: str
    path: str


def list_cameras() -> list[CameraInfo]:
    """The cameras of this machine by index; none where the system cannot tell."""
    try:
        found = enumerate_cameras(DEVICE_API)
    except (OSError, ValueError, NotImplementedError):
        return []
    return sorted((CameraInfo(one.index, one.name or "camera", one.path or "") for one in found), key=lambda one: one.index)


def find_camera(text: str) -> CameraInfo | None:
    """The camera of that name: the very name, else the only one that contains it; capitals do not matter.

    Raises StanceError where several contain it.
    """
    wanted = text.strip().casefold()
    cameras = list_cameras()
    for camera in cameras:
        if camera.name.casefold() == wanted or camera.path == text:
            return camera
    alike = [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(alike) > 1:
        raise StanceError(f"Several cameras are called {text!r}: wanted one of {_named(alike)}.")
    return alike[0] if alike else None


class Camera:
    """A camera (its number, device path or name) or a stream (its address), by OpenCV.

    ``read`` gives the newest picture; ``index`` counts all that arrived, so a gap tells how many were passed over, and
    ``time_s`` is when it arrived, in seconds after the first. When pictures stay away, or a camera repeats one to the
    bit, the source is lost: ``notify`` is told, it is opened again after growing pauses, and ``read`` waits.
    Raises StanceError where it cannot be opened to begin with.
    """

    live = True
    still = False
    frames: int | None = None
    duration_s: float | None = None

    def __init__(self, text: str, rotate: Rotate = "auto", notify: Notify = ignore) -> None:
        self.name = re.sub(r"//[^/@]*@", "//", text)  # a password is nobody's business
        self._rotate: Rotate = rotate
        self._notify = notify
        self._address = _address(text)
        self._arrived = threading.Condition()
        self._closed = False
        self._lost = False
        self._attempts = 0
        self._index = 0
        self._first_s: float | None = None
        self._frozen: Image | None = None
        self._feed = self._open_feed()
        with self._arrived:
            self._arrived.wait_for(lambda: self._feed.latest is not None or self._feed.ended is not None, OPEN_S)
            latest = self._feed.latest
        if latest is None:
            self.close()
            raise StanceError(_no_picture(self.name, self._address))
        self.fps: float | None = self._feed.fps
        self.size: tuple[int, int] = (latest.shape[1], latest.shape[0])

    def read(self) -> Frame | None:
        """The newest picture that was not given yet, as soon as there is one; None after ``close``."""
        while not self._closed:
            with self._arrived:
                self._arrived.wait_for(self._something_happened, timeout=0.1)
                image, at_s, self._feed.latest = self._feed.latest, self._feed.last_s, None
                index = self._index + self._feed.count - 1
            if self._closed:
                break
            if image is not None and not self._same_as_frozen(image):
                return self._frame(index, at_s, image)
            reason = self._loss()
            if reason:
                self._reopen(reason)
        return None
