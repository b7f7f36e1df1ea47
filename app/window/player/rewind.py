"""Playing backwards: one frame after the other, at the playback rate."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


class Rewind(QObject):
    """Calls ``step_back`` for one frame after the other while it is ``on``, one every ``interval_ms()``."""

    def __init__(self, step_back: Callable[[], None], interval_ms: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self.on = False
        self._step_back = step_back
        self._interval_ms = interval_ms
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self._step)

    def start(self) -> None:
        """Go back from the shown frame."""
        self.on = True
        self._step()

    def note_shown(self) -> None:
        """Another frame is shown: go one further back when its time is over."""
        if self.on:
            self._waiting.start(self._interval_ms())

    def _step(self) -> None:
        if self.on:
            self._step_back()
