"""A clip that was read before: frames are returned at once, and an image is decoded only when it is accessed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from app.core.errors import StanceError
from app.core.people import Frame, Image
from app.sources import Source

FAR = 300
"""Number of frames beyond which a later frame is reached by seeking instead of decoding."""

EXACT_S = 1e-9

CACHED_FRAMES = 10
"""Number of decoded frames that are cached, because look-ahead accesses frames out of order."""


class FrameList:
    """Index, time and size of every frame of a clip in reading order, as far as the clip has been read.

    ``frames`` holds (index, time in seconds, (width, height)). ``ended`` means that the list is complete. Several clips
    may add frames of the same file at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.frames: list[tuple[int, float, tuple[int, int]]] = []
        self.ended = False

    def __len__(self) -> int:
        return len(self.frames)

    def add(self, position: int, frame: Frame) -> bool:
        """Add the frame at position ``position``; False if another frame is known at that position."""
        with self._lock:
            if position == len(self.frames):
                self.frames.append((frame.index, frame.time_s, frame.size))
            return self.frames[position][0] == frame.index


class LazyFrame(Frame):
    """A frame whose image is decoded when it is accessed.

    ``size`` is (width, height) in pixels, ``decode`` returns the image (H, W, 3) uint8 BGR.
    """

    __slots__ = ("_decode", "_size")

    def __init__(self, index: int, time_s: float, size: tuple[int, int], decode: Callable[[], Image]) -> None:
        for name, value in (("index", index), ("time_s", time_s), ("_size", size), ("_decode", decode)):
            object.__setattr__(self, name, value)

    @property
    def image(self) -> Image:
        """See ``Frame``. Raises StanceError if the file cannot be read any more."""
        decode: Callable[[], Image] = object.__getattribute__(self, "_decode")
        return decode()

    @property
    def size(self) -> tuple[int, int]:
        """See ``Frame``."""
        size: tuple[int, int] = object.__getattribute__(self, "_size")
        return size


class LazyClip:
    """Reads the clip that ``open_clip`` opens again: frames in ``known`` are lazy, others are decoded and added to it.

    The interface is that of ``Source``. Images can be accessed from any thread, fastest in order. After a seek every
    frame is decoded.
    """

    live = False
    still = False

    def __init__(self, open_clip: Callable[[], Source], known: FrameList) -> None:
        self._open_clip = open_clip
        self._source = source = open_clip()
        self.name, self.size, self.fps = source.name, source.size, source.fps
        self.frames, self.duration_s = source.frames, source.duration_s
        self._known: FrameList | None = known
        self._lock = threading.RLock()
        self._closed = False
        self._position = 0
        self._decoded = 0  # number of known frames that the source has read
        self._cache: OrderedDict[int, Frame] = OrderedDict()

    def read(self) -> Frame | None:
        """Return the next frame, decoded only if it was not known; None at the end and after ``close``.

        Raises StanceError for damage, and if the file has changed.
        """
        with self._lock:
            known = self._known
            if self._closed or known is None:
                return self._source.read()
            if self._position == len(known):
                if known.ended:
                    return None
                if self._decoded != self._position:
                    self._decode_up_to(self._position - 1)
                frame = self._decode_next()
                if frame is None and not self._closed:
                    known.ended = True
                self._position += frame is not None
                return frame
            position, (index, time_s, size) = self._position, known.frames[self._position]
            self._position += 1
            return LazyFrame(index, time_s, size, lambda: self._image(position))

    def seek(self, time_s: float) -> None:
        """See ``Source``; after it every frame is decoded."""
        with self._lock:
            self._known = None
            self._source.seek(time_s)

    def seek_index(self, index: int) -> None:
        """See ``Source``; after it every frame is decoded."""
        with self._lock:
            self._known = None
            self._source.seek_index(index)

    def frame_name(self, index: int) -> str:
        """Always empty: the frames of a clip have no names."""
        return ""

    def close(self) -> None:
        """Close the file."""
        self._closed = True
        self._source.close()

    def _changed(self) -> StanceError:
        return StanceError(
            "{name} cannot be read to its end: it was changed or closed in the meantime.", name=self.name
        )

    def _image(self, position: int) -> Image:
        with self._lock:
            if position not in self._cache:
                self._decode_up_to(position)
            return self._cache[position].image

    def _decode_up_to(self, position: int) -> None:
        """Decode the known frame at ``position``, and position the source after it."""
        if self._known is None:
            raise self._changed()
        if position < self._decoded or position > self._decoded + FAR:
            self._seek_to(*self._known.frames[position][:2], position)
        while self._decoded <= position:
            if self._decode_next() is None:
                raise self._changed()

    def _decode_next(self) -> Frame | None:
        """Decode the next frame, and add it to the known ones if it is new."""
        frame = self._source.read()
        if frame is None or self._known is None:
            return frame
        if not self._known.add(self._decoded, frame):
            raise self._changed()
        self._cache[self._decoded] = frame
        while len(self._cache) > CACHED_FRAMES:
            self._cache.popitem(last=False)
        self._decoded += 1
        return frame

    def _seek_to(self, index: int, time_s: float, position: int) -> None:
        """Decode the known frame at ``position``; reads the file from its start if seeking does not find that frame."""
        self._source.seek_index(index)
        frame = self._source.read()
        if frame is not None and frame.index == index and abs(frame.time_s - time_s) < EXACT_S:
            self._cache[position] = frame
            self._decoded = position + 1
            return
        self._source.close()
        self._source = self._open_clip()
        if self._closed:
            self._source.close()
        self._decoded = 0
        while self._decoded < position and self._decode_next() is not None:
            pass
