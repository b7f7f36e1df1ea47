"""A video file: every frame in its place, with its own time stamp."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from app.errors import StanceError
from app.people import Frame, Image
from app.settings import Rotate
from app.sources import check_size
from app.sources.turn import CLOCKWISE, UPRIGHT, Turn, matrix_turn

MAX_RATE = 1000  # a higher "rate" is a time base that the container mistook for one
TEXT_FORMATS = frozenset({"tty", "concat", "hls", "dash", "sdp"})  # text that FFmpeg would play, or follow elsewhere
SEEK_SLACK_S = 1e-6  # so that a time stamp written with six decimals finds its own frame again
CLOSEST_S = 2e-5  # stamps that lie closer come from a rate that no camera has, and few containers can tell them apart
SHARERS = 16  # so many frames that came at once may share one tick of the file's clock
SEEK_BACK_S = (0.0, 1.0, 4.0, 16.0)  # how much earlier to look where no key frame before the wanted frame was found
PROOF_FRAMES = 64
BEFORE_ALL_S = -1e9
SD_HEIGHT = 576
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
DAMAGE_LIMIT = 1000


class VideoFile:
    """Frames of the file at ``path`` by PyAV (FFmpeg), in the order in which they are shown.

    ``time_s`` is the frame's own time stamp less the stream's start, so variable frame rates are kept; frames that
    share a stamp follow each other closely, and a missing or backward stamp is mended from the nominal rate. ``rotate``
    "auto" follows the file's display matrix, anything else turns clockwise by that many degrees instead. ``frames``
    and ``duration_s`` are what the container says.
    Raises StanceError where nothing can be played.
    """

    live = False
    still = False

    def __init__(self, path: Path, rotate: Rotate = "auto", name: str = "") -> None:
        self.name = name or str(path)
        self._path = path
        self._rotate: Rotate = rotate
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._reformatter = VideoReformatter()
        self._ahead: deque[_Shown] = deque()
        self._table: list[int] | None = None
        self._index = 0
        self._last_time_s = BEFORE_ALL_S
        self._container, self._stream = _open(path, self.name)
        self.fps: float | None = _rate(self._stream)
        self.frames: int | None = self._stream.frames or None
        self.duration_s: float | None = _duration(self._container, self._stream)
        self._decode_from_here()
        first = self._next()
        if first is None:
            self.close()
            raise StanceError(f"{self.name} has no frame that can be decoded: wanted a video.")
        self._ahead.append(first)
        height, width = self._picture(first.frame).shape[:2]
        self.size: tuple[int, int] = (width, height)

    def read(self) -> Frame | None:
        """The next frame, or None at the end and after ``close``. What cannot be decoded is skipped.

        Raises StanceError where the disk fails or a frame is too large.
        """
        with self._lock:
            shown = None if self._closed.is_set() else self._next()
            return None if shown is None else Frame(shown.index, shown.time_s, self._picture(shown.frame))

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` give the frame that is shown at ``time_s``: the last one that starts by then."""
        with self._lock:
            if self._closed.is_set():
                return
            until = max(time_s, 0.0) + SEEK_SLACK_S
            self._stand_before(until)
            found = self._next()
            while (shown := self._next()) is not None and shown.time_s <= until:
                found = shown
            self._ahead.extend(one for one in (found, shown) if one is not None)

    def frame_name(self, index: int) -> str:
        """Empty: the frames of a video have no names."""
        return ""

    def close(self) -> None:
        """Let go of the file; a ``read`` in another thread ends with the frame that it is decoding."""
        self._closed.set()
        if self._lock.acquire(timeout=1):  # a decoder must not lose its file while it works
            self._container.close()
            self._lock.release()

    def _next(self) -> _Shown | None:
        if self._ahead:
            return self._ahead.popleft()
        frame = next(self._decoded, None)
        if frame is None:
            return None
        check_size(frame.width, frame.height, self.name)
        shown = _Shown(self._index, self._forward(self._time(frame)), frame)
        self._index += 1
        self._last_time_s = shown.time_s
        return shown

    def _forward(self, time_s: float | None) -> float:
        """A time after the last one, for a frame that is stamped so."""
        room_s = max(float(_base(self._stream)), SHARERS * CLOSEST_S)
        if time_s is None or time_s <= self._last_time_s - room_s:
            return max(0.0, self._last_time_s + 1 / (self.fps or 25))
        # Not a whole frame later: the next one's own stamp would seem to go backward, and so on to the end of the file.
        return max(time_s, self._last_time_s + room_s / SHARERS)

    def _time(self, frame: VideoFrame) -> float | None:
        return None if frame.pts is None else float((frame.pts - _start(self._stream)) * _base(self._stream))

    def _decode_from_here(self, index: int = 0, last_time_s: float = BEFORE_ALL_S) -> None:
        self._decoded = _decode(self._container, self._stream, self.name)
        self._index = index
        self._last_time_s = last_time_s
        self._ahead.clear()

    def _stand_before(self, time_s: float) -> None:
        """Stand at a key frame shown at or before ``time_s``; at the very first frame where none can be trusted."""
        if self._table is None:
            self._table = _packet_times(self._path, self.name)
        base = _base(self._stream)
        for back_s in SEEK_BACK_S if self._table else ():
            try:
                self._container.seek(_start(self._stream) + int(max(time_s - back_s, 0.0) / base), stream=self._stream)
            except av.error.FFmpegError:
                break
            self._decode_from_here()
            first = self._next()
            if first is not None and first.frame.pts is not None and first.time_s <= time_s:
                self._ahead.append(replace(first, index=bisect_left(self._table, first.frame.pts)))
                self._index = self._ahead[0].index + 1
                return
        self._container.close()
        self._container, self._stream = _open(self._path, self.name)
        self._decode_from_here()

    def _picture(self, frame: VideoFrame) -> Image:
        # What names no colours is taken as players take it: BT.709 from HD on, BT.601 below.
        untold = frame.colorspace == UNSPECIFIED and frame.height > SD_HEIGHT
        space = Colorspace.ITU709 if untold else None
        image = self._reformatter.reformat(frame, format="bgr24", src_colorspace=space).to_ndarray()
        return self._turn(frame)(np.asarray(image, np.uint8))

    def _turn(self, frame: VideoFrame) -> Turn:
        if self._rotate != "auto":
            return CLOCKWISE[self._rotate]
        matrix = frame.side_data.get("DISPLAYMATRIX")
        return matrix_turn(bytes(matrix)) if isinstance(matrix, SideData) else UPRIGHT


