"""The panel at the side: which models find people, from which score on, and what of them is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.settings import DEVICES, SMOOTHERS, Settings
from app.window.model_choice import CHOOSE, offer, pick
from app.window.own_keys import MOVE, OwnKeys
from app.window.picking import pick_network
from app.window.switch import Switch

WIDTH = 264
DEVICE_TITLES = {"auto": "Best that runs", "cpu": "CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}
SMOOTH_TITLES = {"one-euro": "One-Euro", "kalman": "Kalman", "none": "None"}
SWITCHES = (
    ("skeleton", "Skeleton", "S", True),
    ("boxes", "Boxes", "B", False),
    ("ids", "Ids", "I", True),
    ("mirror", "Mirror", "M", False),
)


class SidePanel(QFrame):
    """Shows ``settings`` and the switches, and tells what a person changes."""

    changed = pyqtSignal(object)  # Settings as they are wished for
    switched = pyqtSignal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Settings")
        self.settings = settings
        body = QWidget()
        body.setObjectName("panelBody")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(16, 14, 16, 14)
        self._column.setSpacing(5)
        self._own_keys = OwnKeys(MOVE, self)
        self._heading("Models")
        self.pose = self._choice("Pose model", lambda box: self._choose_model(box, "pose"))
        self.detector = self._choice("Detector", lambda box: self._choose_model(box, "detector"))
        self.device = self._choice("Device", lambda box: self._wish(device=box.currentData()))
        for device in DEVICES:
            self.device.addItem(DEVICE_TITLES[device], device)
        self._heading("Finding")
        self.person_threshold = self._slider("Person from score", "person_threshold")
        self.threshold = self._slider("Keypoint from score", "threshold")
        self.smooth = self._choice("Smoothing", lambda box: self._wish(smooth=box.currentData()))
        for smooth in SMOOTHERS:
            self.smooth.addItem(SMOOTH_TITLES[smooth], smooth)
        self._heading("Drawing")
        self.switches: dict[str, Switch] = {}
        for name, title, key, on in SWITCHES:
            switch = Switch(title)
            switch.setToolTip(f"{title} on or off ({key})")
            switch.setChecked(on)
            switch.toggled.connect(self.switched)
            switch.installEventFilter(self._own_keys)
            self._column.addWidget(switch)
            self.switches[name] = switch
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)  # type: ignore[union-attr]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self.show_settings(settings)

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force, telling nobody."""
        self.settings = settings
        offer(self.pose, "pose", settings.pose)
        offer(self.detector, "detector", settings.detector)
        pick(self.device, settings.device)
        pick(self.smooth, settings.smooth)
        for slider, value in (
            (self.threshold, settings.threshold),
            (self.person_threshold, settings.person_threshold),
        ):
            slider.blockSignals(True)
            slider.setValue(round(value * 100))
            slider.blockSignals(False)
            slider.valueChanged.emit(slider.value())

    def set_models_enabled(self, enabled: bool, reason: str = "") -> None:
        """Whether the models may be changed, and why not."""
        for box in (self.pose, self.detector, self.device):
            box.setEnabled(enabled)
            box.setToolTip("" if enabled else reason)

    def _heading(self, text: str) -> None:
        if self._column.count():
            self._column.addSpacing(14)
        label = QLabel(text.upper())
        label.setObjectName("heading")
        self._column.addWidget(label)

    def _choice(self, title: str, chosen: Callable[[QComboBox], None]) -> QComboBox:
        label = QLabel(title)
        box = QComboBox()
        box.setAccessibleName(title)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.activated.connect(lambda _: chosen(box))
        box.installEventFilter(self._own_keys)
        label.setBuddy(box)
        self._column.addSpacing(4)
        self._column.addWidget(label)
        self._column.addWidget(box)
        return box

    def _slider(self, title: str, name: Literal["threshold", "person_threshold"]) -> QSlider:
        value = QLabel()
        value.setObjectName("faint")
        row = QHBoxLayout()
        row.addWidget(QLabel(title), 1)
        row.addWidget(value)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setAccessibleName(title)
        slider.setRange(0, 100)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.installEventFilter(self._own_keys)

        def moved(percent: int) -> None:
            value.setText(f"{percent / 100:.2f}")
            if round(getattr(self.settings, name) * 100) != percent:
                self._wish(**{name: percent / 100})

        slider.valueChanged.connect(moved)
        self._column.addSpacing(4)
        self._column.addLayout(row)
        self._column.addWidget(slider)
        return slider

    def _choose_model(self, box: QComboBox, name: Literal["pose", "detector"]) -> None:
        wanted = box.currentData()
        if wanted == CHOOSE:
            pick(box, getattr(self.settings, name))
            wanted = pick_network(self, f"Choose the {name} model", checkpoints=name == "pose")
            if not wanted:
                return
        self._wish(**{name: wanted})

    def _wish(self, **change: object) -> None:
        wished = replace(self.settings, **change)  # type: ignore[arg-type]
        if wished != self.settings:
            self.settings = wished
            self.changed.emit(wished)
