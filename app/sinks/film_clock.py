"""Timestamps of the frames in a written video."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from app.core.film_options import Freeze

TIME_BASE = Fraction(1, 90000)
UNKNOWN_RATE = 30
CLOSE_S = 1e-6


class FilmClock:
    """Converts timestamps of the source to those of the written video: the first frame is at 0.

    If the source's time goes backward (the user has seeked), the video continues one frame later. ``fps`` is the
    nominal frame rate, None for 30; a ``speed`` below 1 is slow motion. ``step`` is the nominal duration of a frame and
    ``last`` the last timestamp, in ticks of ``TIME_BASE``; ``jumped`` means that the last frame did not follow the one
    before it.
    """

    def __init__(self, fps: float | None, speed: float = 1.0) -> None:
        self.rate = Fraction((fps or UNKNOWN_RATE) * min(speed, 1.0)).limit_denominator(1001)
        self.step = round(1 / self.rate / TIME_BASE)
        self.last = -1
        self.jumped = False
        self._speed = speed
        self._zero_s = 0.0
        self._due = 0.0  # the next frame of a fast video, in ticks

    def is_crowded(self, time_s: float) -> bool:
        """Whether a frame at ``time_s`` seconds of the source comes too soon: a fast video leaves frames out."""
        early = 0.5 * self.step / self._speed  # half the distance of two frames of the source
        return self._speed > 1 and self.last < self._ticks(time_s) < self._due - early

    def hold(self, seconds: float) -> list[int]:
        """Timestamps at which the last frame is shown again, for ``seconds``; all later frames are delayed by that."""
        count, total = max(1, round(seconds * self.rate)), round(seconds / TIME_BASE)
        times = [self.last + total * number // count for number in range(1, count + 1)]
        self._zero_s -= float(total * TIME_BASE) * self._speed
        self.last = times[-1]
        self._due += total
        return times

    def place(self, time_s: float) -> int:
        """Return the video timestamp of the next frame, at ``time_s`` seconds of the source, in ticks."""
        ticks = self._ticks(time_s)
        self.jumped = self.last < 0 or ticks <= self.last
        if self.jumped:
            ticks = 0 if self.last < 0 else self.last + self.step
            self._zero_s = time_s - float(ticks * TIME_BASE) * self._speed
        self.last = ticks
        self._due = max(self._due, ticks - self.step / 2) + self.step
        return ticks

    def place_s(self, time_s: float) -> float:
        """Return the same in seconds."""
        return float(self.place(time_s) * TIME_BASE)

    def _ticks(self, time_s: float) -> int:
        return round((time_s - self._zero_s) / self._speed / TIME_BASE)


class Freezes:
    """The ``freezes`` of a film that have not been shown, in order of time."""

    def __init__(self, freezes: Sequence[Freeze]) -> None:
        self._left = list(freezes)

    def due(self, time_s: float) -> list[Freeze]:
        """The freezes before the frame at ``time_s`` seconds of the source: of the frame before it. Each comes once."""
        due = [freeze for freeze in self._left if freeze.time_s < time_s - CLOSE_S]
        self._left = self._left[len(due) :]
        return due
