"""A button beside a control that goes back to its default."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolButton

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.tr import tr


class ResetButton(QToolButton):
    """Calls ``reset``; hidden, but not its place, while the control called ``title`` ``is_usual``."""

    def __init__(self, title: str, is_usual: Callable[[], bool], reset: Callable[[], object]) -> None:
        super().__init__()
        self._is_usual = is_usual
        self.setObjectName("reset")
        self.setText("↺")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.installEventFilter(ShortcutFilter(PRESS, self))
        self.setAccessibleName(tr("Reset “{action}”", action=title))
        self.setToolTip(tr("Back to the default"))
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.clicked.connect(lambda _: reset())

    def refresh(self) -> None:
        """Show or hide the button after a change of the control."""
        self.setVisible(not self._is_usual())
