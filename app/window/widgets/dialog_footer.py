"""Footer of a dialog: a message, the current activity, or a question before something is lost."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.window.i18n.tr import tr


class DialogFooter(QFrame):
    """Shows one message at a time, with up to two buttons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("foot")
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.buttons = [QPushButton(), QPushButton()]
        self._callbacks: list[Callable[[], object]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._label, 1)
        for number, button in enumerate(self.buttons):
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _, number=number: self._callbacks[number]())
            row.addWidget(button)
        self.setMinimumHeight(2 * self._label.fontMetrics().lineSpacing() + 2)
        self.say("")

    @property
    def sentence(self) -> str:
        """The message shown."""
        return self._label.text()

    def say(self, sentence: str) -> None:
        """Show a message."""
        self._show(sentence)

    def show_doing(self, text: str, cancel: Callable[[], object]) -> None:
        """Show the current activity, with a button for ``cancel``."""
        self._show(f"{text} …", (tr("Cancel"), cancel))

    def ask(self, sentence: str, label: str, callback: Callable[[], object]) -> None:
        """Ask before ``callback``, which the button ``label`` calls."""

        def accepted() -> None:
            self.say("")
            callback()

        self._show(sentence, (tr("Cancel"), lambda: self.say("")), (label, accepted))
        self.buttons[0].setFocus()

    def _show(self, sentence: str, *offers: tuple[str, Callable[[], object]]) -> None:
        self._label.setText(sentence)
        self._label.setAccessibleName(sentence)
        self._callbacks = [callback for _, callback in offers]
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(offers))
            if number < len(offers):
                button.setText(offers[number][0])
                button.setAccessibleName(offers[number][0])
