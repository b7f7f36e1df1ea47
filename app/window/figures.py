"""Updates the times, ages and counts that the window shows, several times per second."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer

from app.window.parts import WindowParts
from app.window.video.loss import Loss

INTERVAL_MS = 250


class Figures(QObject):
    """Refreshes the status bar, the engine panel, the time of a recording and the review."""

    def __init__(self, parts: WindowParts, loss: Loss) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._loss = loss
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(INTERVAL_MS)

    def refresh(self) -> None:
        """Show the present figures."""
        parts = self._parts
        player, view, recording = parts.player, parts.view, parts.capture.recorder.recording
        parts.status.refresh(player.engine, view.age_ms, player.playing)
        parts.status.show_progress(player.clip_analysis.current)
        parts.engine_panel.refresh(player.engine, view.age_ms, player.playing)
        parts.stack.recorded.show_time(recording.seconds if recording else None, self._loss.lost)
        parts.review.refresh()

    def stop(self) -> None:
        """Refresh no more."""
        self._timer.stop()
