"""The video in the middle and the panels docked around it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QByteArray, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QStyle, QWidget

from app.window.widgets.screen_fit import Scrolling

DOCKING = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)
OWN_ACTION = "own-action"
"""Property of a docked panel that an action of the window shows and hides."""
MIN_PANEL_SIZE = (140, 72)
"""Minimum size of a panel, in pixels; larger content scrolls."""
TABS_BELOW_HEIGHT = 600
"""Below this height in pixels, panels docked on the same side start as tabs."""
MAX_STACKED = 2
"""Further panels on the same side start as tabs of the last one."""
MIN_INITIAL_HEIGHT = 260
"""Least initial height of a panel below another one, in pixels, where it is no more than half of the window."""
BORDERS = 8
"""What the style draws around the content of a panel below another one, at most, in pixels."""
MAX_INITIAL_SHARE = 0.6
"""A panel below another one takes at most this part of the height at first; one that needs more starts as a tab."""


class DockArea(QMainWindow):
    """Holds ``middle``; docked panels can be moved, floated and closed, and are restored where they were."""

    def __init__(self, middle: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setCentralWidget(middle)
        self.setDockNestingEnabled(True)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self._hidden_panels: list[QDockWidget] = []
        self._initial_sizes: dict[QDockWidget, tuple[int, Qt.Orientation]] = {}

    def dock(self, name: str, title: str, panel: QWidget, area: Qt.DockWidgetArea, size: int) -> QDockWidget:
        """Dock ``panel``, hidden at first; ``name`` is its key in the saved state.

        ``size`` is its minimum initial height or width in pixels; larger content gets what it needs.
        """
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setFeatures(DOCKING)
        dock.setWidget(panel if isinstance(panel, QScrollArea) else Scrolling(panel, sideways=True))
        dock.setMinimumSize(*MIN_PANEL_SIZE)
        self.addDockWidget(area, dock)
        dock.hide()
        below = area in (Qt.DockWidgetArea.TopDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._initial_sizes[dock] = (size, Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal)
        dock.visibilityChanged.connect(lambda visible: self._apply_initial_size(dock) if visible else None)
        return dock

    def dock_of(self, name: str) -> QDockWidget:
        """The panel that was docked as ``name``."""
        return next(dock for dock in self.findChildren(QDockWidget) if dock.objectName() == name)

    def restore(self, state: QByteArray, sized: Sequence[str]) -> None:
        """Restore the positions saved by ``saveState``, and the sizes of the panels that had one (``sized``)."""
        if self.restoreState(state):
            for dock in list(self._initial_sizes):
                if dock.objectName() in sized or not dock.isHidden():
                    del self._initial_sizes[dock]

    def sized(self) -> list[str]:
        """Names of the panels that have been shown, and so have a size; Qt's saved state does not contain them."""
        return [dock.objectName() for dock in self.findChildren(QDockWidget) if dock not in self._initial_sizes]

    def panels(self) -> list[QAction]:
        """Actions that show and hide each panel, without those of panels that have an action of the window."""
        docks = [dock for dock in self.findChildren(QDockWidget) if not dock.property(OWN_ACTION)]
        return [action for dock in docks if (action := dock.toggleViewAction()) is not None]

    def clear(self, hidden: bool) -> None:
        """Hide all panels, or show again those that were hidden."""
        if hidden:
            self._hidden_panels = [dock for dock in self.findChildren(QDockWidget) if dock.isVisible()]
        for dock in self._hidden_panels:
            dock.setVisible(not hidden)

    def _apply_initial_size(self, dock: QDockWidget) -> None:
        """Give a panel its initial size when it is first shown; later its own size is kept."""
        if dock not in self._initial_sizes:
            return
        size, orientation = self._initial_sizes.pop(dock)
        hint, neighbors = dock.sizeHint(), self._neighbors(dock)
        beside = orientation == Qt.Orientation.Horizontal
        sizes = [other.width() if beside else other.height() for other in neighbors]
        wanted = hint.width() + self._bar_width() if beside else hint.height()
        self.resizeDocks([dock], [max(size, wanted, *sizes)], orientation)
        if not neighbors:
            return
        room = self._height_beside(dock) if beside else self.height()
        most = round(MAX_INITIAL_SHARE * room)
        if len(neighbors) >= MAX_STACKED or room < TABS_BELOW_HEIGHT or (beside and hint.height() > most):
            self.tabifyDockWidget(neighbors[-1], dock)
            dock.raise_()
        if beside and neighbors[0] not in self.tabifiedDockWidgets(dock):
            height = max(hint.height() + BORDERS, min(MIN_INITIAL_HEIGHT, room // 2))
            self.resizeDocks([neighbors[0], dock], [room - height, height], Qt.Orientation.Vertical)

    def _neighbors(self, dock: QDockWidget) -> list[QDockWidget]:
        """The panels docked on the side of ``dock``, from the top or the left; of tabs, the one in front."""
        area, whole = self.dockWidgetArea(dock), self.rect()
        shown = [other for other in self.findChildren(QDockWidget) if other is not dock and other.isVisible()]
        docked = [other for other in shown if self.dockWidgetArea(other) == area and not other.isFloating()]
        front = [other for other in docked if whole.intersects(other.geometry())]  # Qt moves the others out of sight
        return sorted(front, key=lambda other: (other.y(), other.x()))

    def _height_beside(self, dock: QDockWidget) -> int:
        """The height on the side of ``dock``: that of the video, on the right with the panels below the video."""
        middle = self.centralWidget()
        is_left = self.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea
        return middle.height() if middle is not None and is_left else self.height()

    def _bar_width(self) -> int:
        """The width of a vertical scroll bar, in pixels; with one, the content must not scroll sideways too."""
        style = self.style()
        return style.pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) if style is not None else 0
