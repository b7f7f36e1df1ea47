"""Leaves some keys to the control that has the keyboard, where the window has other plans for them."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent

PRESS = (Qt.Key.Key_Space,)
"""What a button needs."""
MOVE = (*PRESS, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
"""What a slider or a choice needs."""


class OwnKeys(QObject):
    """An event filter for controls that get the keyboard by Tab alone."""

    def __init__(self, keys: tuple[Qt.Key, ...], parent: QObject) -> None:
        super().__init__(parent)
        self._keys = keys

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Claim the key before a shortcut does."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in self._keys:
            event.accept()
            return True
        return False
