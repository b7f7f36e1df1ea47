"""The dialog in which the user states the size of things in the picture, and where the floor is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import hypot
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QDialog, QFileDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.core.errors import StanceError
from app.core.scale_options import AUTO, MAX_HEIGHT_M, MAX_SLOPE_DEGREES, MIN_HEIGHT_M, NO_SCALE, NONE, ScaleOptions
from app.core.settings import Settings
from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import later, tr
from app.window.player.player import Player
from app.window.video.line_tool import Line, begin_line, end_line
from app.window.video.video_view import VideoView
from app.window.widgets.notification import sentence_of
from app.window.widgets.value_controls import ComboBox, DoubleSpinBox

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.scale import Scale

WIDTH = 460
MESSAGE_HEIGHT = 44
"""Height in pixels kept free for two lines."""
SCALES = (
    ("none", later("Unknown: pixels")),
    ("height", later("Body height")),
    ("line", later("Line of known length")),
    ("file", later("Calibration file")),
)
FLOORS = (
    (AUTO, later("Found from the feet")),
    (NONE, later("None: from the lower edge")),
    ("slope", later("Slope in degrees")),
    ("line", later("Line on the picture")),
)


@dataclass(slots=True)
class _Stated:
    """What is stated outside the controls.

    ``pixels`` is the length of a drawn line (0: none yet), ``file`` a calibration file, ``floor_line`` the drawn floor.
    """

    pixels: float = 0.0
    file: str = ""
    floor_line: Line | None = None


class ScaleDialog(QDialog):
    """Shows and changes the scale of the source that ``player`` has open; lines are drawn on ``view``."""

    def __init__(self, background: TaskRunner, player: Player, view: VideoView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Scale and floor"))
        self.setMinimumWidth(WIDTH)
        self._background = background
        self._player = player
        self._view = view
        self._task = background.new_task()
        self._stated = _Stated()
        self.scale, self.floor = ComboBox(), ComboBox()
        self.height_m = _spin(MIN_HEIGHT_M, MAX_HEIGHT_M, 1.7, 0.01, tr(" m"))
        self.height_m.setToolTip(
            tr(
                "The height when standing. The scale is exact where the person stands, walks or jumps in one plane."
                " Where a person climbs or comes nearer to the camera, it may be off by 10 %."
            )
        )
        self.length_m = _spin(0.01, 1000, 1.0, 0.1, tr(" m"))
        self.slope = _spin(-MAX_SLOPE_DEGREES, MAX_SLOPE_DEGREES, 0.0, 0.5, tr("°"))
        self.draw, self.draw_floor = QPushButton(), QPushButton()
        self.pick = QPushButton()
        self.message = QLabel()
        self._show(player.scale)
        self._lay_out()
        self._connect()
        self._follow()

    def options(self) -> ScaleOptions:
        """What is stated. Raises StanceError if it is not whole."""
        kind, floor = str(self.scale.currentData()), str(self.floor.currentData())
        if kind == "none":
            return NO_SCALE
        if (kind, self._stated.pixels) == ("line", 0.0):
            raise StanceError("The line of known length is missing: wanted one that is drawn on the picture.")
        if kind == "file" and not self._stated.file:
            raise StanceError("The calibration file is missing: wanted one of Pose2Sim (.toml).")
        if floor == "line" and self._stated.floor_line is None:
            raise StanceError("The line of the floor is missing: wanted one that is drawn on the picture.")
        lengths = f"{self._stated.pixels:.6g}={self.length_m.value():g}"
        return ScaleOptions(
            height_m=self.height_m.value() if kind == "height" else None,
            scale={"line": lengths, "file": self._stated.file}.get(kind, ""),
            floor={"slope": f"{self.slope.value():g}", "line": AUTO}.get(floor, floor),
            floor_line=self._stated.floor_line if floor == "line" else None,
        )

    def reject(self) -> None:
        """Close the dialog; a line that is being drawn is given up."""
        end_line(self._view)
        super().reject()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Give up a line that is being drawn."""
        end_line(self._view)
        super().closeEvent(event)

    # Construction.

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(10)
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.addRow(tr("Scale"), self.scale)
        form.addRow(tr("Body height"), self.height_m)
        form.addRow(tr("Length"), _beside(self.length_m, self.draw))
        form.addRow(tr("File"), self.pick)
        form.addRow(tr("Floor"), self.floor)
        form.addRow(tr("Slope"), self.slope)
        form.addRow(tr("Line"), self.draw_floor)
        column.addLayout(form)
        self.message.setObjectName("faint")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setMinimumHeight(MESSAGE_HEIGHT)
        column.addWidget(self.message)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.reject)
        row.addWidget(close)
        column.addLayout(row)

    def _connect(self) -> None:
        for choice in (self.scale, self.floor):
            choice.currentIndexChanged.connect(lambda _: self._follow())
        for spin in (self.height_m, self.length_m, self.slope):
            spin.valueChanged.connect(lambda _: self._follow())
        for button, done in ((self.draw, self._take_length), (self.draw_floor, self._take_floor)):
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._begin_line, done))
        self.pick.setAutoDefault(False)
        self.pick.clicked.connect(self._pick_file)
        self._player.opened.connect(self.close)

    def _show(self, options: ScaleOptions) -> None:
        """Show ``options`` in the controls."""
        for choice, entries in ((self.scale, SCALES), (self.floor, FLOORS)):
            for data, title in entries:
                choice.addItem(tr(title), data)
        kind = "height" if options.height_m is not None else "line" if options.lengths is not None else "none"
        if options.calibration is not None and options.height_m is None:
            kind, self._stated.file = "file", options.scale
        self.scale.setCurrentIndex(self.scale.findData(kind))
        if options.height_m is not None:
            self.height_m.setValue(options.height_m)
        if options.lengths is not None:
            self._stated.pixels = options.lengths[0]
            self.length_m.setValue(options.lengths[1])
        self._stated.floor_line = options.floor_line
        floor = "line" if options.floor_line else options.floor if options.slope_degrees is None else "slope"
        self.floor.setCurrentIndex(self.floor.findData(floor))
        self.slope.setValue(options.slope_degrees or 0.0)

    # Changes.

    def _begin_line(self, done: Callable[[Line], None]) -> None:
        begin_line(self._view, done)
        self.message.setText(tr("Drag a line over the picture. Esc: cancel"))

    def _take_length(self, line: Line) -> None:
        self._stated.pixels = hypot(line[2] - line[0], line[3] - line[1])
        self._follow()

    def _take_floor(self, line: Line) -> None:
        if line[0] == line[2]:
            self.message.setText(tr("The floor cannot be upright."))
            return
        self._stated.floor_line = line
        self._follow()

    def _pick_file(self) -> None:
        title, kinds = tr("Calibration file"), tr("Calibrations of Pose2Sim (*.toml)")
        name, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if name:
            self._stated.file = name
            self._follow()

    def _follow(self) -> None:
        """Show the rows that apply, take over what is stated, and show what follows from it."""
        kind, floor = self.scale.currentData(), self.floor.currentData()
        known = kind != "none"
        shown = (True, kind == "height", kind == "line", kind == "file", known)
        form = self.findChild(QFormLayout)
        assert form is not None
        for row, visible in enumerate((*shown, known and floor == "slope", known and floor == "line")):
            form.setRowVisible(row, visible)
        pixels = tr("{pixels} px: draw again", pixels=f"{self._stated.pixels:.0f}")
        self.draw.setText(pixels if self._stated.pixels else tr("Draw on the picture"))
        self.draw_floor.setText(tr("Draw again") if self._stated.floor_line else tr("Draw on the picture"))
        self.pick.setText(Path(self._stated.file).name if self._stated.file else tr("Choose…"))
        try:
            self._player.scale = self.options()
        except StanceError as error:
            self._task.cancel()
            self.message.setText(sentence_of(error))
            return
        self._measure()

    def follow_people(self) -> None:
        """Find the scale again, as the user has changed something about people: some may be hidden now."""
        if self.isVisible():
            self._measure()

    def _measure(self) -> None:
        """Find the scale in the background, and show it."""
        player, options = self._player, self._player.scale
        task = self._task = self._background.new_task(self._task)
        source, analysis = player.source, player.analysis
        if not options:
            self.message.setText(tr("Tables and markers are exported in pixels."))
            return
        if source is None or analysis is None:
            self.message.setText("")
            return
        threshold = player.pipeline.settings.threshold if player.pipeline is not None else Settings().threshold
        stated = player.stated_scale

        def work() -> Scale | None:
            return stated.find(analysis, threshold)

        def done(found: Scale | None) -> None:
            if found is None:
                return
            size = tr("1 pixel is {size} mm.", size=f"{1000 * found.metres_per_pixel:.3g}")
            whose = whose_height(found, analysis)
            slope = tr("The floor rises by {slope}° to the right.", slope=f"{found.slope_degrees:.1f}")
            floor = slope if found.on_floor else tr("Heights count from the lower edge of the picture.")
            self.message.setText(" ".join(filter(None, (size, whose, floor))))

        def failed(error: Exception) -> None:
            self.message.setText(sentence_of(error))

        self._background.run("scale", work, done, failed, self, task)


def whose_height(found: Scale, analysis: Analysis) -> str:
    """Whose height states the scale ``found``, where several people of ``analysis`` are shown; else empty."""
    hidden = analysis.hidden()
    if found.person is None or sum(number not in hidden for number in analysis.ids()) < 2:
        return ""
    name = analysis.name(found.person)
    return tr("The height is that of {name}, who is seen most; hide people to choose.", name=name)


def _spin(low: float, high: float, value: float, step: float, suffix: str) -> DoubleSpinBox:
    spin = DoubleSpinBox()
    spin.setRange(low, high)
    spin.setDecimals(2)
    spin.setSingleStep(step)
    spin.setValue(value)
    spin.setSuffix(suffix)
    return spin


def _beside(*widgets: QWidget) -> QWidget:
    row = QWidget()
    box = QHBoxLayout(row)
    box.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        box.addWidget(widget, 1)
    return row
