"""The panel at the side: which models find people, how they are looked for, and what of them is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
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
from app.window.section import Section
from app.window.sentences import called
from app.window.switch import Switch
from app.window.words import tr

if TYPE_CHECKING:  # the overlay brings OpenCV along
    from app.overlay import Look

WIDTH = 264
CHOICE_WIDTH = 140
PAIR_WIDTH = 100
SWITCHES = (
    ("skeleton", "S", True),
    ("boxes", "B", False),
    ("ids", "I", True),
    ("mirror", "M", False),
)
TRAIL_S = 1.0
DETECT_STEP_S = 0.05
DETECT_STEPS = 40
MOST_PEOPLE = 20


class SidePanel(QFrame):
    """Shows ``settings`` and how people are drawn, and tells what a person changes."""

    changed = pyqtSignal(object)  # Settings as they are wished for
    switched = pyqtSignal()  # the look is another
    heatmap_changed = pyqtSignal(object)  # the number of the keypoint, or None

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(tr("Settings"))
        self.settings = settings
        self._own_keys = OwnKeys(MOVE, self)
        self._showing: list[Callable[[Settings], None]] = []
        self.models, self.finding, self.drawing = Section(tr("Models")), Section(tr("Finding")), Section(tr("Drawing"))
        self._fill_models()
        self._fill_finding()
        self._fill_drawing()
        self._lay_out()
        self.show_settings(settings)

    # What the window asks and tells.

    def show_settings(self, settings: Settings) -> None:
        """Show what is in force, telling nobody."""
        self.settings = settings
        offer(self.pose, "pose", settings.pose)
        offer(self.detector, "detector", settings.detector)
        pick(self.device, settings.device)
        pick(self.smooth, settings.smooth)
        for show in self._showing:
            show(settings)

    def set_models_enabled(self, enabled: bool, reason: str = "") -> None:
        """Whether the models may be changed, and why not."""
        for box in (self.pose, self.detector, self.device):
            box.setEnabled(enabled)
            box.setToolTip("" if enabled else reason)

    def look(self, names: Mapping[int, str]) -> Look:
        """How people are to be drawn, ``names`` in the place of ids."""
        from app.overlay import Look

        on = {name: switch.isChecked() for name, switch in self.switches.items()}
        return Look(
            threshold=self.settings.threshold,
            skeleton=on["skeleton"],
            boxes=on["boxes"],
            ids=on["ids"],
            mirror=on["mirror"],
            scale=self.line_width.value() / 10,
            style=self.drawn_as.currentData(),
            color=self.colored.currentData(),
            trails=TRAIL_S if on["trails"] else 0.0,
            dim=self.dim.value() / 100,
            names=names,
        )

    @property
    def heatmap_keypoint(self) -> int | None:
        """The number of the keypoint whose heatmap is to be shown."""
        number = self.heatmap.currentData()
        return number if isinstance(number, int) else None

    def offer_heatmaps(self, names: Sequence[str], reason: str = "") -> None:
        """Offer the heatmaps of the keypoints ``names``; where there are none, give the ``reason``.

        The keypoint that was chosen stays chosen where it is there still.
        """
        before, text = self.heatmap_keypoint, self.heatmap.currentText()
        self.heatmap.blockSignals(True)
        self.heatmap.clear()
        self.heatmap.addItem(tr("None"))
        for number, name in enumerate(names):
            self.heatmap.addItem(called(name).capitalize(), number)
        self.heatmap.setCurrentIndex(max(self.heatmap.findText(text), 0))
        self.heatmap.blockSignals(False)
        self.heatmap.setEnabled(bool(names))
        self.heatmap.setToolTip(reason)
        if self.heatmap_keypoint != before:
            self.heatmap_changed.emit(self.heatmap_keypoint)

    # Its parts.

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("panelBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(0)
        for section in (self.models, self.finding, self.drawing):
            column.addWidget(section)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)  # type: ignore[union-attr]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def _fill_models(self) -> None:
        part = self.models.column
        self.pose = self._choice(part, tr("Pose model"), lambda box: self._choose_model(box, "pose"), wide=True)
        self.detector = self._choice(part, tr("Detector"), lambda box: self._choose_model(box, "detector"), wide=True)
        self.device = self._choice(part, tr("Device"), lambda box: self._wish(device=box.currentData()))
        titles = {"auto": tr("Best that runs"), "cpu": "CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}
        for device in DEVICES:
            self.device.addItem(titles[device], device)

    def _fill_finding(self) -> None:
        part = self.finding.column
        self.person_threshold = self._setting(part, tr("Person from score"), "person_threshold", 0.01, 100, _score)
        self.threshold = self._setting(part, tr("Keypoint from score"), "threshold", 0.01, 100, _score)
        self.detect_every = self._setting(
            part, tr("Look for newcomers"), "detect_every", DETECT_STEP_S, DETECT_STEPS, _interval
        )
        self.max_people = self._setting(part, tr("People at most"), "max_people", 1, MOST_PEOPLE, _count)
        self.smooth = self._choice(part, tr("Smoothing"), lambda box: self._wish(smooth=box.currentData()))
        titles = {"one-euro": "One-Euro", "kalman": "Kalman", "none": tr("None")}
        for smooth in SMOOTHERS:
            self.smooth.addItem(titles[smooth], smooth)
        self.flip_test = self._either(tr("Flip test"), "flip_test")
        self.flip_test.setToolTip(tr("Look at everyone mirrored too: steadier, and half as fast"))
        self.half_rate = self._either(tr("Half rate"), "half_rate")
        self.half_rate.setToolTip(tr("Look at every other frame and foretell the poses in between: for slow machines"))
        part.addLayout(_in_pairs([self.flip_test, self.half_rate]))

    def _fill_drawing(self) -> None:
        part = self.drawing.column
        self._fill_switches(part)
        self.drawn_as = self._choice(part, tr("Style"), self._restyled)
        for title, style in ((tr("Lines"), "lines"), (tr("Bones"), "bones"), (tr("Dots"), "dots")):
            self.drawn_as.addItem(title, style)
        self.colored = self._choice(part, tr("Colour by"), self._restyled)
        for title, color in ((tr("Side"), "side"), (tr("Person"), "person"), (tr("Score"), "score")):
            self.colored.addItem(title, color)
        self.heatmap = self._choice(part, tr("Heatmap"), lambda _: self.heatmap_changed.emit(self.heatmap_keypoint))
        self.offer_heatmaps((), tr("Heatmaps come with a pose model"))
        self.line_width = self._slider(part, tr("Line width"), 5, 30, lambda tenths: f"{tenths / 10:.1f}×")
        self.line_width.setValue(10)
        self.dim = self._slider(part, tr("Darken the picture"), 0, 100, lambda percent: f"{percent} %")
        for slider in (self.line_width, self.dim):
            slider.valueChanged.connect(self.switched)

    def _fill_switches(self, part: QVBoxLayout) -> None:
        titles = {"skeleton": tr("Skeleton"), "boxes": tr("Boxes"), "ids": tr("Ids"), "mirror": tr("Mirror")}
        self.switches: dict[str, Switch] = {}
        for name, key, on in SWITCHES:
            title = titles[name]
            self._switch(name, title, tr("{title} on or off ({key})", title=title, key=key), on)
        self._switch("trails", tr("Trails"), tr("Wrists and ankles leave a trail"), False)
        part.addLayout(_in_pairs(self.switches.values()))
        part.addSpacing(4)

    def _switch(self, name: str, title: str, tip: str, on: bool) -> None:
        switch = Switch(title)
        switch.setToolTip(tip)
        switch.setChecked(on)
        switch.toggled.connect(self.switched)
        switch.installEventFilter(self._own_keys)
        self.switches[name] = switch

    def _either(self, title: str, name: str) -> Switch:
        """A switch for the setting ``name``."""
        switch = Switch(title)
        switch.toggled.connect(lambda on: self._wish(**{name: on}))
        switch.installEventFilter(self._own_keys)
        self._showing.append(lambda settings: switch.setChecked(getattr(settings, name)))
        return switch

    def _choice(
        self, part: QVBoxLayout, title: str, chosen: Callable[[QComboBox], object], wide: bool = False
    ) -> QComboBox:
        label = QLabel(title)
        box = QComboBox()
        box.setAccessibleName(title)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.activated.connect(lambda _: chosen(box))
        box.installEventFilter(self._own_keys)
        label.setBuddy(box)
        if wide:
            part.addWidget(label)
            part.addWidget(box)
            part.addSpacing(4)
        else:
            box.setFixedWidth(CHOICE_WIDTH)
            row = QHBoxLayout()
            row.addWidget(label, 1)
            row.addWidget(box)
            part.addLayout(row)
        return box

    def _slider(self, part: QVBoxLayout, title: str, least: int, most: int, told: Callable[[int], str]) -> QSlider:
        """A slider under its title and what it ``told``."""
        value = QLabel()
        value.setObjectName("faint")
        row = QHBoxLayout()
        row.addWidget(QLabel(title), 1)
        row.addWidget(value)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setAccessibleName(title)
        slider.setRange(least, most)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.installEventFilter(self._own_keys)
        slider.valueChanged.connect(lambda number: value.setText(told(number)))
        value.setText(told(slider.value()))
        part.addSpacing(2)
        part.addLayout(row)
        part.addWidget(slider)
        return slider

    def _setting(
        self, part: QVBoxLayout, title: str, name: str, step: float, steps: int, told: Callable[[float], str]
    ) -> QSlider:
        """A slider for a number of the settings, from 0 on."""
        slider = self._slider(part, title, 0, steps, lambda number: told(number * step))

        def place(settings: Settings) -> int:
            return min(round(getattr(settings, name) / step), steps)

        def moved(number: int) -> None:
            if place(self.settings) != number:
                self._wish(**{name: round(number * step, 2) if step < 1 else number})

        slider.valueChanged.connect(moved)
        self._showing.append(lambda settings: slider.setValue(place(settings)))
        return slider

    # What a person does.

    def _restyled(self, _: QComboBox) -> None:
        self.switched.emit()

    def _choose_model(self, box: QComboBox, name: Literal["pose", "detector"]) -> None:
        wanted = box.currentData()
        if wanted == CHOOSE:
            pick(box, getattr(self.settings, name))
            title = tr("Choose the pose model") if name == "pose" else tr("Choose the detector model")
            wanted = pick_network(self, title, checkpoints=name == "pose")
            if not wanted:
                return
        self._wish(**{name: wanted})

    def _wish(self, **change: object) -> None:
        wished = replace(self.settings, **change)  # type: ignore[arg-type]
        if wished != self.settings:
            self.settings = wished
            self.changed.emit(wished)


def _score(value: float) -> str:
    return f"{value:.2f}"


def _interval(seconds: float) -> str:
    return tr("every {seconds} s", seconds=f"{seconds:.2f}") if seconds else tr("in every frame")


def _count(people: float) -> str:
    return f"{people:.0f}" if people else tr("everyone")


def _in_pairs(switches: Iterable[Switch]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    for place, switch in enumerate(switches):
        grid.addWidget(switch, place // 2, place % 2)
        grid.setColumnMinimumWidth(place % 2, PAIR_WIDTH)
        grid.setColumnStretch(place % 2, 1)
    return grid