@dataclass(frozen=True, slots=True)
class _Shown:
    """A decoded frame in its place."""

    index: int
    time_s: float
    frame: VideoFrame


def _open(path: Path, name: str) -> tuple[InputContainer, VideoStream]:
    try:
        # The prefix keeps a file named "a:b.mp4" a file, the white list keeps a file from naming other addresses.
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, UnicodeError) as error:
        raise StanceError(f"{name} cannot be opened as a video ({_reason(error)}): wanted a video file.") from None
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams or container.format.name in TEXT_FORMATS:
        container.close()
        raise StanceError(f"{name} has no moving picture in it: wanted a video file.")
    stream = container.streams.best("video")
    stream = stream if stream in streams else streams[0]
    if not stream.codec_context:
        container.close()
        raise StanceError(f"{name} is coded in a way that no decoder here knows: wanted another kind of video.")
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    check_size(stream.codec_context.width, stream.codec_context.height, name)
    stream.thread_type = "AUTO"
    return container, stream


def _decode(container: InputContainer, stream: VideoStream, name: str) -> Iterator[VideoFrame]:
    """Every frame that can be decoded from where ``container`` stands."""
    packets = container.demux(stream)
    damage = 0
    while damage < DAMAGE_LIMIT:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.error.InvalidDataError:
            damage += 1
            packets = container.demux(stream)
            continue
        except av.error.FFmpegError as error:
            raise StanceError(f"{name} cannot be read any further: {_reason(error)}.") from None
        damage = 0
        yield from frames


def _packet_times(path: Path, name: str) -> list[int]:
    """The time stamps of all frames in order of display, read without decoding; empty where they cannot be trusted.

    They are trusted where every packet has one and the first frames decode to exactly these.
    """
    container, stream = _open(path, name)
    with container:
        shown = [frame.pts for frame, _ in zip(_decode(container, stream, name), range(PROOF_FRAMES), strict=False)]
    container, stream = _open(path, name)
    stamps: list[int] = []
    with container:
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_discard:
                    if packet.pts is None:
                        return []
                    stamps.append(packet.pts)
        except av.error.FFmpegError:
            return []
    stamps.sort()
    return stamps if stamps[: len(shown)] == shown else []


def _start(stream: VideoStream) -> int:
    return stream.start_time or 0


def _base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, av.time_base)


def _rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0 < rate <= MAX_RATE else None


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration:
        return float(stream.duration * _base(stream))
    return container.duration / av.time_base if container.duration else None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
