"""A video file on a web server that OpenCV does not open, for example with its index at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.error import HTTPError

import av
import av.error
import cv2
from av.video.frame import VideoFrame

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Image
from app.sources import check_size
from app.sources.http_pictures import TIMEOUT_S, UNREACHABLE, HttpPictures
from app.sources.orientation import CLOCKWISE, UPRIGHT, Orientation

QUARTER_TURNS = {90: CLOCKWISE["270"], 180: CLOCKWISE["180"], -180: CLOCKWISE["180"], -90: CLOCKWISE["90"]}
"""What turns a frame upright, by the angle against the clock that PyAV gives for it."""
HEAD_BYTES = 64


class HttpFile:
    """Reads the video file at ``address``; frames are turned upright if ``oriented``. The interface is OpenCV's."""

    def __init__(self, address: str, oriented: bool) -> None:
        self._address = address
        self._oriented = oriented
        self._container: Any = None
        self._frames: Iterator[VideoFrame] = iter(())
        self._values: dict[int, float] = {}

    def opens(self) -> bool:
        """Open the file; returns whether it has a video that ends."""
        try:
            self._container = av.open(self._address, timeout=TIMEOUT_S)
            stream = self._container.streams.video[0]
            check_size(stream.width, stream.height, self._address)
        except (OSError, ValueError, IndexError, av.error.FFmpegError, StanceError):
            self.release()
            return False
        if not self._container.duration:
            self.release()
            return False
        rate = float(stream.average_rate or 0)
        count = stream.frames or round(rate * self._container.duration / av.time_base)
        self._values = {cv2.CAP_PROP_FPS: rate, cv2.CAP_PROP_FRAME_COUNT: max(count, 1)}
        shape = stream.sample_aspect_ratio
        if shape:
            self._values |= {cv2.CAP_PROP_SAR_NUM: shape.numerator, cv2.CAP_PROP_SAR_DEN: shape.denominator}
        self._frames = self._container.decode(stream)
        return True

    def isOpened(self) -> bool:
        """Whether frames can be read."""
        return self._container is not None

    def get(self, property: int) -> float:  # noqa: A002 - OpenCV's name
        """OpenCV's value of ``property``; 0 where there is none."""
        return float(self._values.get(property, 0.0))

    def read(self) -> tuple[bool, Image | None]:
        """Return (True, frame (H, W, 3) uint8 BGR), or (False, None) at the end."""
        try:
            frame = next(self._frames, None)
        except (OSError, ValueError, av.error.FFmpegError):
            return False, None
        if frame is None:
            return False, None
        self._values[cv2.CAP_PROP_POS_MSEC] = 1000 * float(frame.time or 0.0)
        turn: Orientation = QUARTER_TURNS.get(frame.rotation, UPRIGHT) if self._oriented else UPRIGHT
        return True, turn(cast(Image, frame.to_ndarray(format="bgr24")))

    def release(self) -> None:
        """Close the connection."""
        container, self._container = self._container, None
        self._frames = iter(())
        if container is not None:
            container.close()


def http_problem(address: str, source: Message) -> Message | None:
    """Why ``source``, at an HTTP ``address`` that answers, sends no video that can be played; None if that is unknown.

    Takes up to ``TIMEOUT_S``.
    """
    try:
        head, is_part = HttpPictures(address).begin(HEAD_BYTES)
    except HTTPError as error:
        return Message(
            "{source} is answered with {code}: wanted the address of a video or of a camera's pictures.",
            source=source,
            code=f"{error.code} {error.reason}".strip(),
        )
    except UNREACHABLE:
        return None
    if head[4:8] == b"ftyp" and not is_part:
        return Message(
            "{source} is a video file with its index at the end, and the server does not send parts of files: wanted "
            "the downloaded file, or one written with the index at the beginning.",
            source=source,
        )
    return Message("{source} is no video that can be played: wanted a video or a camera's pictures.", source=source)
