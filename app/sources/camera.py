"""Cameras and network streams: always the newest frame, and a lost connection is a state, not an error."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np
from cv2_enumerate_cameras import enumerate_cameras

from app.core.address import without_secrets
from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Frame, Image
from app.core.settings import Rotate
from app.sources import Notify, SourceEvent, ignore
from app.sources.camera_mode import Mode, split_mode
from app.sources.capture_thread import UNOPENED, CapturedImage, CaptureThread
from app.sources.http_pictures import Capture, HttpCapture
from app.sources.orientation import CLOCKWISE, UPRIGHT

RELEASE_WAIT_S = (0.2, 0.5)  # pauses before trying to open a device that another program is still releasing
OPEN_S = 10.0  # timeout for the first frame of a connection
SILENCE_S = 3.0  # without a frame for this time, the connection counts as lost
FROZEN_S = 5.0  # sensor noise never yields identical frames for this time
STREAM_FROZEN_S = 30.0  # an encoder can remove the noise of a still scene, but not for this time
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)  # before each attempt to reconnect; the last one repeats
NO_CAMERA = Message("none on this machine")
DEVICE_APIS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
DEVICE_API = DEVICE_APIS.get(sys.platform, cv2.CAP_ANY)
NETWORK_OPTIONS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 8000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 30000)


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera of this computer; ``index`` is the number that opens it, ``path`` its device path, empty if unknown."""

    index: int
    name: str
    path: str


def list_cameras() -> list[CameraInfo]:
    """The cameras of this computer, sorted by index; empty if the system cannot list them."""
    try:
        found = enumerate_cameras(DEVICE_API)
    except (OSError, ValueError, NotImplementedError):
        return []
    cameras = [
        CameraInfo(one.index, one.name or Message("camera {number}", number=one.index), one.path or "") for one in found
    ]
    return sorted(cameras, key=lambda camera: camera.index)


def find_camera(text: str) -> CameraInfo | None:
    """Find a camera by its exact name, else by a part of its name; case is ignored.

    Returns None if no name matches. Raises StanceError if several do.
    """
    wanted = text.strip().casefold()
    cameras = list_cameras()
    matches = [camera for camera in cameras if camera.name.casefold() == wanted]
    matches = matches or [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(matches) > 1:
        raise StanceError(
            "Several cameras are named {text!r}: wanted the number of one of {cameras}.",
            text=text,
            cameras=_camera_list_text(matches),
        )
    return matches[0] if matches else None


def open_device(address: int | str) -> cv2.VideoCapture:
    """An OpenCV capture of a local camera with the smallest buffer; check ``isOpened``."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(address, DEVICE_API)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def open_stream(address: str, oriented: bool = True) -> Capture:
    """A capture of the stream at ``address``; check ``isOpened``. With ``oriented`` frames are turned upright."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay")
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, NETWORK_OPTIONS)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, float(oriented))
    if address.lower().startswith(("http://", "https://")):
        return HttpCapture(capture, address, oriented)
    return capture


def ask_for(mode: Mode, capture: cv2.VideoCapture) -> None:
    """Request ``mode`` from an open camera; the camera ignores what it does not support."""
    if mode.size is not None:
        # USB cannot carry large uncompressed frames at the full rate; a camera without MJPG keeps its own format.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.size[1])
    if mode.fps is not None:
        capture.set(cv2.CAP_PROP_FPS, mode.fps)


