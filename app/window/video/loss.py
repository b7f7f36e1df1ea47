"""Shows in the video view that a camera or stream is lost, until it is back; notifies when one has ended."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.window.core.times import clock, duration
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.video.controls import Controls
from app.window.video.video_view import VideoView
from app.window.widgets.notification import Notice

REFRESH_MS = 250
"""Interval at which the text is updated while the source is lost, in milliseconds."""


class Loss(QObject):
    """Follows ``player``: while its source is lost, the ``view`` is gray and shows when it was lost, and for how long.

    The time of the loss is in source time, as in plots and data. A live source ends where a limit was requested.
    """

    notified = pyqtSignal(object)  # Notice

    def __init__(self, player: Player, view: VideoView, controls: Controls) -> None:
        super().__init__(player)
        self._player = player
        self._view = view
        self._controls = controls
        self._lost_at_s: float | None = None
        self._clock_s = 0.0  # of the loss, on the monotonic clock
        self._refresh = QTimer(self)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self._show_text)
        player.notified.connect(self._on_notified)
        player.opened.connect(self._reset)
        player.ended.connect(self._on_ended)

    @property
    def lost(self) -> bool:
        """Whether the open source currently delivers no frames and is being reconnected."""
        return self._lost_at_s is not None and self._player.source is not None

    def _show_text(self) -> None:
        """Show when the source was lost, and for how long it has been."""
        if self._lost_at_s is None:
            return
        values = {"time": clock(self._lost_at_s), "duration": duration(time.monotonic() - self._clock_s)}
        self._view.show_lost(
            tr("Stream lost {time} after its start, reconnecting for {duration}", **values)
            if "://" in self._player.text
            else tr("Camera lost {time} after its start, reconnecting for {duration}", **values)
        )

    def notify_waiting(self) -> None:
        """Notify that the recording starts when the source is back, if it is lost."""
        if self.lost:
            self.notified.emit(Notice("info", tr("Recording starts when the video is back."), topic="connection"))

    def _on_notified(self, kind: str, sentence: str) -> None:
        if kind == "lost":
            current = self._player.current
            self._lost_at_s = current.frame.time_s if current is not None else 0.0
            self._clock_s = time.monotonic()
            self._show_text()
            self._refresh.start()
            self._controls.show_live(tr("Lost"))
        elif kind == "live":
            self._reset()
            self._controls.show_live(tr("Live"))

    def _on_ended(self) -> None:
        engine = self._player.engine
        if not self._player.over or engine is None:
            return
        self._reset()
        self._controls.show_live(tr("Ended"))
        name, count = self._player.title, engine.statistics.frames
        sentence = tr("{name} has ended after {count} frames, as requested.", name=name, count=count)
        self.notified.emit(Notice("info", sentence, tr("Play again"), self._player.play, "connection"))

    def _reset(self) -> None:
        self._lost_at_s = None
        self._refresh.stop()
        self._view.show_lost("")
