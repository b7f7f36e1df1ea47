"""The panel for coaching at a camera: delay of the picture, countdown, and names of the session's recordings."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.tr import tr
from app.window.player.session_names import FIELDS, USUAL, SessionNames
from app.window.widgets.value_controls import DoubleSpinBox, SpinBox

MAX_COUNTDOWN_S = 60


class CoachingPanel(QWidget):
    """Shows what it is given; ``changed`` follows a change by the user.

    ``delay_changed`` gives seconds, ``frames_requested`` by how many frames the delay should change.
    """

    changed = pyqtSignal()
    delay_changed = pyqtSignal(float)
    frames_requested = pyqtSignal(int)

    def __init__(self, max_delay_s: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.delay = DoubleSpinBox()
        self.delay.setRange(0, max_delay_s)
        self.delay.setDecimals(2)
        self.delay.setKeyboardTracking(False)
        self.countdown = SpinBox()
        self.countdown.setRange(0, MAX_COUNTDOWN_S)
        for box in (self.delay, self.countdown):
            box.setSuffix(tr(" s"))
            box.setSpecialValueText(tr("None"))
        self.client, self.session, self.pattern = QLineEdit(), QLineEdit(), QLineEdit(USUAL)
        self.pattern.setCursorPosition(0)
        self.client.setPlaceholderText(tr("nobody: names by source and time"))
        self.pattern.setToolTip(tr("Fields: {fields}", fields=" ".join(f"{{{name}}}" for name in FIELDS)))
        self.name = QLabel()
        self.name.setObjectName("faint")
        self.name.setWordWrap(True)
        self._lay_out()
        self.delay.valueChanged.connect(self.delay_changed)
        self.countdown.valueChanged.connect(lambda _: self.changed.emit())
        for line in (self.client, self.session, self.pattern):
            line.textEdited.connect(lambda _: self.changed.emit())

    @property
    def names(self) -> SessionNames:
        """How recordings are named."""
        return SessionNames(self.client.text(), self.session.text(), self.pattern.text().strip() or USUAL)

    def choices(self) -> dict[str, object]:
        """What the user has chosen, to be saved."""
        lines = {"client": self.client, "session": self.session, "pattern": self.pattern}
        return {"countdown": self.countdown.value()} | {name: line.text() for name, line in lines.items()}

    def show_choices(self, saved: dict[str, object]) -> None:
        """Show saved choices; what is not valid is ignored."""
        if isinstance(seconds := saved.get("countdown"), int):
            self.countdown.setValue(seconds)
        for name, line in (("client", self.client), ("session", self.session), ("pattern", self.pattern)):
            if isinstance(text := saved.get(name), str):
                line.setText(text)
                line.setCursorPosition(0)

    def show_delay(self, seconds: float) -> None:
        """Show the delay, in seconds."""
        self.delay.blockSignals(True)
        self.delay.setValue(seconds)
        self.delay.blockSignals(False)

    def show_name(self, text: str) -> None:
        """Show how the next recording will be named, or what is wrong with the pattern."""
        self.name.setText(text)

    def _lay_out(self) -> None:
        delay = QHBoxLayout()
        delay.addWidget(self.delay, 1)
        for text, name, frames in (("−1", tr("One frame less"), -1), ("+1", tr("One frame more"), 1)):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.installEventFilter(ShortcutFilter(PRESS, button))
            button.clicked.connect(lambda _, frames=frames: self.frames_requested.emit(frames))
            delay.addWidget(button)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Delayed picture"), delay)
        self.delay.setAccessibleName(tr("Delayed picture"))
        for title, field in (
            (tr("Countdown"), self.countdown),
            (tr("Client"), self.client),
            (tr("Session"), self.session),
            (tr("File name"), self.pattern),
        ):
            field.setAccessibleName(title)
            form.addRow(title, field)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 14, 12)
        column.addLayout(form)
        column.addWidget(self.name)
        column.addStretch(1)
