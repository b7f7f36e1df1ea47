"""Timestamps of the frames in a written video."""

from __future__ import annotations

from fractions import Fraction

TIME_BASE = Fraction(1, 90000)
UNKNOWN_RATE = 30


class FilmClock:
    """Converts timestamps of the source to those of the written video: the first frame is at 0.

    If the source's time goes backward (the user has seeked), the video continues one frame later. ``fps`` is the
    nominal frame rate, None for 30. ``step`` is the nominal duration of a frame and ``last`` the last timestamp, in
    ticks of ``TIME_BASE``; ``jumped`` means that the last frame did not follow the one before it.
    """

    def __init__(self, fps: float | None) -> None:
        self.rate = Fraction(fps or UNKNOWN_RATE).limit_denominator(1001)
        self.step = round(1 / self.rate / TIME_BASE)
        self.last = -1
        self.jumped = False
        self._zero_s = 0.0

    def place(self, time_s: float) -> int:
        """Return the video timestamp of the next frame, at ``time_s`` seconds of the source, in ticks."""
        ticks = round((time_s - self._zero_s) / TIME_BASE)
        self.jumped = self.last < 0 or ticks <= self.last
        if self.jumped:
            ticks = 0 if self.last < 0 else self.last + self.step
            self._zero_s = time_s - float(ticks * TIME_BASE)
        self.last = ticks
        return ticks

    def place_s(self, time_s: float) -> float:
        """Return the same in seconds."""
        return float(self.place(time_s) * TIME_BASE)
