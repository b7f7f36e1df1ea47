"""The layout of the questions that are asked before a model is imported."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.window.i18n.tr import tr
from app.window.widgets.screen_fit import Scrolling

WIDTH = 420
LONG = 20
"""Texts of more characters than this may be wrapped."""


class QuestionDialog(QDialog):
    """Asks about the file ``name``: a ``hint``, whatever ``lay_out`` adds, and the buttons *Cancel* and *Use*."""

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import model"))
        self.setMinimumWidth(WIDTH)
        self.use = QPushButton(tr("Use"))
        self._title, self._hint = label(name, "subtitle"), label(hint, "faint")

    def lay_out(self, body: QWidget, below: Sequence[QWidget] = ()) -> None:
        """Lay out the dialog around ``body``, which scrolls where the screen is small; ``below`` stands under it."""
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.use.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addSpacing(8)
        column.addWidget(Scrolling(body), 1)
        for widget in below:
            column.addSpacing(8)
            column.addWidget(widget)
        column.addSpacing(12)
        column.addLayout(buttons)


def label(text: str, name: str = "") -> QLabel:
    """A label of plain text in the style ``name``."""
    found = QLabel(text)
    found.setTextFormat(Qt.TextFormat.PlainText)
    found.setWordWrap(name != "" and len(text) > LONG)
    found.setObjectName(name)
    return found
