"""A letter box with one place between the worker and the window: the newest frame always wins."""

from __future__ import annotations

import threading
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal


class Mailbox(QObject):
    """Any thread puts values in, the window takes the newest one out.

    ``arrived`` is emitted once for all that comes before the next ``take``, so a busy window never falls behind.
    """

    arrived = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: Any = None

    def put(self, value: Any) -> None:
        """Leave ``value``, which is not None, in place of what nobody has taken yet."""
        with self._lock:
            told, self._newest = self._newest is not None, value
        if not told:
            self.arrived.emit()

    def take(self) -> Any:
        """The newest value, or None where there is none since the last time."""
        with self._lock:
            newest, self._newest = self._newest, None
        return newest
