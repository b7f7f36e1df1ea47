"""Passes values from a thread to the window; of values that wait only the newest is kept."""

from __future__ import annotations

import threading
from typing import Any

from PyQt6.QtCore import QElapsedTimer, QObject, QTimer, pyqtSignal


class LatestValue(QObject):
    """Any thread puts values in; the window takes the newest one out.

    ``arrived`` is emitted once for all values put before the next ``take``, so that a busy window never falls behind.
    """

    arrived = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: Any = None

    def put(self, value: Any) -> None:
        """Replace the waiting value, if any, by ``value``, which is not None."""
        with self._lock:
            replaced, self._newest = self._newest is not None, value
        if not replaced:
            self.arrived.emit()

    def take(self) -> Any:
        """The newest value, or None if none was put since the last call."""
        with self._lock:
            newest, self._newest = self._newest, None
        return newest


class PacedMailbox(LatestValue):
    """A ``LatestValue`` that is read at most once every ``every_ms`` milliseconds: when ``due`` is emitted."""

    due = pyqtSignal()

    def __init__(self, every_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._every_ms = every_ms
        self._since_take = QElapsedTimer()
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self.due)
        self.arrived.connect(self._schedule)

    def take(self) -> Any:
        """See ``LatestValue``."""
        self._since_take.restart()
        return super().take()

    def _schedule(self) -> None:
        if not self._waiting.isActive():
            elapsed = self._since_take.elapsed() if self._since_take.isValid() else self._every_ms
            self._waiting.start(max(self._every_ms - elapsed, 0))
