"""The menu in which the user chooses which way a person faces."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget

from app.window.i18n.tr import later, tr

TITLES: dict[int | None, str] = {None: later("Auto"), -1: later("Left"), 1: later("Right"), 0: later("Front")}
"""Titles of the sides: as it is found, left, right, the camera."""


class FacingMenu(QMenu):
    """Sides to choose from. ``chosen`` emits -1 (left), 1 (right), 0 (the camera) or None (as it is found)."""

    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        group = QActionGroup(self)
        self._actions: dict[int | None, QAction] = {}
        for side, title in TITLES.items():
            action = QAction(tr(title), group)
            action.setCheckable(True)
            action.triggered.connect(partial(self.chosen.emit, side))
            self.addAction(action)
            self._actions[side] = action

    def mark(self, side: int | None) -> None:
        """Mark the side that is set."""
        self._actions[side].setChecked(True)


def facing_title(side: int | None) -> str:
    """The title of a side for a cell of a table."""
    title = TITLES[side]
    return tr(title)
