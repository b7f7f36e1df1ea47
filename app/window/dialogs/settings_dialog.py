"""What is settled once and then left alone: language, start, recordings, and the finer points of finding people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.settings import SMOOTHERS, Settings
from app.window.foot import Foot
from app.window.language import TITLES
from app.window.preferences import RING_MOST_S, Language, Preferences
from app.window.switch import Switch
from app.window.words import tr

WIDTH = 520


class SettingsDialog(QDialog):
    """Every change counts at once.

    ``changed`` gets the Settings of the pipe that are wished for; ``preferred`` the name of the preference that was
    kept (language, restores_window, recordings, ring_s), or ``reset`` after everything was forgotten.
    """

    changed = pyqtSignal(object)
    preferred = pyqtSignal(str)

    def __init__(self, preferences: Preferences, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(WIDTH)
        self._preferences = preferences
        self._settings = settings
        self.language = _choice([(tr("As the system"), ""), *((title, code) for code, title in TITLES.items())])
        self.restores = Switch(tr("Begin where the window was left"))
        self.recordings = QPushButton()
        self.recordings.setObjectName("place")
        self.recordings.setAutoDefault(False)
        self.ring = QSpinBox()
        self.ring.setRange(0, int(RING_MOST_S))
        self.ring.setSingleStep(10)
        self.ring.setSuffix(tr(" s"))
        self.ring.setSpecialValueText(tr("Nothing"))
        self.person_threshold = _score()
        self.threshold = _score()
        self.detect_every = QDoubleSpinBox()
        self.detect_every.setRange(0, 5)
        self.detect_every.setSingleStep(0.1)
        self.detect_every.setSuffix(tr(" s"))
        self.detect_every.setSpecialValueText(tr("In every frame"))
        self.max_people = QSpinBox()
        self.max_people.setRange(0, 99)
        self.max_people.setSpecialValueText(tr("Everyone"))
        titles = {"one-euro": tr("One-Euro"), "kalman": tr("Kalman"), "none": tr("None")}
        self.smooth = _choice([(titles[smooth], smooth) for smooth in SMOOTHERS])
        self.flip_test = Switch(tr("Look at the mirrored picture too: slower, more accurate"))
        self.half_rate = Switch(tr("Look at every other frame only, foretell the poses in between: faster"))
        self.reset = QPushButton(tr("Reset everything"))
        self.reset.setAutoDefault(False)
        self.foot = Foot()
        self._lay_out()
        self._connect()
        self.show_settings(settings)
        self._show_preferences()

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force, telling nobody."""
        self._settings = settings
        for name, box in self._spins().items():
            box.blockSignals(True)
            box.setValue(getattr(settings, name))
            box.blockSignals(False)
        self.smooth.setCurrentIndex(self.smooth.findData(settings.smooth))
        for name, switch in self._switches().items():
            switch.blockSignals(True)
            switch.setChecked(getattr(settings, name))
            switch.blockSignals(False)

    # Putting it together.

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(8)
        form = _form()
        column.addLayout(form)
        _section(form, tr("General"))
        _row(form, tr("Language"), self.language)
        form.addRow(self.restores)
        _section(form, tr("Recording"))
        _row(form, tr("Recordings go to"), self.recordings)
        _row(form, tr("Kept of what is live"), self.ring)
        _section(form, tr("Finding people"))
        _row(form, tr("Person from score"), self.person_threshold)
        _row(form, tr("Keypoint from score"), self.threshold)
        _row(form, tr("Newcomers are looked for every"), self.detect_every)
        _row(form, tr("At most"), self.max_people)
        _row(form, tr("Smoothing"), self.smooth)
        form.addRow(self.flip_test)
        form.addRow(self.half_rate)
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addStretch(1)
        column.addWidget(self.foot)
        column.addLayout(buttons)

    def _connect(self) -> None:
        for name, box in self._spins().items():
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda value, name=name: self._wish(**{name: value}))
        self.smooth.activated.connect(lambda _: self._wish(smooth=self.smooth.currentData()))
        for name, switch in self._switches().items():
            switch.toggled.connect(lambda on, name=name: self._wish(**{name: on}))
        self.language.activated.connect(lambda _: self._choose_language())
        self.restores.toggled.connect(lambda on: self._prefer("restores_window", on))
        self.recordings.clicked.connect(self._choose_recordings)
        self.ring.setKeyboardTracking(False)
        self.ring.valueChanged.connect(lambda seconds: self._prefer("ring_s", float(seconds)))
        self.reset.clicked.connect(self._ask_to_reset)

    def _spins(self) -> dict[str, QSpinBox | QDoubleSpinBox]:
        return {
            "person_threshold": self.person_threshold,
            "threshold": self.threshold,
            "detect_every": self.detect_every,
            "max_people": self.max_people,
        }

    def _switches(self) -> dict[str, Switch]:
        return {"flip_test": self.flip_test, "half_rate": self.half_rate}

    def _show_preferences(self) -> None:
        kept = self._preferences
        self.language.setCurrentIndex(self.language.findData(kept.language))
        for box, show in (
            (self.restores, lambda: self.restores.setChecked(kept.restores_window)),
            (self.ring, lambda: self.ring.setValue(round(kept.ring_s))),
        ):
            box.blockSignals(True)
            show()
            box.blockSignals(False)
        folder = kept.recordings
        text = str(folder) if folder is not None else tr("The folder for films")
        room = WIDTH * 2 // 5
        self.recordings.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room))
        self.recordings.setToolTip(text)
        self.recordings.setAccessibleName(tr("Recordings go to {folder}", folder=text))

    # What a person changes.

    def _wish(self, **change: Any) -> None:
        wished = replace(self._settings, **change)
        if wished != self._settings:
            self._settings = wished
            self.changed.emit(wished)

    def _prefer(self, name: str, value: object) -> None:
        setattr(self._preferences, name, value)
        self.preferred.emit(name)

    def _choose_language(self) -> None:
        chosen = cast(Language, self.language.currentData())
        if chosen != self._preferences.language:
            self._prefer("language", chosen)
            self.foot.say(tr("The language changes when Stance is started again."))

    def _choose_recordings(self) -> None:
        title, before = tr("Where recordings go"), self._preferences.recordings
        if folder := QFileDialog.getExistingDirectory(self, title, str(before or Path.home())):
            self._prefer("recordings", Path(folder))
            self._show_preferences()

    def _ask_to_reset(self) -> None:
        sentence = tr("All settings, shortcuts and recent files are forgotten; models and recordings stay.")
        self.foot.ask(sentence, tr("Reset"), self._reset)

    def _reset(self) -> None:
        self._preferences.reset()
        self._show_preferences()
        wished = Settings()
        self.show_settings(wished)
        self.changed.emit(wished)
        self.preferred.emit("reset")
        self.foot.say(tr("Everything is as it was at first."))


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    form.setHorizontalSpacing(24)
    form.setVerticalSpacing(8)
    return form


def _section(form: QFormLayout, title: str) -> None:
    """A heading over the rows that follow."""
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    heading.setContentsMargins(0, 12 if form.rowCount() else 0, 0, 0)
    form.addRow(heading)


def _row(form: QFormLayout, title: str, control: QWidget) -> None:
    control.setAccessibleName(title)
    label = QLabel(title)
    label.setBuddy(control)
    control.ensurePolished()  # else it does not know yet how high it will be
    label.setMinimumHeight(control.sizeHint().height())
    form.addRow(label, control)


def _choice(offers: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    for title, value in offers:
        box.addItem(title, value)
    return box


def _score() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, 1)
    box.setSingleStep(0.05)
    return box
