"""Incrementally maintained time spans of frames."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from math import inf, log2

GAP_S, GAP_FRAMES = 0.25, 2.5
"""Longest absence that is not a gap: in seconds, and in frame intervals; the longer of the two applies."""

STEPS = 8
"""Histogram bins per doubling of the frame interval."""


class FrameSpans:
    """Frames in order of their index, and the spans that they form.

    Neighbors belong to one span if they are at most ``most_frames`` frames and ``most_s`` seconds apart. ``indices``
    and ``times_s`` are parallel, read-only lists. Adding or removing a frame costs a binary search.
    """

    def __init__(self, most_s: float = inf, most_frames: float = inf) -> None:
        self.indices: list[int] = []
        self.times_s: list[float] = []
        self._most_s = most_s
        self._most_frames = most_frames
        self._starts: list[int] = []

    def __len__(self) -> int:
        return len(self.indices)

    def add(self, index: int, time_s: float) -> int:
        """Add a new frame; returns its position in ``indices``."""
        place = len(self.indices)
        if not place or index > self.indices[-1]:  # the usual case, which has to be fast
            if self._begins_span(index, time_s, place):
                self._starts.append(index)
            self.indices.append(index)
            self.times_s.append(time_s)
            return place
        place = bisect_left(self.indices, index)
        self.indices.insert(place, index)
        self.times_s.insert(place, time_s)
        self._update_start(place)
        self._update_start(place + 1)
        return place

    def remove(self, index: int) -> int:
        """Remove an existing frame; returns the position that it had."""
        place = bisect_left(self.indices, index)
        self._set_start(index, False)
        del self.indices[place], self.times_s[place]
        self._update_start(place)
        return place

    def close_gaps(self, most_s: float) -> None:
        """Change the largest time between neighbors to ``most_s`` seconds; the only method that visits every frame."""
        if most_s != self._most_s:
            self._most_s = most_s
            for place in range(len(self.indices)):
                self._update_start(place)

    def spans(self) -> list[tuple[float, float]]:
        """The spans (start, end) in seconds, in order."""
        places = [bisect_left(self.indices, start) for start in self._starts]
        after = [*places[1:], len(self.indices)][: len(places)]
        return [(self.times_s[start], self.times_s[end - 1]) for start, end in zip(places, after, strict=True)]

    def _update_start(self, place: int) -> None:
        """Update whether the frame at ``place`` begins a span."""
        if place < len(self.indices):
            index = self.indices[place]
            self._set_start(index, self._begins_span(index, self.times_s[place], place))

    def _begins_span(self, index: int, time_s: float, place: int) -> bool:
        """Whether a frame at ``place`` is too far from the one before for one span."""
        if not place:
            return True
        before = place - 1
        return index - self.indices[before] > self._most_frames or time_s - self.times_s[before] > self._most_s

    def _set_start(self, index: int, starts: bool) -> None:
        place = len(self._starts)
        if place and index <= self._starts[-1]:
            place = bisect_left(self._starts, index)
        known = place < len(self._starts) and self._starts[place] == index
        if starts and not known:
            insort(self._starts, index)
        elif known and not starts:
            del self._starts[place]


class FrameStep:
    """Estimates a source's frame interval: the median of all intervals, from a histogram with logarithmic bins."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def count(self, frames: FrameSpans, place: int, sign: int) -> None:
        """Add (``sign`` 1) or remove (-1) the intervals from the frame at ``place`` to its two neighbors.

        The interval between these two neighbors counts only while the frame is absent.
        """
        self._count_interval(frames, place - 1, place, sign)
        self._count_interval(frames, place, place + 1, sign)
        self._count_interval(frames, place - 1, place + 1, -sign)

    @property
    def gap_s(self) -> float:
        """Longest absence that is not a gap, in seconds."""
        half, cumulative = sum(self._counts.values()) / 2, 0
        for step in sorted(self._counts):
            cumulative += self._counts[step]
            if cumulative >= half:
                return max(GAP_S, GAP_FRAMES * 2 ** (step / STEPS))
        return GAP_S

    def _count_interval(self, frames: FrameSpans, first: int, second: int, sign: int) -> None:
        if first < 0 or second >= len(frames):
            return
        seconds = frames.times_s[second] - frames.times_s[first]
        interval = max(seconds / (frames.indices[second] - frames.indices[first]), 1e-6)
        step = round(STEPS * log2(interval))
        self._counts[step] += sign
        if not self._counts[step]:
            del self._counts[step]
