"""Dialog to choose a camera, a size and a rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.window.core.tasks import Output, TaskRunner
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.notification import sentence_of
from app.window.widgets.value_controls import ComboBox

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

WIDTH = 380
RATES = (30, 60)


class CameraDialog(QDialog):
    """Reads the sizes of the chosen camera; ``chosen`` emits the source's text, for instance ``0@1280x720@30``."""

    chosen = pyqtSignal(str)

    def __init__(self, background: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Camera"))
        self.setMinimumWidth(WIDTH)
        self._background = background
        self._generation = 0
        self.camera = _choice(tr("Camera"))
        self.size_choice = _choice(tr("Resolution"))
        self.rate = _choice(tr("Frame rate"))
        self.rate.addItem(tr("Camera default"), None)
        for rate in RATES:
            self.rate.addItem(tr("{rate} frames per second", rate=rate), rate)
        self.message = QLabel()
        self.message.setObjectName("faint")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.retry = QPushButton(tr("Retry"))
        self.retry.setAccessibleName(tr("Refresh"))
        self.retry.setAutoDefault(False)
        self.retry.hide()
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAutoDefault(False)
        self.use = QPushButton(tr("Open"))
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.use.setEnabled(False)
        self._lay_out()
        self.retry.clicked.connect(self._retry)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._choose)
        self.camera.activated.connect(lambda _: self._ask_for_sizes())
        self._offer_sizes([])
        self._list_cameras()

    @property
    def text(self) -> str:
        """The choice, as a source's text."""
        from app.sources.camera_mode import Mode

        return f"{self.camera.currentData()}{Mode(self.size_choice.currentData(), self.rate.currentData())}"

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        for title, box in (
            (tr("Camera"), self.camera),
            (tr("Resolution"), self.size_choice),
            (tr("Frame rate"), self.rate),
        ):
            form.addRow(title, box)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.retry)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.message)
        column.addStretch(1)
        column.addLayout(buttons)

    def _list_cameras(self) -> None:
        """List the cameras."""

        def work() -> list[CameraInfo]:
            from app.sources.camera import list_cameras

            return list_cameras()

        self._ask(tr("Searching for cameras …"), work, self._offer_cameras)

    def _offer_cameras(self, cameras: list[CameraInfo]) -> None:
        self.camera.clear()
        for camera in cameras:
            self.camera.addItem(translate(camera.name), camera.index)
        if cameras:
            self._ask_for_sizes()
        else:
            self._show_message(tr("No camera found. Connect one, then try again."), failed=True)

    def _ask_for_sizes(self) -> None:
        """List the sizes of the chosen camera."""
        index = int(self.camera.currentData())

        def work() -> list[tuple[int, int]]:
            from app.sources.preview import camera_sizes

            return camera_sizes(index)

        def done(sizes: list[tuple[int, int]]) -> None:
            self._offer_sizes(sizes)
            self._show_message(tr("The actual size and rate are shown once the camera is open."))

        self._offer_sizes([])
        self._ask(tr("Reading the resolutions of {camera} …", camera=self.camera.currentText()), work, done)

    def _ask(self, activity: str, work: Callable[[], Output], done: Callable[[Output], None]) -> None:
        """Run ``work`` in the background; only the latest result is used, and none after the dialog has closed."""
        self._generation += 1
        generation = self._generation

        def succeeded(output: Output) -> None:
            if generation == self._generation:
                self.use.setEnabled(self.camera.count() > 0)  # not before, since the camera is in use by the query
                done(output)

        def failed(error: Exception) -> None:
            if generation == self._generation:
                self.use.setEnabled(self.camera.count() > 0)
                self._show_message(sentence_of(error), failed=True)

        self.use.setEnabled(False)
        self._show_message(activity)
        self._background.run("cameras", work, succeeded, failed, self)

    def _offer_sizes(self, sizes: list[tuple[int, int]]) -> None:
        self.size_choice.clear()
        self.size_choice.addItem(tr("Camera default"), None)
        for size in sizes:
            self.size_choice.addItem(f"{size[0]} × {size[1]}", size)

    def _retry(self) -> None:
        if self.camera.count():
            self._ask_for_sizes()
        else:
            self._list_cameras()

    def _show_message(self, sentence: str, *, failed: bool = False) -> None:
        self.message.setText(sentence)
        self.retry.setVisible(failed)

    def done(self, result: int) -> None:
        """Close the dialog and ignore pending results."""
        self._generation += 1
        super().done(result)

    def _choose(self) -> None:
        text = self.text
        self.accept()
        self.chosen.emit(text)


def _choice(title: str) -> QComboBox:
    box = ComboBox()
    box.setAccessibleName(title)
    return box
