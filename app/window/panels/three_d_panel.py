"""The panel of people in three dimensions: directions of view, the view, and where the depth comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction, QShowEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.tr import tr
from app.window.panels.orbit_view import OrbitView

if TYPE_CHECKING:
    from app.overlay import DrawStyle

DIRECTIONS = ("three-d-front", "three-d-side", "three-d-top")
"""The actions that have a button above the view."""


class ThreeDPanel(QWidget):
    """Holds ``view``, and a text in its place while nobody has a third dimension; ``shown`` follows becoming visible.

    ``actions`` are the directions of view by name. ``followed`` emits whether the view follows people; ``wanted`` is
    emitted when the user asks for the third dimension.
    """

    shown = pyqtSignal()
    followed = pyqtSignal(bool)
    wanted = pyqtSignal()

    def __init__(
        self, actions: dict[str, QAction], style: Callable[[], DrawStyle | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.view = OrbitView(style)
        self.follow = _button(tr("Follow"), tr("Keep the chosen person, or everybody, in the middle"))
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.toggled.connect(self.followed)
        self.source = QLabel()
        self.source.setObjectName("faint")
        self.source.setWordWrap(True)
        self.source.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hint = QLabel()
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.switch_on = QPushButton(tr("Switch on"))
        self.switch_on.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.switch_on.installEventFilter(ShortcutFilter(PRESS, self.switch_on))
        self.switch_on.clicked.connect(lambda _: self.wanted.emit())
        self._bar = self._make_bar(actions)
        self._stack = QStackedLayout()
        self._lay_out()

    def show_hint(self, text: str, offer: bool) -> None:
        """Show ``text`` in place of the view, with the button if ``offer``; an empty text shows the view."""
        self.hint.setText(text)
        self.switch_on.setVisible(offer)
        self._stack.setCurrentIndex(1 if text else 0)
        self._bar.setEnabled(not text)
        self.source.setVisible(not text and bool(self.source.text()))

    def show_source(self, text: str) -> None:
        """Show where the depth comes from, under the view."""
        if self.source.text() != text:
            self.source.setText(text)
        self.source.setVisible(bool(text) and not self.hint.text())

    def showEvent(self, event: QShowEvent | None) -> None:
        """Tell that the panel is visible."""
        super().showEvent(event)
        self.shown.emit()

    def _make_bar(self, actions: dict[str, QAction]) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        titles = (tr("Front"), tr("Right"), tr("Top"))
        for name, title in zip(DIRECTIONS, titles, strict=True):
            row.addWidget(_action_button(title, actions[name]))
        row.addStretch(1)
        row.addWidget(self.follow)
        row.addWidget(_action_button(tr("Reset"), actions["three-d-reset"]))
        return bar

    def _lay_out(self) -> None:
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setContentsMargins(16, 8, 16, 8)
        middle.addStretch(1)
        middle.addWidget(self.hint)
        middle.addWidget(self.switch_on, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._bar)
        column.addLayout(self._stack, 1)
        column.addWidget(self.source)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.installEventFilter(ShortcutFilter(PRESS, button))
    return button


def _action_button(text: str, action: QAction) -> QToolButton:
    """A button that triggers ``action`` and has its tool tip, with the key, but a shorter text."""
    button = _button(text, action.toolTip())
    button.clicked.connect(lambda _: action.trigger())
    action.changed.connect(lambda: _follow_tip(button, action))
    return button


def _follow_tip(button: QToolButton, action: QAction) -> None:
    button.setToolTip(action.toolTip())
    button.setAccessibleName(action.text())
