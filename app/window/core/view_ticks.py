"""Keeps checkable actions of the View menu in step with what they show."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QAbstractButton, QWidget


def follow_switch(action: QAction, switch: QAbstractButton) -> None:
    """Check ``action`` while ``switch`` is on; each changes the other."""
    action.setChecked(switch.isChecked())
    switch.toggled.connect(action.setChecked)
    action.triggered.connect(switch.setChecked)


def follow_visibility(action: QAction, widget: QWidget) -> None:
    """Check ``action`` while ``widget`` is visible in its window; the action shows and hides it."""
    action.triggered.connect(widget.setVisible)
    _Watch(action, widget)


class _Watch(QObject):
    """Watches the visibility of ``widget``."""

    def __init__(self, action: QAction, widget: QWidget) -> None:
        super().__init__(widget)
        self._action = action
        action.setChecked(not widget.isHidden())
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Update the action; the event is passed on."""
        if event is not None and event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._action.setChecked(event.type() == QEvent.Type.ShowToParent)
        return False
