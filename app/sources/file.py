"""Video files: every frame with its index and its own timestamp."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import av
import av.error
from av.video.frame import VideoFrame

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Frame
from app.core.settings import Rotate
from app.sources import Notify, SourceEvent, check_size, ignore
from app.sources.damage import Damage
from app.sources.decoder import DEFAULT_RATE, Decoded, Decoder, PacketTable, has, start_of
from app.sources.deinterlacing import deinterlaced
from app.sources.frame_picture import PictureMaker
from app.sources.orientation import Orientation

SEEK_SLACK_S = 1e-6  # a timestamp written with six decimals must find its own frame
MIN_STEP_S = 2e-5  # minimum plausible distance of timestamps; few containers resolve less
MAX_SHARED = 16  # maximum number of frames that share one tick of the time base
SEEK_BACK_S = (0.0, 1.0, 4.0, 16.0)  # how much earlier to seek if no key frame before the requested frame was found
MAX_STEPS = 30  # frames; a longer step after the clock went back is another jump
COUNTED_BYTES = 64 * 2**20  # maximum size of a raw stream whose frames are counted on opening (half a second)
BEFORE_ALL_S = -1e9


class VideoFile:
    """The frames of the file at ``path``, decoded by PyAV (FFmpeg), in presentation order.

    ``time_s`` is the frame's own timestamp minus the stream's start, so variable frame rates are kept. Frames that
    share a timestamp follow each other closely; a missing or backward timestamp is replaced from the nominal rate. If
    the container stores decoding timestamps only, these are used in order.
    ``rotate`` "auto" follows the file's display matrix; any other value rotates clockwise by that many degrees instead.
    Every frame has the ``size`` of the first one, in square pixels; interlaced frames are de-interlaced.
    ``frames`` and ``duration_s`` are those that the container declares; in a small raw stream the frames are counted.
    ``notify`` is called from the reading thread, with notices about the file and with its damaged intervals.

    Raises StanceError if there is no frame that can be decoded.
    """

    live = False
    still = False

    def __init__(self, path: Path, rotate: Rotate = "auto", name: str = "", notify: Notify = ignore) -> None:
        self.name = name or str(path)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._ahead: deque[_PlacedFrame] = deque()
        self._table: PacketTable | None = None
        self._index = 0
        self._last_time_s = BEFORE_ALL_S
        self._last_own_s: float | None = None
        self._interlaced = False
        self._notify = notify
        self._pending_notices: list[Message] = []
        self._decoder = Decoder(path, self.name)
        stream = self._decoder.stream
        self.fps: float | None = self._decoder.rate
        self._step_s = 1 / (self.fps or DEFAULT_RATE)
        self.frames: int | None = stream.frames or None
        self.duration_s: float | None = _duration(self._decoder)
        if self._decoder.is_raw and path.stat().st_size <= COUNTED_BYTES:
            self.frames = self._packets().count or None
            self.duration_s = self._packets().count * self._step_s or None
        self._picture = PictureMaker(stream, rotate)
        self._damage = Damage(self.name, self._step_s, notify)
        self._start = 0
        self._decoded: Iterator[Decoded] = iter(())
        self._decode_from_here()
        begin = next(self._decoded, None)
        if begin is None:
            self.close()
            raise StanceError("{name} has no frame that can be decoded: wanted a video.", name=self.name)
        self._start = start_of(self._decoder, begin)
        self._decoded = chain((begin,), self._decoded)
        first = self._next()
        assert first is not None
        self._ahead.append(first)
        image = self._picture(first.frame)
        self.size: tuple[int, int] = (image.shape[1], image.shape[0])
        if self._decoder.assumed_rate:
            rate = self.fps or DEFAULT_RATE
            self._pending_notices.append(
                Message("{name} does not state its frame rate: {rate:g} fps is assumed.", name=self.name, rate=rate)
            )

    @property
    def orientation(self) -> Orientation:
        """How the stored frames are turned; with "auto" as the last one that was read."""
        return self._picture.orientation

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end and after ``close``. Undecodable frames are skipped and reported.

        Raises StanceError if the disk fails or a frame is too large.
        """
        with self._lock:
            while self._pending_notices:  # not on opening: the caller may not handle events yet
                self._notify(SourceEvent("notice", self._pending_notices.pop(0)))
            shown = None if self._closed.is_set() else self._next()
            return None if shown is None else Frame(shown.index, shown.time_s, self._picture(shown.frame))

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return the frame shown at ``time_s``: the last one that starts at or before it."""
        with self._lock:
            if self._closed.is_set():
                return
            until = max(time_s, 0.0) + SEEK_SLACK_S
            self._damage.jump()
            self._move_before(until)
            self._advance_while(lambda shown: shown.time_s <= until)

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return frame number ``index``, or the last one before it if it is missing."""
        with self._lock:
            if self._closed.is_set():
                return
            self._damage.jump()
            self._move_before_index(max(index, 0))
            self._advance_while(lambda shown: shown.index <= index)

    @property
    def missing_from_s(self) -> float | None:
        """Where the rest of the file is missing, in seconds: known when the end has been read, None if it is whole."""
        return self._damage.missing_from_s

    def frame_name(self, index: int) -> str:
        """Always empty: the frames of a video have no names."""
        return ""

    def close(self) -> None:
        """Close the file; a ``read`` in another thread ends after the frame that it is decoding."""
        self._closed.set()
        if self._lock.acquire(timeout=1):  # the file must stay open while a frame is decoded
            self._decoder.close()
            self._lock.release()

    def _advance_while(self, wanted: Callable[[_PlacedFrame], bool]) -> None:
        """Advance to the last frame in a row that is ``wanted``, or to the next frame if none is."""
        found = self._next()
        while (shown := self._next()) is not None and wanted(shown):
            found = shown
        self._ahead.extend(one for one in (found, shown) if one is not None)

    def _next(self) -> _PlacedFrame | None:
        if self._ahead:
            return self._ahead.popleft()
        decoded = next(self._decoded, None)
        while decoded is not None and self._damage.open and self._is_backward(self._time(decoded)):
            decoded = next(self._decoded, None)  # out of order after damage: a later frame was already shown
        if decoded is None:
            self._end()
            return None
        frame = decoded.frame
        check_size(frame.width, frame.height, self.name)
        time_s = self._forward(self._time(decoded))
        lost = self._damage.frame(time_s, alarm=decoded.alarm, corrupt=decoded.corrupt, key=decoded.key)
        if self._damage.alarmed and self._last_time_s != BEFORE_ALL_S:  # the first frame is number 0
            lost = lost or time_s - self._last_time_s > 1.5 * self._step_s
        shown = _PlacedFrame(self._place(decoded, lost), time_s, frame, decoded.stamp)
        self._index = shown.index + 1
        self._last_time_s = time_s
        self._last_step_s = float(decoded.duration * self._decoder.base)
        return shown

    def _place(self, decoded: Decoded, lost: bool) -> int:
        """The frame's index: the next one, or a later one if frames before it were ``lost``."""
        index = decoded.index
        if lost and index is None and decoded.stamp is not None and has(self._packets().stamps, decoded.stamp):
            index = bisect_left(self._packets().stamps, decoded.stamp)
        return self._index if index is None else max(self._index, index)

    def _end(self) -> None:
        """Report a file that ends before its declared duration."""
        duration_s = self.duration_s
        if self._decoder.counted and self.frames:  # FFmpeg computes the duration of a truncated AVI from its size
            duration_s = max(duration_s or 0.0, self.frames * self._step_s)
        tolerance_s = max(3 * self._step_s, min(1.0, (duration_s or 0.0) / 10))
        if not self._decoder.stream.duration:  # the container's duration includes audio, which may be longer
            tolerance_s = max(2.0, (duration_s or 0.0) / 10)
        self._damage.end(duration_s, self._last_step_s, tolerance_s)

    def _forward(self, time_s: float | None) -> float:
        """The time of a frame with the timestamp ``time_s``, made later than the last frame's."""
        before_s, self._last_own_s = self._last_own_s, time_s
        if time_s is None or self._is_backward(time_s):
            # If a second recording was appended, its own timestamps give the steps between its frames.
            own_s = time_s - before_s if time_s is not None and before_s is not None else 0.0
            return max(0.0, self._last_time_s + (own_s if 0 < own_s < MAX_STEPS * self._step_s else self._step_s))
        # Not a whole frame later: the next timestamp would then go backward, and so would all that follow.
        return max(time_s, self._last_time_s + self._tolerance_s / MAX_SHARED)

    def _is_backward(self, time_s: float | None) -> bool:
        return time_s is not None and time_s <= self._last_time_s - self._tolerance_s

    @property
    def _tolerance_s(self) -> float:
        """Frames closer than this may share a timestamp, in seconds."""
        return max(float(self._decoder.base), MAX_SHARED * MIN_STEP_S)

    def _time(self, decoded: Decoded) -> float | None:
        if decoded.stamp is not None:
            return float((decoded.stamp - self._start) * self._decoder.base)
        return None if decoded.index is None else decoded.index * self._step_s

    def _decode_from_here(self, index: int = 0) -> None:
        self._decoded = deinterlaced(self._decoder.frames(), _frame, _put, self._note_interlaced)
        self._index = index
        self._last_time_s = BEFORE_ALL_S
        self._last_own_s = None
        self._last_step_s = 0.0
        self._ahead.clear()

    def _note_interlaced(self) -> None:
        if not self._interlaced:
            self._pending_notices.append(Message("{name} is interlaced: its frames are deinterlaced.", name=self.name))
        self._interlaced = True

    def _packets(self) -> PacketTable:
        self._table = self._table or self._decoder.table()
        return self._table

    def _move_before(self, time_s: float) -> None:
        """Move to a frame shown at or before ``time_s``; to the first one if no other can be trusted."""
        if not self._decoder.counted:
            self._move_to_key_frame(time_s)
        elif stamps := self._packets().stamps:
            self._move_to_packet(bisect_right(stamps, self._start + int(time_s / self._decoder.base)) - 1)
        else:
            self._move_to_packet(int(time_s / self._step_s))

    def _move_before_index(self, index: int) -> None:
        """Move to a frame no later than number ``index``."""
        if self._decoder.counted:
            self._move_to_packet(index)
            return
        stamps = self._packets().stamps
        stamp = stamps[min(index, len(stamps) - 1)] if stamps else self._start
        self._move_to_key_frame(float((stamp - self._start) * self._decoder.base))

    def _move_to_key_frame(self, time_s: float) -> None:
        if self._interlaced:
            time_s -= 1.5 * self._step_s  # de-interlacing a frame needs the one before it
        table = self._packets()
        for back_s in SEEK_BACK_S if table.stamps else ():
            try:
                self._decoder.seek(self._start + int(max(time_s - back_s, 0.0) / self._decoder.base))
            except av.error.FFmpegError:
                break
            self._decode_from_here()
            first = self._next()
            if first is None or first.stamp is None or first.time_s > time_s:
                continue
            index = bisect_left(table.stamps, first.stamp)
            is_alone = bisect_right(table.stamps, first.stamp) <= index + 1  # else its index is ambiguous
            # A timestamp that is not a key frame's was guessed by the demuxer, which started half-way.
            if is_alone and has(table.keys, first.stamp):
                self._ahead.append(replace(first, index=index))
                self._index = index + 1
                return
        self._decoder.restart()
        self._picture.follow(self._decoder.stream)
        self._decode_from_here()

    def _move_to_packet(self, index: int) -> None:
        """Move to frame ``index`` or before it in a file whose packets are counted."""
        table = self._packets()
        number = self._decoder.run_up(index - self._interlaced, table)
        self._decoder.seek_packet(number, table)
        self._picture.follow(self._decoder.stream)
        self._decode_from_here(number)


@dataclass(frozen=True, slots=True)
class _PlacedFrame:
    """A decoded frame with its index and its time."""

    index: int
    time_s: float
    frame: VideoFrame
    stamp: int | None


def _frame(decoded: Decoded) -> VideoFrame:
    return decoded.frame


def _put(decoded: Decoded, frame: VideoFrame) -> Decoded:
    return replace(decoded, frame=frame)


def _duration(decoder: Decoder) -> float | None:
    """The declared duration in seconds: the stream's, else the container's, else None."""
    if decoder.stream.duration:
        return float(decoder.stream.duration * decoder.base)
    whole = decoder.container.duration
    return whole / av.time_base if whole else None
