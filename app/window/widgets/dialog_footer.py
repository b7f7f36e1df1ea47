"""The line at the foot of a dialogue: what happened, what is going on, or a question before something is lost."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.window.words import tr


class Foot(QFrame):
    """Says one thing at a time, with at most two buttons beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("foot")
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.buttons = [QPushButton(), QPushButton()]
        self._deeds: list[Callable[[], object]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._label, 1)
        for number, button in enumerate(self.buttons):
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _, number=number: self._deeds[number]())
            row.addWidget(button)
        self.setMinimumHeight(2 * self._label.fontMetrics().lineSpacing() + 2)
        self.say("")

    @property
    def sentence(self) -> str:
        """What is said."""
        return self._label.text()

    def say(self, sentence: str) -> None:
        """Tell something."""
        self._offer(sentence)

    def show_doing(self, text: str, cancel: Callable[[], object]) -> None:
        """Tell what is going on, and offer to ``cancel`` it."""
        self._offer(f"{text} …", (tr("Cancel"), cancel))

    def ask(self, sentence: str, label: str, deed: Callable[[], object]) -> None:
        """Ask before ``deed`` is done by the button ``label``."""

        def agreed() -> None:
            self.say("")
            deed()

        self._offer(sentence, (tr("Cancel"), lambda: self.say("")), (label, agreed))
        self.buttons[0].setFocus()

    def _offer(self, sentence: str, *offers: tuple[str, Callable[[], object]]) -> None:
        self._label.setText(sentence)
        self._label.setAccessibleName(sentence)
        self._deeds = [deed for _, deed in offers]
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(offers))
            if number < len(offers):
                button.setText(offers[number][0])
                button.setAccessibleName(offers[number][0])
