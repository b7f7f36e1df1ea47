"""Lets a focused control have keys that are shortcuts of the window."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent

PRESS = (Qt.Key.Key_Space,)
"""Keys of a button."""
STEPS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
"""Keys of a spin box, and of everything that is a list."""
LISTS = (*STEPS, Qt.Key.Key_Home, Qt.Key.Key_End)
"""Keys of a list or a table."""
MOVE = (*PRESS, *LISTS, Qt.Key.Key_Left, Qt.Key.Key_Right)
"""Keys of a slider or a combo box."""


class ShortcutFilter(QObject):
    """An event filter for controls that get the focus only by Tab."""

    def __init__(self, keys: tuple[Qt.Key, ...], parent: QObject) -> None:
        super().__init__(parent)
        self._keys = keys

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Accept the key before a shortcut does."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in self._keys:
            event.accept()
            return True
        return False
