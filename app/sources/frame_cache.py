"""Caches the latest frames of a file, so that stepping back to them takes no time."""

from __future__ import annotations

from app.core.people import Frame
from app.sources import Source

MAX_BYTES = 384 * 2**20
"""Size of the cache in bytes: two seconds of full HD."""

BACK_S = 0.5
"""A step back of up to twice this time is likely to be repeated, so this much before it is cached too; in seconds."""

SLACK_S = 1e-6


class CachedSource:
    """``source`` with a cache of about ``max_bytes`` bytes: the same frames in the same order.

    The interface is that of ``Source``.
    """

    def __init__(self, source: Source, max_bytes: int = MAX_BYTES) -> None:
        self._source = source
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: dict[int, Frame] = {}
        self._next: int | None = None
        self._last_read: int | None = None
        self._closed = False
        self.name = source.name
        self.size = source.size
        self.fps = source.fps
        self.frames = source.frames
        self.duration_s = source.duration_s
        self.live = source.live
        self.still = source.still

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end and after ``close``. Raises StanceError for damage."""
        if self._closed:
            return None
        cached = self._frames.get(self._next) if self._next is not None else None
        if cached is None:
            cached = self._read_next()
        if cached is not None:
            self._next = cached.index + 1
        return cached

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return the frame shown at ``time_s``."""
        shown = self._shown_at(time_s)
        if shown is None:
            last = self._frames.get((self._next or 0) - 1)
            goes_back = last is not None and 0 < last.time_s - time_s <= 2 * BACK_S
            self._source.seek(max(time_s - BACK_S, 0.0) if goes_back else time_s)
            self._next = self._last_read = None
            while goes_back and (shown := self._shown_at(time_s)) is None and self._read_next() is not None:
                pass
        self._next = shown.index if shown else None

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return frame number ``index``."""
        shown = self._frames.get(index)
        if shown is None:
            back, last = round(BACK_S * (self.fps or 25)), (self._next or 0) - 1
            self._source.seek_index(max(index - back, 0) if 0 < last - index <= 2 * back else index)
            self._next = self._last_read = None
            while (shown is None or shown.index < index) and (frame := self._read_next()) is not None:
                shown = frame
        self._next = shown.index if shown else None

    def frame_name(self, index: int) -> str:
        """The file name of still image number ``index``; empty for other sources."""
        return self._source.frame_name(index)

    def close(self) -> None:
        """Close the source."""
        self._closed = True
        self._source.close()

    def _read_next(self) -> Frame | None:
        """Read the requested frame from the source, and cache it."""
        wanted = self._next
        if wanted is not None and self._last_read is not None and wanted != self._last_read + 1:
            self._source.seek_index(wanted)
        frame = self._source.read()
        while frame is not None and wanted is not None and frame.index < wanted:  # at the end there is none
            frame = self._source.read()
        if frame is not None:
            self._last_read = frame.index
            self._cache(frame)
        return frame

    def _cache(self, frame: Frame) -> None:
        if frame.index in self._frames:
            return
        self._frames[frame.index] = frame
        self._bytes += frame.image.nbytes
        while (
            self._bytes > self._max_bytes and len(self._frames) > 2
        ):  # a cached frame is found by time only if the next one is cached too
            self._bytes -= self._frames.pop(next(iter(self._frames))).image.nbytes

    def _shown_at(self, time_s: float) -> Frame | None:
        """The cached frame shown at ``time_s``; None if its successor is not cached, as its end is then unknown."""
        for index, frame in self._frames.items():
            successor = self._frames.get(index + 1)
            if successor is not None and frame.time_s <= time_s + SLACK_S < successor.time_s:
                return frame
        return None
