"""How a file is played: rate, direction, in and out point. Plain values, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nextafter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine import Result

RATES = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Playback rates, as factors of the real speed."""


@dataclass(slots=True)
class Playback:
    """``in_s`` and ``out_s`` are the in and out point in seconds (None: start and end of the file).

    ``every_frame``: no frame is skipped to keep the pace. ``first_s``: the start of the opened part of the file.
    ``delayed`` gives what is shown when a new frame of a live source arrives.
    """

    rate: float = 1.0
    backwards: bool = False
    every_frame: bool = True
    loop: bool = False
    in_s: float | None = None
    out_s: float | None = None
    first_s: float = 0.0
    delayed: Callable[[Result], Result] | None = None

    def of_another(self, first_s: float) -> Playback:
        """What stays of it for another source, of which the part from ``first_s`` on is opened."""
        return Playback(every_frame=self.every_frame, first_s=first_s)

    def shown(self, newest: Result) -> Result:
        """What is shown when ``newest`` arrives."""
        return newest if self.delayed is None else self.delayed(newest)

    def faster(self) -> None:
        """Use the next higher rate."""
        self.rate = next((rate for rate in RATES if rate > self.rate), RATES[-1])

    def slower(self) -> None:
        """Use the next lower rate."""
        self.rate = next((rate for rate in reversed(RATES) if rate < self.rate), RATES[0])

    def shuttle(self, backwards: bool, playing: bool) -> None:
        """Play in that direction; twice as fast if it does already."""
        if playing and self.backwards == backwards:
            self.rate = min(2 * self.rate, RATES[-1])
        else:
            self.rate = 1.0
        self.backwards = backwards

    def set_in(self, time_s: float | None) -> None:
        """Set the in point; if it is after the out point, the two are swapped."""
        self.in_s = time_s
        self._put_in_order()

    def set_out(self, time_s: float | None) -> None:
        """Set the out point; if it is before the in point, the two are swapped."""
        self.out_s = time_s
        self._put_in_order()

    def _put_in_order(self) -> None:
        if self.in_s is not None and self.out_s is not None and self.out_s < self.in_s:
            self.in_s, self.out_s = self.out_s, self.in_s

    def is_last(self, time_s: float, fps: float) -> bool:
        """Whether the frame after the one at ``time_s`` is beyond the out point: reading in order ends there."""
        return self.end_s is not None and 0 < self.end_s - time_s <= 1.5 / fps

    @property
    def marked(self) -> bool:
        """Whether an in or out point is set."""
        return self.in_s is not None or self.out_s is not None

    @property
    def start_s(self) -> float:
        """Start of the played range, in seconds."""
        return max(self.in_s or 0.0, self.first_s)

    @property
    def end_s(self) -> float | None:
        """End of the played range, in seconds, excluded; the frame at the out point is the last one shown."""
        return None if self.out_s is None else nextafter(self.out_s, inf)
