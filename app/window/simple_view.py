"""A view for those who only want to see and record: without models, detection settings, scores and times of stages."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from app.window.parts import WindowParts

NAME = "simple-view"
ENGINE, SCORE = "engine", 4
"""The panel that is hidden, and the column of scores in the table of people."""
MODEL_ACTIONS = ("models", "import")


class SimpleView(QObject):
    """Hides the parts for experts while the action is checked; the choice is saved."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        action = parts.actions[NAME]
        action.toggled.connect(self._apply)
        if parts.preferences.part(NAME).get("on") is True:
            QTimer.singleShot(0, lambda: action.setChecked(True))  # when the menus are there

    def _apply(self, simple: bool) -> None:
        parts = self._parts
        parts.preferences.keep_part(NAME, {"on": simple})
        for part in self._experts():
            part.setVisible(not simple)
        if simple:
            parts.docks.dock_of(ENGINE).hide()
        engine = parts.docks.dock_of(ENGINE).toggleViewAction()
        for action in (*(parts.actions[name] for name in MODEL_ACTIONS), engine):
            if action is not None:
                action.setVisible(not simple)
                _hide_empty_menus(action)
        parts.people.tree.setColumnHidden(SCORE, simple)

    def _experts(self) -> list[QWidget]:
        status = self._parts.status
        return [self._parts.panel.models, self._parts.panel.detection, status.stages, status.fps, status.badge]


def _hide_empty_menus(action: QAction) -> None:
    """Hide a menu whose entries are all hidden."""
    for menu in action.associatedObjects():
        if isinstance(menu, QMenu):
            shown = any(one.isVisible() for one in menu.actions() if not one.isSeparator())
            if (entry := menu.menuAction()) is not None:
                entry.setVisible(shown)
