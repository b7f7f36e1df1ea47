"""The picture in the middle and the panels docked around it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

DOCKING = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)


class Desk(QMainWindow):
    """Holds ``middle``; what is docked can be moved, floated, closed, and comes back where it was."""

    def __init__(self, middle: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setCentralWidget(middle)
        self.setDockNestingEnabled(True)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self._hidden_for_now: list[QDockWidget] = []

    def dock(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        """Dock ``panel``, hidden at first; ``name`` is how it is remembered."""
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setFeatures(DOCKING)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        dock.hide()
        return dock

    def dock_of(self, name: str) -> QDockWidget:
        """What was docked as ``name``."""
        return next(dock for dock in self.findChildren(QDockWidget) if dock.objectName() == name)

    def panels(self) -> list[QAction]:
        """What shows and hides each panel."""
        docks = self.findChildren(QDockWidget)
        return [action for dock in docks if (action := dock.toggleViewAction()) is not None]

    def clear(self, wanted: bool) -> None:
        """Leave the picture alone, or bring back what was around it."""
        if wanted:
            self._hidden_for_now = [dock for dock in self.findChildren(QDockWidget) if dock.isVisible()]
        for dock in self._hidden_for_now:
            dock.setVisible(not wanted)
