"""What is going on, in a few words at the foot of the picture, with a way to call it off where there is one."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

MARGIN = 14


class Doing(QFrame):
    """A pill over the picture; the pointer goes through it unless it offers Cancel."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("doing")
        self.text = ""
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton("Cancel")
        self._button.setAccessibleName("Cancel what is going on")
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self._call_off)
        self._cancel: Callable[[], object] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(12)
        row.addWidget(self._label)
        row.addWidget(self._button)
        self.hide()

    def say(self, text: str, cancel: Callable[[], object] | None = None) -> None:
        """Say ``text`` (empty: nothing); ``cancel`` calls it off."""
        self.text = f"{text} …" if text else ""
        self._cancel = cancel
        self._button.setVisible(cancel is not None)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, cancel is None)
        self.setVisible(bool(text))

    def fit(self, bottom: int) -> None:
        """Take the place in the middle above ``bottom``, in the parent's pixels."""
        parent = self.parentWidget()
        if parent is None or not self.text:
            return
        button = self._button.sizeHint().width() + 12 if self._cancel else 0
        room = max(parent.width() - 2 * MARGIN - 2 * MARGIN - button, 40)
        self._label.setText(self._label.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, room))
        self.setToolTip(self.text)
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, bottom - self.height() - MARGIN)
        self.raise_()

    def _call_off(self) -> None:
        if self._cancel is not None:
            self._cancel()
