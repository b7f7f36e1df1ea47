"""The title of a control, which looks disabled while the control is."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QLabel, QWidget


class TitleFollower(QObject):
    """Makes ``title`` the label of ``control``: it is enabled, and has the tool tip, as the control."""

    def __init__(self, title: QLabel, control: QWidget) -> None:
        super().__init__(control)
        self._title = title
        title.setBuddy(control)
        control.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the control."""
        if event is None or not isinstance(watched, QWidget):
            return False
        if event.type() == QEvent.Type.EnabledChange:
            self._title.setEnabled(watched.isEnabled())
        elif event.type() == QEvent.Type.ToolTipChange:
            self._title.setToolTip(watched.toolTip())
        return False
