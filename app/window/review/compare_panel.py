"""The panel in which the open clip is compared with a second clip, a motion or a pinned frame."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import later, tr
from app.window.review.blend_controls import BlendControls
from app.window.video.video_view import VideoView
from app.window.widgets.plain_table import RIGHT, plain_table
from app.window.widgets.title_follower import TitleFollower
from app.window.widgets.value_controls import ComboBox, Slider

if TYPE_CHECKING:
    from app.analysis.reference import AnglePair, RangePair

SYNCS = (
    ("", later("By hand")),
    ("first contact", later("At the first foot contact")),
    ("deepest squat", later("At the deepest squat")),
)
MOMENT, RANGES = range(2)


class ComparePanel(QWidget):
    """Shows the picture of the second clip, and a table of angles; signals what the user asks for.

    ``seek_requested`` is a moment of the second clip in thousandths of its length.
    """

    open_requested = pyqtSignal()
    motion_requested = pyqtSignal()
    ended = pyqtSignal()
    sync_requested = pyqtSignal()
    event_chosen = pyqtSignal(str)
    person_chosen = pyqtSignal(object)
    overlay_changed = pyqtSignal(bool)
    table_changed = pyqtSignal()
    seek_requested = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Compare"))
        self._moment = _MomentSlider()
        self.blend = BlendControls()
        self.title = QLabel()
        self.title.setObjectName("faint")
        self.title.setWordWrap(True)
        self.open = QPushButton(tr("Second clip…"))
        self.motion = QPushButton(tr("Motion…"))
        self.end = QPushButton(tr("End"))
        self.person = ComboBox()
        self.person.setAccessibleName(tr("Person of the second clip"))
        self._person_title = QLabel(tr("Person"))
        TitleFollower(self._person_title, self.person)
        self.sync = QPushButton(tr("Same moment (F8)"))
        self.sync.setToolTip(tr("What both clips show now happens at the same moment"))
        self.moments = ComboBox()
        self.moments.setAccessibleName(tr("Moments that belong together"))
        for key, text in SYNCS:
            self.moments.addItem(tr(text), key)
        self.overlay = QCheckBox(tr("Draw over the person, scaled"))
        self.overlay.setChecked(True)
        self.kind = ComboBox()
        self.kind.setAccessibleName(tr("Table"))
        self.kind.addItem(tr("Angles now"), MOMENT)
        self.kind.addItem(tr("Ranges of motion"), RANGES)
        self._title = ""
        self.table = plain_table(tr("Compared angles"), ["", "", "", ""])
        self._lay_out()
        self._connect()
        self.show_second("", has_picture=False, people={})

    def show_second(self, title: str, *, has_picture: bool, people: dict[int, str], moves: bool = False) -> None:
        """Show what is compared: ``title`` (empty: nothing), its ``people`` (names by id).

        It ``has_picture`` as a clip has one; a motion ``moves`` without.
        """
        self._title = title
        self.title.setText(title or tr("Open a second clip, a motion, or pin a frame (C) to compare with."))
        self.blend.setVisible(has_picture)
        pictures: tuple[QWidget, ...] = (self._moment, self.sync)
        choices: tuple[QWidget, ...] = (self.moments, self.overlay, self.end, self.kind)
        for part in pictures:
            part.setVisible(has_picture or moves)
        for part in choices:
            part.setVisible(bool(title))
        for part in (self._person_title, self.person):
            part.setVisible(bool(title and people))
        self.table.setVisible(bool(title and self.table.topLevelItemCount()))
        chosen = self.person.currentData()
        self.person.blockSignals(True)
        self.person.clear()
        for number, name in people.items():
            self.person.addItem(name, number)
        self.person.setCurrentIndex(max(self.person.findData(chosen), 0))
        self.person.blockSignals(False)

    def show_absent(self, absent: bool) -> None:
        """Say that what is compared has nobody at this moment, or not."""
        if self._title:
            self.title.setText(tr("{name}: nobody at this moment", name=self._title) if absent else self._title)

    def show_moment(self, pairs: Sequence[AnglePair], other: str) -> None:
        """Show angles of a moment; ``other`` is the heading of the second column."""
        self._show([tr("Angle"), tr("Now"), other, tr("Difference")], [_moment(pair) for pair in pairs])

    def show_ranges(self, pairs: Sequence[RangePair], other: str) -> None:
        """Show ranges of motion of both."""
        self._show([tr("Angle"), tr("This clip"), other, tr("Difference")], [_range(pair) for pair in pairs])

    @property
    def slider(self) -> Slider:
        """The moment of the second clip, 0 to 1000."""
        return self._moment.slider

    @property
    def view(self) -> VideoView:
        """Shows the second picture, where it is not shown over the first one."""
        return self.blend.view

    @property
    def shows_ranges(self) -> bool:
        """Whether the table is that of ranges of motion."""
        return bool(self.kind.currentData() == RANGES)

    def _show(self, headings: list[str], rows: list[list[str]]) -> None:
        self.table.setVisible(bool(rows))
        self.table.setHeaderLabels(headings)
        while self.table.topLevelItemCount() > len(rows):
            self.table.takeTopLevelItem(self.table.topLevelItemCount() - 1)
        for number, texts in enumerate(rows):
            item = self.table.topLevelItem(number)
            if item is None:
                item = QTreeWidgetItem()
                self.table.addTopLevelItem(item)
            for column, text in enumerate(texts):
                if item.text(column) != text:
                    item.setText(column, text)
                if column:
                    item.setTextAlignment(column, RIGHT)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(_row(self.open, self.motion, self.end))
        column.addWidget(self.title)
        column.addWidget(self.blend, 2)
        column.addWidget(self._moment)
        column.addLayout(_row(self.sync, self.moments))
        column.addLayout(_row(self._person_title, self.person))
        column.addWidget(self.overlay)
        column.addWidget(self.kind)
        column.addWidget(self.table, 1)
        column.addStretch()  # keeps the rest at the top while neither a picture nor a table is shown

    def _share_room(self) -> None:
        """Leave the room of the picture to the table while that is over the other one."""
        column = self.layout()
        if isinstance(column, QVBoxLayout):
            column.setStretchFactor(self.blend, 0 if self.blend.is_over else 2)

    def _connect(self) -> None:
        for button, signal in (
            (self.open, self.open_requested),
            (self.motion, self.motion_requested),
            (self.end, self.ended),
            (self.sync, self.sync_requested),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(signal)
        self.moments.activated.connect(lambda _: self.event_chosen.emit(self.moments.currentData()))
        self.person.activated.connect(lambda _: self.person_chosen.emit(self.person.currentData()))
        self.overlay.toggled.connect(self.overlay_changed)
        self.blend.changed.connect(self._share_room)
        self.kind.activated.connect(lambda _: self.table_changed.emit())
        self.slider.sliderMoved.connect(self.seek_requested)


class _MomentSlider(QWidget):
    """A slider with its name beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("plain")
        self.slider.setRange(0, 1000)
        self.slider.setAccessibleName(tr("Moment of the second clip"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(tr("Moment")))
        row.addWidget(self.slider, 1)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _moment(pair: AnglePair) -> list[str]:
    return [display_name(pair.name), _degrees(pair.first), _degrees(pair.other), _degrees(pair.difference, signed=True)]


def _range(pair: RangePair) -> list[str]:
    first, other = (f"{_degrees(one[0])} … {_degrees(one[1])}" for one in (pair.first, pair.other))
    return [display_name(pair.name), first, other, _degrees(pair.difference, signed=True)]


def _degrees(value: float, *, signed: bool = False) -> str:
    """``value`` in whole degrees, a dash if it is unknown; what rounds to zero has no sign."""
    if not isfinite(value):
        return "–"
    whole = round(value)
    return (f"{whole:+d}°" if signed and whole else f"{whole}°").replace("-", "\N{MINUS SIGN}")
