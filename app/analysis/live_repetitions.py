"""Counts the repetitions of an angle while it is measured, by those of the last seconds."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.analysis.repetitions import MAX_S, find_repetitions

WINDOW_S = 2 * MAX_S
"""How much of the past is kept, in seconds: the longest repetition and one before it to compare with."""
RETURNED = 0.3
"""A repetition counts when the angle is back to this part of its range, before the next one begins."""
EVERY_S = 0.1
"""Shortest time between two counts, in seconds."""


class RepetitionCounter:
    """Counts the repetitions that ``find_repetitions`` finds, each as soon as the angle is back.

    Only the last ``WINDOW_S`` are kept, however long it counts.
    """

    def __init__(self) -> None:
        self.count = 0
        self._samples: deque[tuple[float, float, float]] = deque()
        self._last_top_s = -np.inf
        self._counted_s = -np.inf

    def add(self, time_s: float, left: float, right: float) -> int:
        """Add the angle of both sides in degrees, NaN where unknown, at ``time_s``; returns how many more are counted.

        Times increase. One that is earlier than the last one is that of another source: the count goes on.
        """
        if self._samples and time_s < self._samples[-1][0]:
            self.forget()
        self._samples.append((time_s, left, right))
        while self._samples[0][0] < time_s - WINDOW_S:
            self._samples.popleft()
        if time_s - self._counted_s < EVERY_S:
            return 0
        self._counted_s = time_s
        return self._count()

    def forget(self) -> None:
        """Forget the past: the next angle is that of another joint or source. The count stays."""
        self._samples.clear()
        self._last_top_s = self._counted_s = -np.inf

    def reset(self) -> None:
        """Begin with 0 again."""
        self.count = 0
        self._last_top_s = self._samples[-1][0] if self._samples else -np.inf

    def _count(self) -> int:
        times, left, right = np.array(self._samples, np.float64).T
        newest = np.nanmean([left[-1], right[-1]]) if np.isfinite([left[-1], right[-1]]).any() else np.nan
        found = [one for one in find_repetitions(times, left, right) if one.top_s > self._last_top_s]
        if found and not newest <= found[-1].depth - (1 - RETURNED) * found[-1].range:
            found.pop()  # on its way back, and not counted yet
        if found:
            self._last_top_s = found[-1].top_s
            self.count += len(found)
        return len(found)
