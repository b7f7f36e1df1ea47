"""The export dialog's options for films: speed, size, freezes, following a person, curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton

from app.core.errors import StanceError
from app.core.film_options import FREEZE_S, FilmOptions, read_freezes, read_size
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.widgets.collapsible import Section
from app.window.widgets.notification import sentence_of
from app.window.widgets.value_controls import ComboBox

FILM_SUFFIXES = (".mp4", ".gif", ".webp", ".png")
"""Endings of the formats that the options change."""
SPEEDS = (1.0, 0.5, 0.25, 0.1, 2.0, 4.0)
SIZES = ("1920x1080", "1280x720", "854x480", "640x360", "1080x1920", "1080x1080")
CURVES = ("knee", "hip", "ankle", "shoulder", "elbow", "wrist")
"""Joints that can be plotted, both sides of each."""
LEGS = ("hip", "knee", "ankle")


class FilmChoice(Section):
    """Options for the films of the clip that ``player`` shows; ``changed`` is emitted when the user changes one.

    ``marks_s`` returns the moments that are marked in the clip, in seconds.
    """

    changed = pyqtSignal()

    def __init__(self, player: Player, marks_s: Callable[[], Sequence[float]] = tuple) -> None:
        super().__init__(tr("Film"))
        self._player = player
        self._marks_s = marks_s
        self.speed, self.frame_size, self.follow, self.curves = (ComboBox() for _ in range(4))
        self.freezes = QLineEdit()
        self.here = QPushButton(tr("Add shown moment"))
        self.marks = QPushButton(tr("Add marks"))
        self.drawn = QCheckBox(tr("Draw people"))
        self._fill()
        self._lay_out()
        self.here.clicked.connect(self._add_moment)
        self.marks.clicked.connect(lambda _: self._add(self._marks_s()))
        self.freezes.textChanged.connect(lambda _: self.changed.emit())
        for box in (self.speed, self.frame_size, self.follow, self.curves):
            box.activated.connect(lambda _: self.changed.emit())
        self.drawn.toggled.connect(lambda _: self.changed.emit())
        self.set_open(False)

    def options(self) -> FilmOptions:
        """How films are made. Raises StanceError if the freezes cannot be read."""
        return FilmOptions(
            speed=self.speed.currentData(),
            freezes=read_freezes(self.freezes.text()),
            size=read_size(self.frame_size.currentData() or ""),
            crop_to=self.follow.currentData(),
            curves=tuple(self.curves.currentData() or ()),
            overlay=self.drawn.isChecked(),
        )

    def blocking_reason(self) -> str:
        """Why a film cannot be made with these options; empty if it can."""
        try:
            self.options()
        except StanceError as error:
            return sentence_of(error)
        return ""

    def set_enabled(self, enabled: bool) -> None:
        """Enable or disable the controls; the heading stays."""
        for control in (self.speed, self.frame_size, self.follow, self.curves, self.freezes, self.here, self.drawn):
            control.setEnabled(enabled)
        self.marks.setEnabled(enabled and bool(self._marks_s()))

    def _fill(self) -> None:
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.frame_size.addItem(tr("As source"), "")
        for size in SIZES:
            self.frame_size.addItem(size.replace("x", " × "), size)
        self.follow.addItem(tr("Whole picture"), None)
        analysis = self._player.analysis
        for number in analysis.ids() if analysis is not None else ():
            shown = analysis.name(number) if analysis is not None else ""
            self.follow.addItem(tr("Person {name}", name=shown), number)
        self.curves.addItem(tr("None"), None)
        known = self._known_angles()
        for joints in (*((joint,) for joint in CURVES), LEGS):
            names = [f"{side} {joint}" for joint in joints for side in ("right", "left")]
            if set(names) <= known:
                title = ", ".join(display_name(joint).capitalize() for joint in joints)
                self.curves.addItem(title, names)
        self.drawn.setChecked(True)

    def _known_angles(self) -> set[str]:
        from app.analysis.angles import angle_names

        analysis = self._player.analysis
        return set(angle_names(analysis.skeleton)) if analysis is not None else set()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        for place, (title, box) in enumerate(
            (
                (tr("Speed"), self.speed),
                (tr("Size"), self.frame_size),
                (tr("Show"), self.follow),
                (tr("Curves"), self.curves),
            )
        ):
            self._place(grid, title, box, place // 2, place % 2 * 2)
        label = QLabel(tr("Freeze at"))
        label.setBuddy(self.freezes)
        self.freezes.setAccessibleName(tr("Freeze at"))
        self.freezes.setPlaceholderText(tr("Seconds, as 1.2, 3.5:4"))
        self.freezes.setToolTip(
            tr("Moments of the video at which the film stays for {seconds:g} s; 3.5:4 stays for 4 s.", seconds=FREEZE_S)
        )
        self.here.setAutoDefault(False)
        self.marks.setAutoDefault(False)
        self.marks.setToolTip(tr("Freeze at all marks of the clip"))
        self.marks.setEnabled(bool(self._marks_s()))
        grid.addWidget(label, 2, 0)
        grid.addWidget(self.freezes, 2, 1)
        grid.addWidget(self.here, 2, 2, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.marks, 3, 2, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.drawn, 3, 1)
        hint = QLabel(tr("Only films at normal speed without freezes have sound."))
        hint.setObjectName("faint")
        hint.setWordWrap(True)
        grid.addWidget(hint, 4, 1, 1, 3)
        self.column.addLayout(grid)

    def _place(self, grid: QGridLayout, title: str, box: QComboBox, row: int, column: int) -> None:
        label = QLabel(title)
        label.setBuddy(box)
        box.setAccessibleName(title)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        grid.addWidget(label, row, column)
        grid.addWidget(box, row, column + 1)

    def _add_moment(self) -> None:
        """Add the moment of the shown frame to the freezes."""
        if self._player.current is not None:
            self._add([self._player.current.frame.time_s])

    def _add(self, moments_s: Sequence[float]) -> None:
        """Add moments of the clip, in seconds, to the freezes, each once."""
        known = [part.strip() for part in self.freezes.text().split(",") if part.strip()]
        added = [f"{moment_s + 0.0005:.3f}".rstrip("0").rstrip(".") for moment_s in moments_s]
        self.freezes.setText(", ".join(dict.fromkeys([*known, *added])))


def has_films(formats: list[str]) -> bool:
    """Whether one of the file names in ``formats`` is of a film or of pictures."""
    return any(name.endswith(FILM_SUFFIXES) for name in formats)
