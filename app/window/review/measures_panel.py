"""The measures of a person: a summary with both sides, and the events, which seek on a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core.settings import JOINTS, NOT_REPEATED
from app.window.core.shortcut_filter import LISTS, ShortcutFilter
from app.window.core.tasks import TaskRunner
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.review.events_model import RIGHT, EventsModel
from app.window.review.measure_texts import TITLES, value_text
from app.window.review.measured_events import MeasuredEvents
from app.window.widgets.value_controls import ComboBox

if TYPE_CHECKING:
    from app.analysis.measures import Measures

ROW_PADDING = 8
"""Height added to the text height of a row of events, in pixels."""


class MeasuresPanel(QWidget):
    """Shows the measures of ``measured``. ``seek_requested`` emits the time of a clicked event, in seconds."""

    seek_requested = pyqtSignal(float)

    def __init__(self, background: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Measures"))
        self.measured = MeasuredEvents(background, self)
        self.measured.computed.connect(self._show)
        self.people = self._combo_box(tr("Person"))
        self.people.activated.connect(lambda row: self.measured.choose_person(self.people.itemData(row)))
        self.repeated = self._combo_box(tr("What repetitions are counted of"))
        for joint in JOINTS:
            self.repeated.addItem(display_name(joint).capitalize(), joint)
        self.repeated.addItem(tr("None"), NOT_REPEATED)
        self.repeated.setCurrentIndex(self.repeated.findData(self.measured.repeated))
        self.repeated.activated.connect(lambda row: self.measured.choose_repeated(self.repeated.itemData(row)))
        self.summary = QTreeWidget()
        self.events = EventsModel(self)
        self.table = QTableView()
        self.hint = QLabel()
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self._show()

    def choose_repeated(self, angle: str) -> None:
        """Count the repetitions of another angle, and show it in the list, to which one of a single side is added."""
        if self.repeated.findData(angle) < 0:
            self.repeated.addItem(display_name(angle).capitalize(), angle)
        self.repeated.setCurrentIndex(self.repeated.findData(angle))
        self.measured.choose_repeated(angle)

    def _combo_box(self, name: str) -> ComboBox:
        made = ComboBox()
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(6)
        return made

    def _lay_out(self) -> None:
        self.summary.setObjectName("measures")
        self.summary.setAccessibleName(tr("Measures"))
        self.summary.setHeaderLabels([tr("Measure"), tr("Both"), tr("Left"), tr("Right")])
        self.summary.setRootIsDecorated(False)
        self.summary.setUniformRowHeights(True)
        self.summary.setFrameShape(QTreeWidget.Shape.NoFrame)
        if (header := self.summary.header()) is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in range(1, 4):
            self.summary.headerItem().setTextAlignment(place, RIGHT)  # type: ignore[union-attr]
        self.table.setAccessibleName(tr("Events"))
        self.table.setModel(self.events)
        self.table.setFrameShape(QTableView.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        if (rows := self.table.verticalHeader()) is not None:
            rows.hide()
            rows.setDefaultSectionSize(self.table.fontMetrics().height() + ROW_PADDING)
        if (columns := self.table.horizontalHeader()) is not None:
            columns.setStretchLastSection(True)
            columns.setHighlightSections(False)
            columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            columns.setResizeContentsPrecision(0)  # of the visible rows
        self.table.clicked.connect(self._seek)
        self.table.activated.connect(self._seek)
        for view in (self.summary, self.table):
            view.installEventFilter(ShortcutFilter(LISTS, view))
        self.parts = QSplitter(Qt.Orientation.Vertical)
        self.parts.addWidget(self.summary)
        self.parts.addWidget(self.table)
        bar = QFormLayout()
        bar.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        bar.setVerticalSpacing(4)
        bar.addRow(tr("Person"), self.people)
        bar.addRow(tr("Repetitions of"), self.repeated)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(bar)
        column.addWidget(self.parts, 1)
        column.addWidget(self.hint, 1)

    def _show(self) -> None:
        measures = self.measured.measures
        self._show_people()
        self._show_summary(measures)
        has_rows = bool(self.summary.topLevelItemCount() or self.measured.events)
        self.parts.setVisible(has_rows)
        self.hint.setVisible(not has_rows)
        if measures is None:
            self.hint.setText(
                tr("Steps, jumps, repetitions and ranges of motion of people in the video are listed here.")
            )
        else:
            self.hint.setText(
                tr("Nothing was measured. People have to be seen from the side, by a camera that stands still.")
            )
        self.events.show_events(self.measured.events)
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(1)

    def _show_people(self) -> None:
        analysis, person = self.measured.analysis, self.measured.person
        ids = analysis.counted_ids() if analysis is not None else []
        people = [(analysis.name(number), number) for number in ids] if analysis is not None else []
        known = [(self.people.itemText(row), self.people.itemData(row)) for row in range(self.people.count())]
        if people != known:
            self.people.clear()
            for name, number in people:
                self.people.addItem(name, number)
        self.people.setCurrentIndex(self.people.findData(person))
        self.people.setEnabled(bool(people))

    def _show_summary(self, measures: Measures | None) -> None:
        self.summary.clear()
        if measures is None:
            return
        from app.analysis.measure_rows import measure_rows

        for row in measure_rows(measures):
            values = (value_text(value, row.digits, row.unit) for value in (row.both, row.left, row.right))
            title = TITLES[row.title]
            self._add(tr(title), *values)
        extents = {one.angle: value_text(one.range, 0, "°") for one in measures.ranges}
        for joint in (joint for joint in JOINTS if extents.get(f"left {joint}") or extents.get(f"right {joint}")):
            sides = (extents.get(f"{side} {joint}", "") for side in ("left", "right"))
            self._add(tr("Range: {joint}", joint=display_name(joint)), "", *sides)

    def _add(self, *texts: str) -> None:
        item = QTreeWidgetItem(list(texts))
        item.setToolTip(0, texts[0])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        for column in range(1, len(texts)):
            item.setTextAlignment(column, RIGHT)
        self.summary.addTopLevelItem(item)

    def _seek(self, index: QModelIndex) -> None:
        self.seek_requested.emit(max(self.events.events[index.row()].at_s, 0.0))
