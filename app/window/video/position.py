"""Time and number of the shown frame; either can be edited to seek.

The first frame has the number 0, as in exported files.
"""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent
from PyQt6.QtWidgets import QGridLayout, QLabel, QLineEdit, QStackedLayout, QToolTip, QWidget

from app.window.core.shortcut_filter import ShortcutFilter
from app.window.core.times import HALF_MS, PENDING, precise_clock, typed_seconds
from app.window.i18n.tr import tr

SAMPLE_TIME, SAMPLE_NUMBER = "00:00:00.000", "0000000"
CANCEL_KEYS = (Qt.Key.Key_Escape,)


class Position(QWidget):
    """Time and number of the shown frame, or a text for sources without a timeline.

    ``time_typed`` (seconds) and ``frame_typed`` (index from 0) request a seek; ``left`` says that the focus may move.
    """

    time_typed = pyqtSignal(float)
    frame_typed = pyqtSignal(int)
    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("position")
        self.word = QLabel()
        self.word.setAccessibleName(tr("Time"))
        self.word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.time = Field(SAMPLE_TIME, tr("Time"), tr("Time of the current frame. Type a time to go there."))
        self.frame = Field(
            SAMPLE_NUMBER,
            tr("Frame"),
            tr("Number of the current frame; the first is 0, as in exported files. Type a number to go to that frame."),
        )
        self.duration, self.last, heading = QLabel(), QLabel(), QLabel(tr("Frame"))
        fields = QWidget()
        grid = QGridLayout(fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(3)
        grid.setVerticalSpacing(0)
        for label in (self.duration, self.last, heading):
            label.setObjectName("faint")
        grid.addWidget(self.time, 0, 0, 1, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.duration, 0, 2)
        grid.addWidget(heading, 1, 0, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.frame, 1, 1)
        grid.addWidget(self.last, 1, 2)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.word)
        self._stack.addWidget(fields)
        self.time.returnPressed.connect(self._go_to_time)
        self.frame.returnPressed.connect(self._go_to_frame)
        self.time.cancelled.connect(self.left)
        self.frame.cancelled.connect(self.left)

    def show_length(self, duration_s: float | None, frames: int | None) -> None:
        """Set duration (seconds) and number of frames of the source; shown are the duration and the last frame."""
        self.duration.setText(f"/ {precise_clock(duration_s)}" if duration_s else "")
        self.last.setText(f"/ {frames - 1}" if frames else "")

    def show_word(self, text: str) -> None:
        """Show a text, possibly empty, instead of time and number."""
        self.word.setText(text)
        self._stack.setCurrentIndex(0)

    def show_frame(self, time_s: float | None, index: int | None) -> None:
        """Show time (seconds) and index of a frame, or that they are pending; a field being edited stays as it is."""
        self.time.show_text(PENDING if time_s is None else precise_clock(time_s))
        self.frame.show_text(PENDING if index is None else str(index))
        self._stack.setCurrentIndex(1)

    def _go_to_time(self) -> None:
        seconds = typed_seconds(self.time.text())
        if seconds is None:
            self.time.reject(tr("Enter a time such as 1:02.345."))
        else:
            # Times are shown rounded: the frame shown as the typed time may begin up to half a millisecond later.
            self._go(self.time, lambda: self.time_typed.emit(seconds + HALF_MS))

    def _go_to_frame(self) -> None:
        text = self.frame.text().strip().removeprefix("#")
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            self.frame.reject(tr("Enter a frame number; the first frame is 0."))
        else:
            self._go(self.frame, lambda: self.frame_typed.emit(int(text)))

    def _go(self, field: Field, emit: Callable[[], None]) -> None:
        field.mark_accepted()
        emit()
        self.left.emit()


class Field(QLineEdit):
    """A value that can be edited; Escape restores it."""

    cancelled = pyqtSignal()

    def __init__(self, widest: str, name: str, hint: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(hint)
        self.setFrame(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(widest) + 10)
        self.installEventFilter(ShortcutFilter(CANCEL_KEYS, self))
        self._shown = ""

    def show_text(self, text: str) -> None:
        """Show ``text``, unless the field is being edited."""
        self._shown = text
        if not self.isModified():
            self.setText(text)

    def reject(self, sentence: str) -> None:
        """Show ``sentence`` as a tool tip and select the rejected text."""
        QToolTip.showText(self.mapToGlobal(self.rect().topLeft()), sentence, self)
        self.selectAll()

    def mark_accepted(self) -> None:
        """Mark the typed value as accepted."""
        self.setModified(False)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Select the whole text, so that typing replaces it."""
        super().focusInEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Discard what was typed and not confirmed."""
        super().focusOutEvent(event)
        self._revert()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Restore the value on Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self._revert()
            self.cancelled.emit()
            return
        super().keyPressEvent(event)

    def _revert(self) -> None:
        self.setText(self._shown)
        self.setModified(False)
