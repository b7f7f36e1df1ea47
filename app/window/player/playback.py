"""How a file is played: how fast, which way, between which points. Plain values, without Qt."""

from __future__ import annotations

from dataclasses import dataclass

RATES = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Times as fast as it was filmed."""

A_LITTLE_S = 1e-4
"""Less than the time from one frame to the next in any video."""


@dataclass(slots=True)
class Playback:
    """``in_s`` and ``out_s`` are the first and the last moment that count (None: the file's own ends).

    ``every_frame``: none is left out to keep the pace.
    """

    rate: float = 1.0
    backwards: bool = False
    every_frame: bool = True
    loop: bool = False
    in_s: float | None = None
    out_s: float | None = None

    def faster(self) -> None:
        """The next rate up."""
        self.rate = next((rate for rate in RATES if rate > self.rate), RATES[-1])

    def slower(self) -> None:
        """The next rate down."""
        self.rate = next((rate for rate in reversed(RATES) if rate < self.rate), RATES[0])

    def shuttle(self, backwards: bool, playing: bool) -> None:
        """Play that way; where it does already, twice as fast."""
        if playing and self.backwards == backwards:
            self.rate = min(2 * self.rate, RATES[-1])
        else:
            self.rate = 1.0
        self.backwards = backwards

    def mark_in(self, time_s: float | None) -> None:
        """Begin at ``time_s``; an out point before it is taken away."""
        self.in_s = time_s
        if time_s is not None and self.out_s is not None and self.out_s <= time_s:
            self.out_s = None

    def mark_out(self, time_s: float | None) -> None:
        """End with the frame at ``time_s``; an in point after it is taken away."""
        self.out_s = time_s
        if time_s is not None and self.in_s is not None and self.in_s >= time_s:
            self.in_s = None

    @property
    def marked(self) -> bool:
        """Whether there is an in or an out point."""
        return self.in_s is not None or self.out_s is not None

    @property
    def start_s(self) -> float:
        """Where playing begins."""
        return self.in_s or 0.0

    @property
    def end_s(self) -> float | None:
        """Before which moment playing ends: the frame at the out point is the last that is shown."""
        return None if self.out_s is None else self.out_s + A_LITTLE_S