class Camera:
    """A camera (number, device path or name, with an optional mode) or a stream (URL), captured by OpenCV.

    ``read`` returns the newest frame. ``index`` counts all frames that arrived, so a gap is the number of dropped
    frames; ``time_s`` is the time of arrival; both count from the first frame that was read. When frames stop arriving,
    or a device repeats the same frame bit for bit, the source is lost: ``notify`` receives an event, the source is
    reopened after growing pauses, and ``read`` keeps waiting.

    Raises StanceError if the source cannot be opened at first.
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
        self._retry_s: float | None = None  # when to reopen it
        self._frozen: Image | None = None
        self._stalled: CaptureThread | None = None  # a connection that may resume while a new one is tried
        first = self._connect()
        if first is None:
            self.close()
            raise StanceError(self._open_failure())
        self._system_name = (found.name if (found := self._entry_in(list_cameras())) else "") if self._is_device else ""
        self._pending: CapturedImage | None = first
        self._first: CapturedImage | None = None
        self.fps: float | None = self._capture_thread.fps
        turned = self._turn(first.image)
        self.size: tuple[int, int] = (turned.shape[1], turned.shape[0])

    def read(self) -> Frame | None:
        """Wait for the newest frame that was not returned yet; None after ``close``."""
        while not self._closed.is_set():
            captured = self._take_newest()
            loss = "" if self._retry_s is not None and captured is None else self._loss_reason(captured)
            if loss:
                self._mark_lost(loss)
            elif captured is not None and self._is_new(captured.image):
                self._mark_live()
                return self._to_frame(captured)
            elif self._retry_s is not None and time.monotonic() >= self._retry_s:
                self._reconnect()
        return None

    def seek(self, time_s: float) -> None:
        """Do nothing: a live source cannot seek."""

    def seek_index(self, index: int) -> None:
        """Do nothing: a live source cannot seek."""

    @property
    def system_name(self) -> str:
        """The camera's name in the system; empty if it has none, and for a stream."""
        return self._system_name

    def frame_name(self, index: int) -> str:
        """Always empty: the frames of a camera have no names."""
        return ""

    def close(self) -> None:
        """Release the camera; a waiting ``read`` returns None."""
        self._closed.set()
        self._capture_thread.abandon()
        if self._stalled is not None:
            self._stalled.abandon()

    @property
    def _is_device(self) -> bool:
        return isinstance(self._address, int) or "://" not in self._address

    @property
    def _title(self) -> Message:
        if self._is_device:
            return Message("Camera {name}", name=split_mode(self.name)[0])
        return Message("The stream {name}", name=self.name)

    def _connect(self) -> CapturedImage | None:
        """Connect and return the first frame; retries while another program is still releasing the camera."""
        for pause_s in (0.0, *RELEASE_WAIT_S):
            time.sleep(pause_s)
            self._capture_thread = CaptureThread(self._open_capture)
            first = self._capture_thread.take(OPEN_S)
            if first is not None or self._capture_thread.ended != UNOPENED or not self._is_device:
                break
        return first

    def _open_capture(self) -> Capture:
        if self._is_device:
            capture = open_device(self._address)
            ask_for(self._mode, capture)
            return capture
        return open_stream(str(self._address), self._follows_file)

    def _take_newest(self) -> CapturedImage | None:
        """The newest frame of the connection that delivers one; the other connection is abandoned."""
        captured, self._pending = self._pending, None
        if self._stalled is not None and (resumed := self._stalled.take(0.0)) is not None:
            self._capture_thread.abandon()
            self._capture_thread, self._stalled = self._stalled, None
            return resumed
        if self._retry_s is not None:
            self._closed.wait(0.1)  # there may be no running capture thread to wait for
        captured = self._capture_thread.take(0.0 if captured or self._retry_s else 0.25) or captured
        if captured is not None and self._stalled is not None:
            self._stalled.abandon()
            self._stalled = None
        return captured

    def _to_frame(self, captured: CapturedImage) -> Frame:
        self._first = self._first or captured
        image = self._turn(captured.image)
        self.size = (image.shape[1], image.shape[0])
        self.fps = self._capture_thread.fps
        return Frame(captured.number - self._first.number, captured.at_s - self._first.at_s, image)

    def _is_new(self, image: Image) -> bool:
        """False for the frame on which the source froze: that frame was already returned."""
        return self._frozen is None or not np.array_equal(image, self._frozen)

    def _loss_reason(self, captured: CapturedImage | None) -> str:
        """Why the connection counts as lost, empty while it does not; ``captured`` is the latest frame."""
        if captured is not None:
            timeout_s = FROZEN_S if self._is_device else STREAM_FROZEN_S
            if captured.at_s - self._capture_thread.changed_s < timeout_s:
                return ""
            self._frozen = captured.image
            self._capture_thread.abandon()
            return Message("the same frame for {seconds:.0f} s", seconds=timeout_s)
        if self._capture_thread.ended is not None:
            return self._capture_thread.ended
        timeout_s = SILENCE_S if self._capture_thread.has_delivered else OPEN_S
        silent = time.monotonic() - self._capture_thread.last_s > timeout_s
        return Message("no frame for {seconds:.0f} s", seconds=timeout_s) if silent else ""

    def _mark_lost(self, reason: str) -> None:
        if not self._lost:
            self._lost = True
            self._notify(
                SourceEvent(
                    "lost", Message("{source} is lost ({reason}); reconnecting.", source=self._title, reason=reason)
                )
            )
        self._retry_s = time.monotonic() + PAUSES_S[min(self._attempts, len(PAUSES_S) - 1)]
        self._attempts += 1

    def _mark_live(self) -> None:
        self._retry_s = None
        if self._lost:
            self._lost, self._attempts, self._frozen = False, 0, None
            self._notify(SourceEvent("live", Message("{source} is back.", source=self._title)))

    def _reconnect(self) -> None:
        self._retry_s = None
        if self._stalled is None and self._capture_thread.has_delivered and self._capture_thread.ended is None:
            self._stalled = self._capture_thread
        else:
            self._capture_thread.abandon()
        self._address = self._current_address()
        self._capture_thread = CaptureThread(self._open_capture, self._capture_thread.next)
        if self._closed.is_set():  # closed while reconnecting: release the new connection too
            self.close()

    def _current_address(self) -> int | str:
        """The camera's address, which changes when it is plugged into another port; found by the camera's name."""
        matches = [camera for camera in list_cameras() if camera.name == self._system_name] if self._system_name else []
        return matches[0].index if len(matches) == 1 and self._entry_in(matches) is None else self._address

    def _entry_in(self, cameras: list[CameraInfo]) -> CameraInfo | None:
        """This camera's entry in ``cameras``, or None."""
        return next((camera for camera in cameras if self._address in (camera.index, camera.path)), None)

    def _open_failure(self) -> Message:
        """The error sentence for a source that did not open."""
        if not self._is_device:
            from app.sources.http_file import http_problem  # it imports PyAV, which streams do without

            address = str(self._address)
            if address.lower().startswith(("http://", "https://")) and (why := http_problem(address, self._title)):
                return why
            return Message(
                "{source} sends no video: wanted an address that can be reached and played.", source=self._title
            )
        cameras = list_cameras()
        camera = self._entry_in(cameras)
        if camera is None:
            found = _camera_list_text(cameras) or NO_CAMERA
            return Message("There is no camera {name}: found {found}.", name=split_mode(self.name)[0], found=found)
        if _forbidden(camera.path):
            return Message(
                "{source} cannot be used: wanted permission to read and write {path}.",
                source=self._title,
                path=camera.path,
            )
        if self._capture_thread.ended == UNOPENED:
            return Message("{source} cannot be opened: another program seems to be using it.", source=self._title)
        return Message(
            "{source} sends no video: wanted a camera that is switched on and not used by another program.",
            source=self._title,
        )


def _address(text: str) -> int | str:
    if text.isdecimal():
        return int(text)
    if "://" in text or text.startswith("/dev/"):
        return text
    camera = find_camera(text)
    if camera is None:
        raise StanceError(
            "There is no camera {text!r}: found {found}.",
            text=text,
            found=_camera_list_text(list_cameras()) or NO_CAMERA,
        )
    return camera.index


def _forbidden(path: str) -> bool:
    """Whether the device file ``path`` exists without read and write permission; always False without device files."""
    return path.startswith("/dev/") and os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK)


def _camera_list_text(cameras: list[CameraInfo]) -> str:
    return ", ".join(f"{camera.index} ({camera.name})" for camera in cameras)
