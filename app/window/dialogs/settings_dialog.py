"""Settings dialog: language, startup, recordings, and the details of detection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

from app.core.settings import SMOOTHERS, Settings
from app.window.core.preferences import RING_MOST_S, RING_S, Preferences
from app.window.dialogs.appearance import Appearance
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.dialog_footer import DialogFooter
from app.window.widgets.reset_button import ResetButton
from app.window.widgets.screen_fit import Scrolling
from app.window.widgets.title_follower import TitleFollower
from app.window.widgets.toggle import Switch
from app.window.widgets.value_controls import ComboBox, DoubleSpinBox, SpinBox

if TYPE_CHECKING:  # this brings ONNX Runtime along, which the window does not wait for
    from app.pipeline import Pipeline

WIDTH = 520


class SettingsDialog(QDialog):
    """Settings and preferences; each change is applied at once.

    ``changed`` gives the requested Settings; ``preferred`` the name of the preference that was saved (language,
    theme, restores_window, recordings, ring_s), or ``reset`` after all were reset.
    """

    changed = pyqtSignal(object)
    preferred = pyqtSignal(str)

    def __init__(self, preferences: Preferences, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(WIDTH)
        self._preferences = preferences
        self._settings = settings
        self.appearance = Appearance(preferences)
        self.restores = Switch(tr("Restore window layout on startup"))
        self.recordings = QPushButton()
        self.recordings.setObjectName("place")
        self.recordings.setAutoDefault(False)
        self.ring = SpinBox()
        self.ring.setRange(0, int(RING_MOST_S))
        self.ring.setSingleStep(10)
        self.ring.setSuffix(tr(" s"))
        self.ring.setSpecialValueText(tr("Off"))
        self.person_threshold = _score()
        self.threshold = _score()
        self.detect_every = DoubleSpinBox()
        self.detect_every.setRange(0, 5)
        self.detect_every.setSingleStep(0.1)
        self.detect_every.setSuffix(tr(" s"))
        self.detect_every.setSpecialValueText(tr("Every frame"))
        self.max_people = SpinBox()
        self.max_people.setRange(0, 99)
        self.max_people.setSpecialValueText(tr("No limit"))
        titles = {"one-euro": tr("One-Euro"), "kalman": tr("Kalman"), "none": tr("None")}
        self.smooth = _choice([(titles[smooth], smooth) for smooth in SMOOTHERS])
        self.flip_test = Switch(tr("Also estimate on the mirrored image: more accurate, slower"))
        self.half_rate = Switch(tr("Estimate every second frame and predict between: faster"))
        self.reset = QPushButton(tr("Reset all settings"))
        self.reset.setAutoDefault(False)
        self.foot = DialogFooter()
        self._lay_out()
        self._connect()
        self.show_settings(settings)
        self._show_preferences()

    def show_settings(self, settings: Settings) -> None:
        """Show the current settings, without emitting ``changed``."""
        self._settings = settings
        for name, box in self._spin_boxes().items():
            box.blockSignals(True)
            box.setValue(getattr(settings, name))
            box.blockSignals(False)
        self.smooth.setCurrentIndex(self.smooth.findData(settings.smooth))
        for name, switch in self._switches().items():
            switch.blockSignals(True)
            switch.setChecked(getattr(settings, name))
            switch.blockSignals(False)
        self._refresh_resets()

    def show_pipeline(self, pipeline: Pipeline | None) -> None:
        """Disable what has no effect with ``pipeline`` (None: not loaded yet), with the reason as tool tip."""
        reasons = pipeline.unsupported if pipeline is not None else {}
        for name, control in (("detect_every", self.detect_every), ("flip_test", self.flip_test)):
            control.setEnabled(name not in reasons)
            control.setToolTip(translate(reasons.get(name, "")))

    # Construction.

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(8)
        body = QWidget()
        form = _form()
        body.setLayout(form)
        column.addWidget(Scrolling(body), 1)
        _section(form, tr("General"))
        _row(form, tr("Language"), self.appearance.language)
        _row(form, tr("Colors"), self.appearance.theme)
        form.addRow(self.restores)
        _section(form, tr("Recording"))
        _row(form, tr("Save recordings to"), self.recordings)
        _row(form, tr("Replay buffer"), self.ring, self._reset_of_ring())
        _section(form, tr("People detection"))
        for title, name, control in (
            (tr("Person threshold"), "person_threshold", self.person_threshold),
            (tr("Keypoint threshold"), "threshold", self.threshold),
            (tr("Detect people every"), "detect_every", self.detect_every),
            (tr("Maximum people"), "max_people", self.max_people),
            (tr("Smoothing"), "smooth", self.smooth),
        ):
            _row(form, title, control, self._reset_of(name, title))
        form.addRow(self.flip_test)
        form.addRow(self.half_rate)
        _align(form)
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addWidget(self.foot)
        column.addLayout(buttons)

    def _connect(self) -> None:
        for name, box in self._spin_boxes().items():
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda value, name=name: self._request(**{name: value}))
        self.smooth.activated.connect(lambda _: self._request(smooth=self.smooth.currentData()))
        for name, switch in self._switches().items():
            switch.toggled.connect(lambda on, name=name: self._request(**{name: on}))
        self.appearance.preferred.connect(self.preferred)
        self.restores.toggled.connect(self._choose_restoring)
        self.recordings.clicked.connect(self._choose_recordings)
        self.ring.setKeyboardTracking(False)
        self.ring.valueChanged.connect(self._choose_ring)
        self.reset.clicked.connect(self._ask_to_reset)

    def _spin_boxes(self) -> dict[str, QSpinBox | QDoubleSpinBox]:
        return {
            "person_threshold": self.person_threshold,
            "threshold": self.threshold,
            "detect_every": self.detect_every,
            "max_people": self.max_people,
        }

    def _switches(self) -> dict[str, Switch]:
        return {"flip_test": self.flip_test, "half_rate": self.half_rate}

    def _show_preferences(self) -> None:
        saved = self._preferences
        self.appearance.show_preferences()
        for box, show in (
            (self.restores, lambda: self.restores.setChecked(saved.restores_window)),
            (self.ring, lambda: self.ring.setValue(round(saved.ring_s))),
        ):
            box.blockSignals(True)
            show()
            box.blockSignals(False)
        folder = saved.recordings
        text = str(folder) if folder is not None else tr("System video folder")
        width = WIDTH * 2 // 5
        self.recordings.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width))
        self.recordings.setToolTip(text)
        self.recordings.setAccessibleName(tr("Recordings are saved to {folder}", folder=text))
        self._refresh_resets()

    # Defaults.

    def _reset_of(self, name: str, title: str) -> ResetButton:
        """The button that sets the setting ``name`` back to its default."""
        usual = getattr(Settings(), name)

        def reset() -> None:
            self._request(**{name: usual})
            self.show_settings(self._settings)

        return ResetButton(title, lambda: bool(getattr(self._settings, name) == usual), reset)

    def _reset_of_ring(self) -> ResetButton:
        ring = self.ring
        return ResetButton(tr("Replay buffer"), lambda: ring.value() == RING_S, lambda: ring.setValue(int(RING_S)))

    def _refresh_resets(self) -> None:
        for button in self.findChildren(ResetButton):
            button.refresh()

    # Changes by the user.

    def _request(self, **change: Any) -> None:
        requested = replace(self._settings, **change)
        if requested != self._settings:
            self._settings = requested
            self._refresh_resets()
            self.changed.emit(requested)

    def _choose_restoring(self, on: bool) -> None:
        self._preferences.restores_window = on
        self.preferred.emit("restores_window")

    def _choose_ring(self, seconds: int) -> None:
        self._preferences.ring_s = float(seconds)
        self._refresh_resets()
        self.preferred.emit("ring_s")

    def _choose_recordings(self) -> None:
        title, before = tr("Choose the recording folder"), self._preferences.recordings
        if folder := QFileDialog.getExistingDirectory(self, title, str(before or Path.home())):
            self._preferences.recordings = Path(folder)
            self.preferred.emit("recordings")
            self._show_preferences()

    def _ask_to_reset(self) -> None:
        sentence = tr("All settings, shortcuts and recent files will be reset. Models and recordings are kept.")
        self.foot.ask(sentence, tr("Reset"), self._reset)

    def _reset(self) -> None:
        self._preferences.reset()
        self._show_preferences()
        requested = Settings()
        self.show_settings(requested)
        self.changed.emit(requested)
        self.preferred.emit("reset")
        self.foot.say(tr("All settings have been reset."))


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    form.setHorizontalSpacing(24)
    form.setVerticalSpacing(8)
    return form


def _section(form: QFormLayout, title: str) -> None:
    """A heading above the rows that follow."""
    heading = QLabel(title.upper())
    heading.setObjectName("heading")
    heading.setContentsMargins(0, 12 if form.rowCount() else 0, 0, 0)
    form.addRow(heading)


def _row(form: QFormLayout, title: str, control: QWidget, reset: ResetButton | None = None) -> None:
    """A ``control`` with its ``title``, and the button that sets it back."""
    control.setAccessibleName(title)
    label = QLabel(title)
    TitleFollower(label, control)
    control.ensurePolished()  # its size hint is not valid before
    label.setMinimumHeight(control.sizeHint().height())
    if reset is None:
        form.addRow(label, control)
        return
    titled = QWidget()
    pair = QHBoxLayout(titled)
    pair.setContentsMargins(0, 0, 0, 0)
    pair.addWidget(label, 1)
    pair.addWidget(reset)
    form.addRow(titled, control)


def _align(form: QFormLayout) -> None:
    """Make all titles as wide as the widest, so that the buttons behind them are in one column."""
    items = [form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(form.rowCount())]
    titles = [title for item in items if item is not None and (title := item.widget()) is not None]
    width = max((title.sizeHint().width() for title in titles), default=0)
    for title in titles:
        title.setMinimumWidth(width)


def _choice(offers: list[tuple[str, str]]) -> QComboBox:
    box = ComboBox()
    for title, value in offers:
        box.addItem(title, value)
    return box


def _score() -> QDoubleSpinBox:
    box = DoubleSpinBox()
    box.setRange(0, 1)
    box.setSingleStep(0.05)
    return box
