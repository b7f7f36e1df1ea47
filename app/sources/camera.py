"""Cameras and network streams: the newest picture always, and a loss that is a state instead of a crash."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np
from cv2_enumerate_cameras import enumerate_cameras

from app.address import without_secrets
from app.errors import StanceError
from app.people import Frame, Image
from app.settings import Rotate
from app.sources import Notify, SourceEvent, ignore
from app.sources.feed import UNOPENED, Feed, Picture
from app.sources.mode import Mode, split_mode
from app.sources.turn import CLOCKWISE, UPRIGHT

HANDOVER_S = (0.2, 0.5)
OPEN_S = 10.0  # a connection's time to its first picture
SILENCE_S = 3.0
FROZEN_S = 5.0  # a sensor's noise never gives the same bytes for so long
STREAM_FROZEN_S = 30.0  # an encoder may smooth a still scene's noise away, but not for ever
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)  # before each further attempt, the last one for ever
DEVICE_APIS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
DEVICE_API = DEVICE_APIS.get(sys.platform, cv2.CAP_ANY)
NETWORK_OPTIONS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 8000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 30000)


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
    cameras = [CameraInfo(one.index, one.name or f"camera {one.index}", one.path or "") for one in found]
    return sorted(cameras, key=lambda camera: camera.index)


def find_camera(text: str) -> CameraInfo | None:
    """The camera of that very name, else the only one whose name contains it; capitals do not matter.

    Raises StanceError where several contain it.
    """
    wanted = text.strip().casefold()
    cameras = list_cameras()
    alike = [camera for camera in cameras if camera.name.casefold() == wanted]
    alike = alike or [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(alike) > 1:
        raise StanceError(f"Several cameras are called {text!r}: wanted the number of one of {_told(alike)}.")
    return alike[0] if alike else None


def open_device(address: int | str) -> cv2.VideoCapture:
    """A camera of this machine, opened or not, that keeps nothing old."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(address, DEVICE_API)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def ask_for(mode: Mode, capture: cv2.VideoCapture) -> None:
    """Ask an open camera for ``mode``; what it cannot do it leaves."""
    if mode.size is not None:
        # Bare pixels of larger pictures do not come through USB at the full rate; a camera without this keeps its own.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.size[1])
    if mode.fps is not None:
        capture.set(cv2.CAP_PROP_FPS, mode.fps)


