"""Badge with the recorded time in a corner of the video view; not part of recordings."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from app.window.core.times import clock
from app.window.i18n.tr import tr

MARGIN = 14


class RecordingBadge(QLabel):
    """A red dot and the recorded time; transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("recorded")
        self.setAccessibleName(tr("Recording time"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_time(self, seconds: float | None, waiting: bool = False) -> None:
        """Show the recorded time in seconds; None hides the badge. ``waiting`` says that no frames arrive."""
        if seconds is not None:
            right = self.geometry().right()
            self.setText(f"●  {clock(seconds)}" + (f"  {tr('waiting for video')}" if waiting else ""))
            self.adjustSize()
            self.move(right + 1 - self.width(), self.y())
        self.setVisible(seconds is not None)

    def fit(self, bottom: int) -> None:
        """Place the badge at the right, above ``bottom`` (parent pixels)."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move(parent.width() - self.width() - MARGIN, bottom - self.height() - MARGIN)
            self.raise_()
