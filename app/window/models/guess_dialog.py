"""Asks whether to use a network whose input and output had to be guessed."""

from __future__ import annotations

from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from app.inference.model_card import MAX_SIDE
from app.window.i18n.tr import tr
from app.window.models.inspection import Guess, facts
from app.window.models.question_dialog import QuestionDialog, label
from app.window.widgets.value_controls import SpinBox

STEP = 32
"""Step of width and height, in pixels; input sizes are usually multiples of it."""


class GuessDialog(QuestionDialog):
    """Shows what was guessed about a network; accepted if the user wants to use it.

    If the input size is unknown, the user can set it: see ``crop``.
    """

    def __init__(self, guess: Guess, parent: QWidget | None = None) -> None:
        hint = tr("This {what} does not state its settings. Stance assumes:", what=guess.what)
        super().__init__(guess.path.name, hint, parent)
        body = QWidget()
        table = QGridLayout(body)
        table.setContentsMargins(0, 0, 0, 0)
        table.setHorizontalSpacing(18)
        table.setVerticalSpacing(5)
        table.setColumnStretch(1, 1)
        self._sides: list[SpinBox] = []
        for row, fact in enumerate(facts(guess.card)):
            table.addWidget(label(fact.title, "faint"), row, 0)
            value = self._size_editor(guess) if row == 0 and fact.assumed else label(fact.value)
            table.addWidget(value, row, 1)
            table.addWidget(label(tr("assumed") if fact.assumed else tr("from tensor shapes"), "faint"), row, 2)
        warning = label(tr("If an assumed value is wrong, people are detected poorly or not at all."), "faint")
        self.lay_out(body, [warning])

    @property
    def crop(self) -> str:
        """The input size shown or set, as "192x256"; empty if the network itself states it."""
        return "x".join(str(side.value()) for side in self._sides)

    def _size_editor(self, guess: Guess) -> QWidget:
        """Width and height, editable."""
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        for number, (value, name) in enumerate(zip(guess.card.picture.size, (tr("Width"), tr("Height")), strict=True)):
            side = SpinBox()
            side.setRange(1, MAX_SIDE)
            side.setSingleStep(STEP)
            side.setValue(value)
            side.setAccessibleName(name)
            if number:
                line.addWidget(label("×"))
            line.addWidget(side)
            self._sides.append(side)
        line.addStretch(1)
        return row
