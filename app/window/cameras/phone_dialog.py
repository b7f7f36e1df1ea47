"""Dialog to connect a phone as a camera: its app and address, and its picture to try them."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QImage, QPixmap
from PyQt6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.core.address import LOGIN, without_secrets
from app.core.errors import StanceError
from app.window.cameras.phone_preview import PhonePreview
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import later, tr
from app.window.widgets.notification import sentence_of
from app.window.widgets.value_controls import ComboBox

WIDTH = 460
PREVIEW_HEIGHT = 234
EXAMPLE = "192.168.1.20"
PART = "phone"
"""Name of what the dialog saves."""
STEPS = (
    later("In the app: Start server, the last entry of its list. The address is then shown over the picture."),
    later("As above, with less traffic and a little more delay."),
    later("Open the app; it shows its Wi-Fi IP. It serves one program at a time."),
    later("In the app: turn on the server. Its name and password are admin and admin until they are changed there."),
    later("Start the server in the app. Where it shows another port or path, type the whole address."),
)
"""What to do on the phone, in the order of ``APPS``."""


class PhoneDialog(QDialog):
    """``chosen`` emits the address of the phone's stream. The app and the address are saved, without the login."""

    chosen = pyqtSignal(str)

    def __init__(self, background: TaskRunner, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from app.sources.phone import APPS

        self.setWindowTitle(tr("Phone"))
        self.setMinimumWidth(WIDTH)
        self._preferences = preferences
        self._preview = PhonePreview(background, self)
        self._opening = ""  # the address that is opened when the preview has left the phone
        self.app = ComboBox()
        self.app.setAccessibleName(tr("App"))
        for app in APPS:
            self.app.addItem(tr("Other app with RTSP") if app is APPS[-1] else app.name, app.name)
        self.address = QLineEdit()
        self.address.setAccessibleName(tr("Address of the phone"))
        self.stream = _faint(1)
        self.steps = _faint(3)
        self.preview = QLabel()
        self.preview.setObjectName("preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setFixedHeight(PREVIEW_HEIGHT)
        self.message = _faint(3)
        self.test = QPushButton(tr("Test"))
        self.cancel = QPushButton(tr("Cancel"))
        self.use = QPushButton(tr("Open"))
        self._lay_out()
        self._restore()
        self.app.currentIndexChanged.connect(self._on_changed)
        self.address.textChanged.connect(self._on_changed)
        self.test.clicked.connect(self._test)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._choose)
        self._preview.seen.connect(self._show_image)
        self._preview.failed.connect(self._on_failed)
        self._preview.ended.connect(self._open)
        self._on_changed()

    def _lay_out(self) -> None:
        self.test.setAutoDefault(False)
        self.cancel.setAutoDefault(False)
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.addRow(tr("App"), self.app)
        form.addRow("", self.steps)
        form.addRow(tr("Address"), self.address)
        form.addRow("", self.stream)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.test)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.preview)
        column.addWidget(self.message)
        column.addLayout(buttons)

    def _restore(self) -> None:
        saved = self._preferences.part(PART)
        self.app.setCurrentIndex(max(self.app.findData(str(saved.get("app", ""))), 0))
        self.address.setText(str(saved.get("address", "")))
        self.address.selectAll()
        self.address.setFocus()

    def _stream(self) -> str:
        """The stream's address. Raises StanceError if what is typed is none of a phone."""
        from app.sources.phone import APPS, address_of

        return address_of(APPS[self.app.currentIndex()], self.address.text())

    def _on_changed(self) -> None:
        """Show the stream that will be opened, and forget the last test."""
        from app.sources.phone import APPS

        self._preview.stop()
        app, steps = APPS[self.app.currentIndex()], STEPS[self.app.currentIndex()]
        self.steps.setText(tr(steps))
        self.address.setPlaceholderText(f"{app.login}@{EXAMPLE}" if app.login else EXAMPLE)
        self.preview.setText(tr("Preview"))
        self._say(tr("Phone and computer must be in the same network."))
        try:
            self.stream.setText(without_secrets(self._stream()))
        except StanceError as error:
            self.stream.setText("")
            if self.address.text().strip():
                self._say(sentence_of(error))
        self.use.setEnabled(bool(self.stream.text()))
        self.test.setEnabled(self.use.isEnabled())

    def _test(self) -> None:
        """Show the picture of the phone while the dialog is open, or why none comes."""
        for button in (self.test, self.use):
            button.setEnabled(False)
        self.preview.setText(tr("Connecting …"))
        self._say("")
        room = self.preview.contentsRect().size().toSizeF() * self.devicePixelRatioF()
        self._preview.start(self._stream(), room.toSize())

    def _show_image(self, image: QImage, width: int, height: int) -> None:
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.preview.setPixmap(pixmap)
        self._finish(tr("The phone sends pictures of {width} × {height}.", width=width, height=height))

    def _on_failed(self, error: Exception) -> None:
        self.preview.setText(tr("No picture"))
        self._finish(sentence_of(error))

    def _finish(self, sentence: str) -> None:
        self._say(sentence)
        for button in (self.test, self.use):
            button.setEnabled(True)

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)

    def done(self, result: int) -> None:
        """Close the dialog and the connection."""
        self._opening = ""
        self._preview.stop()
        super().done(result)

    def _choose(self) -> None:
        """Open the phone, once the preview has closed its connection: some apps serve one program at a time."""
        self._opening = self._stream()
        for control in (self.app, self.address, self.test, self.use):
            control.setEnabled(False)
        self._preview.stop()

    def _open(self) -> None:
        if not (address := self._opening):
            return
        typed = self.address.text().strip()
        shown = without_secrets(typed) if "://" in typed else LOGIN.sub("", f"://{typed}").removeprefix("://")
        self._preferences.keep_part(PART, {"app": self.app.currentData(), "address": shown})
        self.accept()
        self.chosen.emit(address)


def _faint(lines: int) -> QLabel:
    """A label with room for ``lines`` lines."""
    label = QLabel()
    label.setObjectName("faint")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFixedHeight(lines * label.fontMetrics().lineSpacing())
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    return label
