"""A part of a file as a source of its own: it begins and ends where the user asked, and seeking stays within it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from sys import maxsize
from typing import NamedTuple

from app.core.people import Frame
from app.sources import Source

SLACK_S = 2e-6
"""A file finds the frame at a time up to half of this before its timestamp, in seconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """From the frame shown at ``start_s`` to before ``end_s`` (None: to the end), and at most ``limit`` frames."""

    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None

    def of(self, source: Source) -> Source:
        """This part of ``source``: ``source`` itself if it is live, or if the part is all of it.

        Reads frames of ``source`` to find the ends. Raises StanceError if that fails.
        """
        return source if source.live or self == WHOLE else Excerpt(source, self)


WHOLE = Part()


class Excerpt:
    """The frames of ``part`` of a file or of pictures, with their own indices and times in seconds.

    The interface is that of ``Source``. ``frames`` and ``duration_s`` count from the start of the file to the end of
    the part, so the last frame has the index ``frames - 1``. A limit counts the frames that can be read: where reading
    finds that some are lost, as many after them belong to the part, and ``frames`` and ``duration_s`` grow.
    """

    live = False

    def __init__(self, source: Source, part: Part) -> None:
        self._source = source
        self.name, self.size, self.fps, self.still = source.name, source.size, source.fps, source.still
        self.frames, self.duration_s = source.frames, source.duration_s
        self._step_s = 1 / (source.fps or 1.0)
        source.seek(part.start_s)
        self._first = source.read()
        self._stop: int | None = None
        self._limit: _End | None = None
        self._end: _End | None = None
        self._most = _End(maxsize, inf)
        self._lost: set[int] = set()
        self._last: int | None = None
        if self._first is None:
            return
        if part.limit is not None:
            until = self._first.index + part.limit
            source.seek_index(until)
            after = self._next_with(lambda frame: frame.index >= until)
            if after is not None:  # not frame number ``until`` itself where that is lost
                self._limit = _End(until, after.time_s - (after.index - until) * self._step_s)
        end_s = part.end_s
        if end_s is not None:
            source.seek(end_s)
            after = self._next_with(lambda frame: frame.time_s >= end_s)
            self._end = _End(after.index, end_s) if after is not None else None
        self._stop_at_earlier_end()
        if self._stop is not None and self.frames is not None and self.duration_s is not None:
            # What the file declares, which may be less than it has.
            self._most = _End(
                max(source.frames or maxsize, self.frames), max(source.duration_s or inf, self.duration_s)
            )
        source.seek_index(self._first.index)

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end of the part and after ``close``. Raises StanceError for damage."""
        frame = self._source.read()
        if frame is None:
            return None
        if self._last is not None and frame.index > self._last + 1:
            self._make_up_for(range(self._last + 1, frame.index))
        self._last = frame.index
        return None if self._stop is not None and frame.index >= self._stop else frame

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return the frame shown at ``time_s`` seconds, clipped to the part."""
        self._last = None
        if self._first is not None and time_s <= self._first.time_s:
            self._source.seek_index(self._first.index)
        elif self._stop is not None and self.duration_s is not None and time_s > self.duration_s - SLACK_S:
            self._source.seek_index(self._stop - 1)
        else:
            self._source.seek(time_s)

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return frame number ``index``, clipped to the part."""
        self._last = None
        if self._first is not None:
            index = max(index, self._first.index)
        self._source.seek_index(index if self._stop is None else min(index, self._stop - 1))

    def frame_name(self, index: int) -> str:
        """The file name of still image number ``index``; empty for other sources."""
        return self._source.frame_name(index)

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _next_with(self, wanted: Callable[[Frame], bool]) -> Frame | None:
        """The next frame that is ``wanted``; None if the file ends before."""
        frame = self._source.read()
        while frame is not None and not wanted(frame):
            frame = self._source.read()
        return frame

    def _make_up_for(self, lost: range) -> None:
        """Move the end of a limited part by the frames numbered ``lost`` in it that were not known to be lost."""
        for number in lost:
            if self._limit is not None and number < self._limit.stop and number not in self._lost:
                self._lost.add(number)
                self._limit = _End(self._limit.stop + 1, self._limit.time_s + self._step_s)
        self._stop_at_earlier_end()

    def _stop_at_earlier_end(self) -> None:
        ends = [end for end in (self._limit, self._end) if end is not None]
        if ends:
            self._stop, end_s = min(ends)
            self.frames, self.duration_s = min(self._stop, self._most.stop), min(end_s, self._most.time_s)


class _End(NamedTuple):
    """Ends before frame number ``stop``, at ``time_s`` seconds."""

    stop: int
    time_s: float
