"""The times at which the frames of a file are due."""

from __future__ import annotations

import time

LATE_S = 0.5
"""Frames later than this, in seconds, are not caught up with: the clock is set to them."""


class PlaybackClock:
    """A clock that starts with the first frame and runs at ``rate`` times the real speed."""

    def __init__(self) -> None:
        self._rate = 1.0
        self._zero_s: float | None = None

    def restart(self) -> None:
        """Start again with the next frame, which is due at once."""
        self._zero_s = None

    def wait_s(self, time_s: float, rate: float) -> float:
        """Seconds until the frame at ``time_s`` is due at ``rate``; negative if it is late."""
        now = time.perf_counter()
        if rate != self._rate:
            self._rate, self._zero_s = rate, None
        if self._zero_s is None or self._zero_s + time_s / rate < now - LATE_S:
            self._zero_s = now - time_s / rate
        return self._zero_s + time_s / rate - now

    def is_late(self, time_s: float) -> bool:
        """Whether the frame at ``time_s`` should be on the screen by now."""
        return self._zero_s is not None and self._zero_s + time_s / self._rate < time.perf_counter()
