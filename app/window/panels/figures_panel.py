"""The panel of live figures: one angle in large digits with the band it should stay in, and a counter."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.widgets.value_controls import ComboBox, SpinBox

UNKNOWN = "–"
USUAL_BAND = (80, 100)
BOX_WIDTH = 88
"""Width of the fields of the band, in pixels."""


class FiguresPanel(QWidget):
    """Shows the angle and the count that it is given; ``changed`` follows a change of the choices by the user."""

    changed = pyqtSignal()
    reset_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.joint = ComboBox()
        self.joint.setAccessibleName(tr("Angle"))
        self.figure, self.band_text = QLabel(UNKNOWN), QLabel()
        self.figure.setObjectName("figure")
        self.band_text.setObjectName("band")
        self.banded = QCheckBox(tr("Band"))
        self.low = _degrees(tr("Lower end of the band"), USUAL_BAND[0])
        self.high = _degrees(tr("Upper end of the band"), USUAL_BAND[1])
        self.count = QLabel("0")
        self.count.setObjectName("figure")
        self.count.setAccessibleName(tr("Repetitions"))
        self.sound = QCheckBox(tr("Sound"))
        self.sound.setToolTip(tr("A tone for each repetition, and during the countdown"))
        self.reset = QPushButton(tr("Start at 0"))
        self._wanted = "knee"
        self._lay_out()
        for box in (self.low, self.high):
            box.valueChanged.connect(lambda _: self.changed.emit())
        for switch in (self.banded, self.sound):
            switch.toggled.connect(lambda _: self.changed.emit())
            switch.installEventFilter(ShortcutFilter(PRESS, switch))
        self.reset.installEventFilter(ShortcutFilter(PRESS, self.reset))
        self.joint.activated.connect(lambda _: self._choose())
        self.reset.clicked.connect(lambda _: self.reset_requested.emit())

    @property
    def chosen(self) -> str:
        """The joint or angle that is measured."""
        return self._wanted

    def choices(self) -> dict[str, object]:
        """What the user has chosen, to be saved."""
        band = [self.banded.isChecked(), self.low.value(), self.high.value()]
        return {"joint": self._wanted, "band": band, "sound": self.sound.isChecked()}

    def show_choices(self, saved: dict[str, object]) -> None:
        """Show saved choices; what is not valid is ignored."""
        match saved.get("band"):
            case [bool() as on, int() as low, int() as high]:
                self.banded.setChecked(on)
                self.low.setValue(low)
                self.high.setValue(high)
        self.sound.setChecked(saved.get("sound") is True)
        if isinstance(joint := saved.get("joint"), str):
            self._wanted = joint

    def offer(self, joints: Sequence[str]) -> None:
        """Offer the angles of another skeleton; the chosen one stays if it has it."""
        if [self.joint.itemData(row) for row in range(self.joint.count())] != list(joints):
            self.joint.clear()
            for joint in joints:
                self.joint.addItem(display_name(joint).capitalize(), joint)
        self.joint.setCurrentIndex(self.joint.findData(self._wanted))

    def show_angle(self, degrees: float) -> None:
        """Show the angle, NaN where it is unknown, and whether it is in the band: as a text too, not by color alone."""
        known = degrees == degrees
        self.figure.setText(f"{degrees:z.0f}°" if known else UNKNOWN)
        state, text = "", ""
        if known and self.banded.isChecked():
            low, high = sorted((self.low.value(), self.high.value()))
            under, over = low - round(degrees), round(degrees) - high
            state = "in" if under <= 0 and over <= 0 else "out"
            text = tr("in the band") if state == "in" else ""
            text = tr("{degrees}° below", degrees=under) if under > 0 else text
            text = tr("{degrees}° above", degrees=over) if over > 0 else text
        self.band_text.setText(text)
        self.figure.setAccessibleDescription(text)
        for label in (self.figure, self.band_text):
            if label.property("state") != state:
                label.setProperty("state", state)
                if (style := label.style()) is not None:
                    style.polish(label)

    def show_count(self, count: int) -> None:
        """Show the number of repetitions."""
        self.count.setText(str(count))

    def say_silent(self) -> None:
        """Say that no sound can be heard."""
        self.sound.setText(tr("Sound (this computer plays none)"))

    def _choose(self) -> None:
        self._wanted = str(self.joint.currentData())
        self.figure.setAccessibleName(self.joint.currentText())
        self.changed.emit()

    def _lay_out(self) -> None:
        center = Qt.AlignmentFlag.AlignCenter
        for label in (self.figure, self.band_text, self.count):
            label.setAlignment(center)
        self.band_text.setMinimumHeight(self.band_text.fontMetrics().height() + 8)
        band, below = QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (band, (self.low, QLabel("–"), self.high)),
            (below, (self.sound, self.reset)),
        ):
            row.setSpacing(8)
            row.addStretch(1)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 12)
        column.addWidget(self.joint)
        column.addWidget(self.figure)
        column.addWidget(self.band_text)
        column.addWidget(self.banded, 0, center)
        column.addLayout(band)
        column.addSpacing(18)
        column.addWidget(QLabel(tr("Repetitions")), 0, center)
        column.addWidget(self.count)
        column.addLayout(below)
        column.addStretch(1)


def _degrees(name: str, degrees: int) -> SpinBox:
    box = SpinBox()
    box.setAccessibleName(name)
    box.setRange(-180, 180)
    box.setSuffix(tr("°"))
    box.setMaximumWidth(BOX_WIDTH)
    box.setValue(degrees)
    return box
