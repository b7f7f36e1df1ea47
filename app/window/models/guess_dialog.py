"""The question whether a network may be used whose needs had to be guessed."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.window.foreign import Guess, facts
from app.window.words import tr

WIDTH = 420


class GuessDialog(QDialog):
    """Shows what was made of a network; accepted where the person wants to use it so."""

    def __init__(self, guess: Guess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import network"))
        self.setMinimumWidth(WIDTH)
        title = _label(guess.path.name, "subtitle")
        hint = _label(
            tr("This {what} does not say how it wants to be used. Stance takes it to be:", what=guess.what), "faint"
        )
        table = QGridLayout()
        table.setHorizontalSpacing(18)
        table.setVerticalSpacing(5)
        table.setColumnStretch(1, 1)
        for row, fact in enumerate(facts(guess.card)):
            table.addWidget(_label(fact.title, "faint"), row, 0)
            table.addWidget(_label(fact.value), row, 1)
            table.addWidget(_label(tr("assumed") if fact.assumed else tr("from its shapes"), "faint"), row, 2)
        warning = _label(tr("Where something assumed is wrong, people are found badly or not at all."), "faint")
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use = QPushButton(tr("Use it"))
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
        column.addWidget(title)
        column.addWidget(hint)
        column.addSpacing(8)
        column.addLayout(table)
        column.addSpacing(8)
        column.addWidget(warning)
        column.addSpacing(12)
        column.addLayout(buttons)


def _label(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(name != "" and len(text) > 20)
    label.setObjectName(name)
    return label
