"""The picture in the middle and the panels docked around it."""

from __future__ import annotations

from PyQt6.QtCore import QByteArray, Qt
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
        self._unseen: dict[QDockWidget, tuple[int, Qt.Orientation]] = {}

    def dock(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea, size: int) -> QDockWidget:
        """Dock ``panel``, hidden at first; ``name`` is how it is remembered, ``size`` its depth in pixels."""
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setFeatures(DOCKING)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        dock.hide()
        below = area in (Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._unseen[dock] = (size, Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
        dock.visibilityChanged.connect(lambda visible: self._size(dock) if visible else None)
        return dock

    def dock_of(self, name: str) -> QDockWidget:
        """What was docked as ``name``."""
        return next(dock for dock in self.findChildren(QDockWidget) if dock.objectName() == name)

    def restore(self, state: QByteArray) -> None:
        """Put every panel where ``saveState`` found it."""
        if self.restoreState(state):
            self._unseen.clear()

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

    def _size(self, dock: QDockWidget) -> None:
        """A panel begins as large as it should be; after that it is as large as it was made."""
        if dock in self._unseen:
            size, orientation = self._unseen.pop(dock)
            self.resizeDocks([dock], [size], orientation)
