"""Shows the picture of a camera later than it comes, with the people of its own frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.player.last_seconds import LastSeconds
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.engine import Result

MAX_S = 20.0
"""Longest delay, in seconds."""
MARGIN_S = 0.5
"""How much more than the delay is held, in seconds."""
USUAL_FPS = 30.0


class PictureDelay(QObject):
    """Delays the live pictures of ``player`` by ``seconds``, taken from the compressed frames that ``held`` has.

    Until the delay has passed for the first time, the oldest frame that is held stands. ``changed`` follows a change of
    the delay.
    """

    changed = pyqtSignal()

    def __init__(self, player: Player, held: LastSeconds) -> None:
        super().__init__(player)
        self._player = player
        self._held = held
        self._seconds = 0.0
        player.opened.connect(self._follow_source)

    @property
    def seconds(self) -> float:
        """The delay, in seconds; 0: none."""
        return self._seconds

    def set(self, seconds: float) -> None:
        """Delay by ``seconds`` from now on, at most ``MAX_S``."""
        seconds = min(max(seconds, 0.0), MAX_S)
        if seconds != self._seconds:
            self._seconds = seconds
            self._follow_source()
            self.changed.emit()

    def add(self, seconds: float) -> None:
        """Lengthen the delay, or shorten it."""
        self.set(round(self._seconds + seconds, 3))

    @property
    def active(self) -> bool:
        """Whether what is shown now is delayed."""
        source = self._player.source
        return self._seconds > 0 and source is not None and source.live

    def add_frames(self, frames: int) -> None:
        """Lengthen the delay by a number of frames, or shorten it."""
        source = self._player.source
        self.set(self._seconds + frames / ((source.fps if source is not None else None) or USUAL_FPS))

    def _follow_source(self) -> None:
        self._held.hold(self._seconds + MARGIN_S if self._seconds else 0.0)
        self._player.playback.delayed = self._earlier if self.active else None

    def _earlier(self, newest: Result) -> Result:
        found = self._held.behind(newest.frame.time_s - self._seconds)
        if found is None:
            return newest
        frame, poses = found
        return replace(newest, frame=frame, poses=poses)
