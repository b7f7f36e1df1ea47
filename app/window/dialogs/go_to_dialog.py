"""Dialog that asks for a time or a frame number to go to."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.window.core.times import HALF_MS, PENDING, precise_clock, typed_seconds
from app.window.i18n.tr import tr
from app.window.widgets.dialog_footer import DialogFooter

WIDTH = 320


class GoToDialog(QDialog):
    """Two fields, of which the one that was edited last counts; Enter goes there and closes the dialog.

    They show the place of a frame, or that it is pending: None while a frame is on its way that was asked for before.
    ``time_chosen`` (seconds) and ``frame_chosen`` (index from 0) request a seek.
    """

    time_chosen = pyqtSignal(float)
    frame_chosen = pyqtSignal(int)

    def __init__(self, time_s: float | None, index: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Go to time or frame"))
        self.setMinimumWidth(WIDTH)
        self.time, self.frame = QLineEdit(), QLineEdit()
        self._edited = self.time
        self.foot = DialogFooter()
        go, cancel = QPushButton(tr("Go")), QPushButton(tr("Cancel"))
        go.setObjectName("primary")
        go.setDefault(True)
        go.clicked.connect(lambda _: self._go())
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        for title, field in ((tr("Time"), self.time), (tr("Frame"), self.frame)):
            field.setAccessibleName(title)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.textEdited.connect(lambda _, field=field: self._note_edited(field))
            form.addRow(title, field)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(go)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addLayout(form)
        column.addWidget(self.foot)
        column.addLayout(buttons)
        self.time.setFocus()
        self.show_place(time_s, index)

    @property
    def is_pending(self) -> bool:
        """Whether the frame whose place is to be shown is on its way."""
        return self.frame.text() == PENDING

    def show_place(self, time_s: float | None, index: int | None) -> None:
        """Show time (seconds) and index of a frame, or that they are pending, unless the user has typed something."""
        if self.time.isModified() or self.frame.isModified():
            return
        self.time.setText(PENDING if time_s is None else precise_clock(time_s))
        self.frame.setText(PENDING if index is None else str(index))
        self._edited.selectAll()

    def _note_edited(self, field: QLineEdit) -> None:
        self._edited = field
        self.foot.say("")

    def _go(self) -> None:
        text = self._edited.text().strip()
        if self._edited is self.time:
            seconds = typed_seconds(text)
            if seconds is None:
                self._refuse(tr("Enter a time such as 1:02.345."))
                return
            self.accept()
            # Times are shown rounded: the frame shown as the typed time may begin up to half a millisecond later.
            self.time_chosen.emit(seconds + HALF_MS)
            return
        number = text.removeprefix("#")
        if not (number.isascii() and number.isdecimal() and len(number) <= 9):
            self._refuse(tr("Enter a frame number; the first frame is 0."))
            return
        self.accept()
        self.frame_chosen.emit(int(number))

    def _refuse(self, sentence: str) -> None:
        self.foot.say(sentence)
        self._edited.setFocus()
        self._edited.selectAll()
