"""The current activity, shown at the bottom of the video, with a button to cancel it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.window.i18n.tr import tr

MARGIN = 14


class ActivityPill(QFrame):
    """A pill over the video; transparent to the mouse unless it offers Cancel."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("doing")
        self.text = ""
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton(tr("Cancel"))
        self._button.setAccessibleName(tr("Cancel the running task"))
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self._on_cancel)
        self._cancel: Callable[[], object] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(12)
        row.addWidget(self._label)
        row.addWidget(self._button)
        self.hide()

    def say(self, text: str, cancel: Callable[[], object] | None = None) -> None:
        """Show ``text`` (empty: hide); the Cancel button calls ``cancel`` if given."""
        self.text = f"{text} …" if text else ""
        self._cancel = cancel
        self._button.setVisible(cancel is not None)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, cancel is None)
        self.setVisible(bool(text))

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Show the activity in another language."""
        self.text = of(self.text)
        self._label.setText(self.text)

    def fit(self, bottom: int) -> None:
        """Place the pill in the middle, above ``bottom`` (parent pixels)."""
        parent = self.parentWidget()
        if parent is None or not self.text:
            return
        button = self._button.sizeHint().width() + 12 if self._cancel else 0
        available = max(parent.width() - 2 * MARGIN - 2 * MARGIN - button, 40)
        self._label.setText(self._label.fontMetrics().elidedText(self.text, Qt.TextElideMode.ElideRight, available))
        self.setToolTip(self.text)
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, bottom - self.height() - MARGIN)
        self.raise_()

    def _on_cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()
