"""Counts the repetitions of an angle while it is measured, by those of the last seconds."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.analysis.repetitions import MAX_S, MIN_RANGE, find_repetitions

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
        self._highest = -np.inf  # the largest angle since the last repetition

    def add(self, time_s: float, left: float, right: float) -> int:
        """Add the angle of both sides in degrees, NaN where unknown, at ``time_s``; returns how many more are counted.

        Times increase. One that is earlier than the last one is that of another source: the count goes on.
        """
        if self._samples and time_s < self._samples[-1][0]:
            self.forget()
        self._samples.append((time_s, left, right))
        while self._samples[0][0] < time_s - WINDOW_S:
            self._samples.popleft()
        newest = _mean(left, right)
        self._highest = max(self._highest, newest) if newest == newest else self._highest
        if time_s - self._counted_s < EVERY_S or not newest <= self._highest - (1 - RETURNED) * MIN_RANGE:
            return 0  # nothing can have ended
        self._counted_s = time_s
        return self._count(newest)

    def forget(self) -> None:
        """Forget the past: the next angle is that of another joint or source. The count stays."""
        self._samples.clear()
        self._last_top_s = self._counted_s = self._highest = -np.inf

    def reset(self) -> None:
        """Begin with 0 again."""
        self.count = 0
        self._last_top_s = self._samples[-1][0] if self._samples else -np.inf

    def _count(self, newest: float) -> int:
        times, left, right = np.array(self._samples, np.float64).T
        found = [one for one in find_repetitions(times, left, right) if one.top_s > self._last_top_s]
        if found and not newest <= found[-1].depth - (1 - RETURNED) * found[-1].range:
            found.pop()  # on its way back, and not counted yet
        if found:
            self._last_top_s, self._highest = found[-1].top_s, newest
            self.count += len(found)
        return len(found)


def _mean(left: float, right: float) -> float:
    """The mean of both sides, or the one that is known; NaN if none is."""
    known = [value for value in (left, right) if value == value]
    return sum(known) / len(known) if known else float("nan")