class Camera:
    """A camera (its number, device path or name, and what it is asked for) or a stream (its address), by OpenCV.

    ``read`` gives the newest picture; ``index`` counts all that arrived, so a gap tells how many were passed over, and
    ``time_s`` is when it arrived, both from the first one that was read. When pictures stay away, or a device
    repeats one to the bit, the source is lost: ``notify`` is told, it is opened again after growing pauses, and
    ``read`` goes on waiting.
    Raises StanceError where it cannot be opened to begin with.
    """

    live = True
    still = False
    frames: int | None = None
    duration_s: float | None = None

    def __init__(self, text: str, rotate: Rotate = "auto", notify: Notify = ignore) -> None:
        self.name = without_secrets(text)
        device, self._mode = split_mode(text)
        self._address = _address(device)
        self._turn = UPRIGHT if rotate == "auto" else CLOCKWISE[rotate]
        self._follows_file = rotate == "auto"
        self._notify = notify
        self._closed = threading.Event()
        self._lost = False
        self._attempts = 0
        self._retry_s: float | None = None  # when to open it again
        self._frozen: Image | None = None
        self._silent: Feed | None = None  # a connection that may yet wake while another one is tried
        first = self._begin()
        if first is None:
            self.close()
            raise StanceError(self._absence())
        self._known = (found.name if (found := self._listed(list_cameras())) else "") if self._is_device else ""
        self._ahead: Picture | None = first
        self._first: Picture | None = None
        self.fps: float | None = self._feed.fps
        turned = self._turn(first.image)
        self.size: tuple[int, int] = (turned.shape[1], turned.shape[0])

    def read(self) -> Frame | None:
        """The newest picture that was not given yet, as soon as there is one; None after ``close``."""
        while not self._closed.is_set():
            picture = self._take()
            loss = "" if self._retry_s is not None and picture is None else self._loss(picture)
            if loss:
                self._lose(loss)
            elif picture is not None and self._is_new(picture.image):
                self._find()
                return self._frame(picture)
            elif self._retry_s is not None and time.monotonic() >= self._retry_s:
                self._reconnect()
        return None

    def seek(self, time_s: float) -> None:
        """Nothing: what is live has no past."""

    def frame_name(self, index: int) -> str:
        """Empty: the frames of a camera have no names."""
        return ""

    def close(self) -> None:
        """Let go of the camera; a waiting ``read`` returns None."""
        self._closed.set()
        self._feed.leave()
        if self._silent is not None:
            self._silent.leave()

    @property
    def _is_device(self) -> bool:
        return isinstance(self._address, int) or "://" not in self._address

    @property
    def _title(self) -> str:
        return f"Camera {split_mode(self.name)[0]}" if self._is_device else f"The stream {self.name}"

    def _begin(self) -> Picture | None:
        """The first picture; whoever had a camera until just now may need a moment to let go of it."""
        for pause_s in (0.0, *HANDOVER_S):
            time.sleep(pause_s)
            self._feed = Feed(self._capture)
            first = self._feed.take(OPEN_S)
            if first is not None or self._feed.ended != UNOPENED or not self._is_device:
                break
        return first

    def _capture(self) -> cv2.VideoCapture:
        if self._is_device:
            capture = open_device(self._address)
            ask_for(self._mode, capture)
            return capture
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay")
        capture = cv2.VideoCapture(str(self._address), cv2.CAP_FFMPEG, NETWORK_OPTIONS)
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, float(self._follows_file))
        return capture

    def _take(self) -> Picture | None:
        """The newest picture of whichever connection gives one; the other is left."""
        picture, self._ahead = self._ahead, None
        if self._silent is not None and (woken := self._silent.take(0.0)) is not None:
            self._feed.leave()
            self._feed, self._silent = self._silent, None
            return woken
        if self._retry_s is not None:
            self._closed.wait(0.1)  # nothing may be running that could be waited for
        picture = self._feed.take(0.0 if picture or self._retry_s else 0.25) or picture
        if picture is not None and self._silent is not None:
            self._silent.leave()
            self._silent = None
        return picture

    def _frame(self, picture: Picture) -> Frame:
        self._first = self._first or picture
        image = self._turn(picture.image)
        self.size = (image.shape[1], image.shape[0])
        return Frame(picture.number - self._first.number, picture.at_s - self._first.at_s, image)

    def _is_new(self, image: Image) -> bool:
        """False for the picture on which the source froze: to show it again would not be news."""
        return self._frozen is None or not np.array_equal(image, self._frozen)

    def _loss(self, picture: Picture | None) -> str:
        """Why the connection counts as lost, ``picture`` being what came last; empty while it does not."""
        if picture is not None:
            patience_s = FROZEN_S if self._is_device else STREAM_FROZEN_S
            if picture.at_s - self._feed.changed_s < patience_s:
                return ""
            self._frozen = picture.image
            self._feed.leave()
            return f"the same picture for {patience_s:.0f} s"
        if self._feed.ended is not None:
            return self._feed.ended
        patience_s = SILENCE_S if self._feed.gave else OPEN_S
        silent = time.monotonic() - self._feed.last_s > patience_s
        return f"no picture for {patience_s:.0f} s" if silent else ""

    def _lose(self, reason: str) -> None:
        if not self._lost:
            self._lost = True
            self._notify(SourceEvent("lost", f"{self._title} is lost ({reason}); trying again."))
        self._retry_s = time.monotonic() + PAUSES_S[min(self._attempts, len(PAUSES_S) - 1)]
        self._attempts += 1

    def _find(self) -> None:
        self._retry_s = None
        if self._lost:
            self._lost, self._attempts, self._frozen = False, 0, None
            self._notify(SourceEvent("live", f"{self._title} is back."))

    def _reconnect(self) -> None:
        self._retry_s = None
        if self._silent is None and self._feed.gave and self._feed.ended is None:
            self._silent = self._feed
        else:
            self._feed.leave()
        self._address = self._whereabouts()
        self._feed = Feed(self._capture, self._feed.next)
        if self._closed.is_set():  # closed in between: nobody else will
            self.close()

    def _whereabouts(self) -> int | str:
        """The address, or the one that the camera of that name got where it was plugged in again elsewhere."""
        alike = [camera for camera in list_cameras() if camera.name == self._known] if self._known else []
        return alike[0].index if len(alike) == 1 and self._listed(alike) is None else self._address

    def _listed(self, cameras: list[CameraInfo]) -> CameraInfo | None:
        """The one of ``cameras`` that is this."""
        return next((camera for camera in cameras if self._address in (camera.index, camera.path)), None)

    def _absence(self) -> str:
        """The sentence for a source that did not open."""
        if not self._is_device:
            return f"{self._title} gives no picture: wanted an address that can be reached and played."
        cameras = list_cameras()
        camera = self._listed(cameras)
        if camera is None:
            return f"There is no camera {split_mode(self.name)[0]}: found {_told(cameras) or 'none on this machine'}."
        if _forbidden(camera.path):
            return f"{self._title} may not be used: wanted the right to read and write {camera.path}."
        if self._feed.ended == UNOPENED:
            return f"{self._title} does not open: another program seems to be using it."
        return f"{self._title} gives no picture: wanted one that is awake and that no other program is using."


def _address(text: str) -> int | str:
    if text.isdecimal():
        return int(text)
    if "://" in text or text.startswith("/dev/"):
        return text
    camera = find_camera(text)
    if camera is None:
        raise StanceError(f"There is no camera {text!r}: found {_told(list_cameras()) or 'none on this machine'}.")
    return camera.index


def _forbidden(path: str) -> bool:
    """Whether there is a device file ``path`` that this person may not use; other systems tell nobody."""
    return path.startswith("/dev/") and os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK)


def _told(cameras: list[CameraInfo]) -> str:
    return ", ".join(f"{camera.index} ({camera.name})" for camera in cameras)
