"""Moving in the source: playing, steps, jumps and the playback rate."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction

from app.window.player.player import Player

JUMP_S = 5.0
"""How far the keys for some seconds jump, in seconds."""


class PlaybackController(QObject):
    """Moves the player by actions. ``rate_shown`` emits the playback rate whenever it may have changed."""

    rate_shown = pyqtSignal(float)

    def __init__(self, player: Player, actions: dict[str, QAction]) -> None:
        super().__init__(player)
        self._player = player
        self._resume = False  # whether to play on after ``release``
        self._asked_s: float | None = None  # the time of the last jump
        for name, callback in (
            ("play", lambda: player.pause() if player.playing else player.play()),
            ("step-back", lambda: player.step(-1)),
            ("step-forward", lambda: player.step(1)),
            ("home", lambda: player.seek(0.0)),
            ("end", lambda: player.seek(player.source.duration_s or 0.0) if player.source else None),
            ("seconds-back", lambda: self._jump(-JUMP_S)),
            ("seconds-forward", lambda: self._jump(JUMP_S)),
            ("tenth-back", lambda: self._jump(-self._tenth_s())),
            ("tenth-forward", lambda: self._jump(self._tenth_s())),
            ("slower", lambda: self._change_rate(player.playback.slower)),
            ("faster", lambda: self._change_rate(player.playback.faster)),
            ("plain-speed", lambda: self.set_rate(1.0)),
            ("backwards", lambda: self._shuttle(backwards=True)),
            ("forwards", lambda: self._shuttle(backwards=False)),
            ("halt", player.pause),
        ):
            actions[name].triggered.connect(lambda _, callback=callback: callback())
        actions["every-frame"].setChecked(player.playback.every_frame)
        actions["every-frame"].toggled.connect(player.set_every_frame)

    def begin(self) -> None:
        """Show the rate at which a newly opened source plays."""
        self.rate_shown.emit(self._player.playback.rate)

    def set_rate(self, rate: float) -> None:
        """Play at ``rate`` times the real speed."""
        self._player.set_rate(rate)
        self.rate_shown.emit(rate)

    def grab(self) -> None:
        """Pause while the user drags the timeline."""
        self._resume = self._player.playing
        self._player.pause()

    def release(self) -> None:
        """Play on after the drag, if it played before."""
        if self._resume:
            self._player.play()

    def _tenth_s(self) -> float:
        source = self._player.source
        return (source.duration_s or 0.0) / 10 if source is not None else 0.0

    def _jump(self, seconds: float) -> None:
        """Show the frame that is ``seconds`` after the shown one, or after the one that is on its way."""
        player = self._player
        if player.current is None or player.source is None or not player.seekable:
            return
        pending = self._asked_s if player.seeking else None
        before_s = player.current.frame.time_s if pending is None else pending
        self._asked_s = min(max(before_s + seconds, 0.0), player.source.duration_s or 0.0)
        player.seek(self._asked_s)

    def _change_rate(self, change: Callable[[], None]) -> None:
        change()
        self.set_rate(self._player.playback.rate)

    def _shuttle(self, backwards: bool) -> None:
        self._player.shuttle(backwards)
        self.rate_shown.emit(self._player.playback.rate)
