"""Which camera, in which size, at which rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.window.background import Answer, Background
from app.window.banner import sentence_of
from app.window.words import tr

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

WIDTH = 380
RATES = (30, 60)


class CameraDialog(QDialog):
    """Asks the chosen camera which sizes it has; ``chosen`` gets the source's text, ``0@1280x720@30`` for instance."""

    chosen = pyqtSignal(str)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Camera"))
        self.setMinimumWidth(WIDTH)
        self._background = background
        self._asked = 0
        self.camera = _choice(tr("Camera"))
        self.size_choice = _choice(tr("Picture size"))
        self.rate = _choice(tr("Rate"))
        self.rate.addItem(tr("As the camera likes"), None)
        for rate in RATES:
            self.rate.addItem(tr("{rate} pictures a second", rate=rate), rate)
        self.told = QLabel()
        self.told.setObjectName("faint")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setMinimumHeight(2 * self.told.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.again = QPushButton(tr("Retry"))
        self.again.setAccessibleName(tr("Ask the camera again"))
        self.again.setAutoDefault(False)
        self.again.hide()
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAutoDefault(False)
        self.use = QPushButton(tr("Open"))
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.use.setEnabled(False)
        self._lay_out()
        self.again.clicked.connect(self._retry)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._choose)
        self.camera.activated.connect(lambda _: self._ask_for_sizes())
        self._offer_sizes([])
        self._look()

    @property
    def text(self) -> str:
        """What is chosen, as a source's text."""
        from app.sources.mode import Mode

        return f"{self.camera.currentData()}{Mode(self.size_choice.currentData(), self.rate.currentData())}"

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        for title, box in (
            (tr("Camera"), self.camera),
            (tr("Picture size"), self.size_choice),
            (tr("Rate"), self.rate),
        ):
            form.addRow(title, box)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.told)
        column.addStretch(1)
        column.addLayout(buttons)

    def _look(self) -> None:
        """Which cameras there are."""

        def work() -> list[CameraInfo]:
            from app.sources.camera import list_cameras

            return list_cameras()

        self._ask(tr("Looking for cameras …"), work, self._offer_cameras)

    def _offer_cameras(self, cameras: list[CameraInfo]) -> None:
        self.camera.clear()
        for camera in cameras:
            self.camera.addItem(camera.name, camera.index)
        if cameras:
            self._ask_for_sizes()
        else:
            self._say(tr("No camera was found: plug one in, then try again."), failed=True)

    def _ask_for_sizes(self) -> None:
        """Which sizes the chosen camera has."""
        index = int(self.camera.currentData())

        def work() -> list[tuple[int, int]]:
            from app.sources.glimpse import sizes_of

            return sizes_of(index)

        def done(sizes: list[tuple[int, int]]) -> None:
            self._offer_sizes(sizes)
            self._say(tr("What it really gives is told once it is open."))

        self._offer_sizes([])
        self._ask(tr("Asking {camera} for its sizes …", camera=self.camera.currentText()), work, done)

    def _ask(self, doing: str, work: Callable[[], Answer], done: Callable[[Answer], None]) -> None:
        """Do ``work`` elsewhere; only the answer to the last question counts, and none once the dialog is closed."""
        self._asked += 1
        asked = self._asked

        def answered(answer: Answer) -> None:
            if asked == self._asked:
                self.use.setEnabled(self.camera.count() > 0)  # not before: the camera is being looked at
                done(answer)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                self.use.setEnabled(self.camera.count() > 0)
                self._say(sentence_of(error), failed=True)

        self.use.setEnabled(False)
        self._say(doing)
        self._background.run("cameras", work, answered, failed)

    def _offer_sizes(self, sizes: list[tuple[int, int]]) -> None:
        self.size_choice.clear()
        self.size_choice.addItem(tr("As the camera likes"), None)
        for size in sizes:
            self.size_choice.addItem(f"{size[0]} × {size[1]}", size)

    def _retry(self) -> None:
        if self.camera.count():
            self._ask_for_sizes()
        else:
            self._look()

    def _say(self, sentence: str, *, failed: bool = False) -> None:
        self.told.setText(sentence)
        self.again.setVisible(failed)

    def done(self, result: int) -> None:
        """Nothing is waited for any more."""
        self._asked += 1
        super().done(result)

    def _choose(self) -> None:
        text = self.text
        self.accept()
        self.chosen.emit(text)


def _choice(title: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(title)
    return box
