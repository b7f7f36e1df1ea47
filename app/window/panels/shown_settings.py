"""The settings that the side panel shows."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.settings import Settings


class ShownSettings(QObject):
    """Holds the shown ``settings``; ``changed`` emits the Settings that the user requests by a control."""

    changed = pyqtSignal(object)

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = settings

    def request(self, **change: object) -> None:
        """Request the shown settings with ``change``; nothing is emitted if they are the same."""
        requested = replace(self.settings, **change)  # type: ignore[arg-type]
        if requested != self.settings:
            self.settings = requested
            self.changed.emit(requested)
