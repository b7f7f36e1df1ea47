"""The panel of marks: times and names of the marked moments; a click shows the frame."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.window.core.shortcut_filter import LISTS, PRESS, ShortcutFilter
from app.window.core.times import precise_clock
from app.window.i18n.tr import tr
from app.window.review.time_marks import TimeMarks

ROW_ROOM = 8
"""Height added to the text height of a row, in pixels."""


class MarksPanel(QWidget):
    """Lists ``marks``; a click or Enter shows the frame, a double click edits the name, Delete removes the mark."""

    def __init__(self, marks: TimeMarks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks = marks
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName(tr("Marks"))
        self.table.setHorizontalHeaderLabels([tr("Time"), tr("Name")])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.installEventFilter(ShortcutFilter((*LISTS, Qt.Key.Key_Delete), self.table))
        self.table.installEventFilter(self)
        if (rows := self.table.verticalHeader()) is not None:
            rows.hide()
            rows.setDefaultSectionSize(self.fontMetrics().height() + ROW_ROOM)
        if (heads := self.table.horizontalHeader()) is not None:
            heads.setHighlightSections(False)
            heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            heads.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
            heads.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.hint = QLabel(tr("Insert marks the shown frame."))
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.delete = QPushButton(tr("Delete mark"))
        self.delete.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.delete.installEventFilter(ShortcutFilter(PRESS, self.delete))
        row = QHBoxLayout()
        row.addWidget(self.hint, 1)
        row.addWidget(self.delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 4, 14, 10)
        column.addWidget(self.table, 1)
        column.addLayout(row)
        self.table.itemClicked.connect(lambda item: self._marks.show(item.row()))
        self.table.itemChanged.connect(self._on_item_changed)
        self.table.itemSelectionChanged.connect(self._update_button)
        self.delete.clicked.connect(lambda _: self._delete_selected())
        marks.shown.connect(self._show)
        self._show()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Show the frame of the selected mark on Enter, and remove it on Delete."""
        if watched is self.table and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            row = self.table.currentRow()
            if event.key() == Qt.Key.Key_Delete:
                self._delete_selected()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
                self._marks.show(row)
                return True
        return False

    def _show(self) -> None:
        marks, selected = self._marks.marks, self.table.currentRow()
        blocker = QSignalBlocker(self.table)
        self.table.setRowCount(len(marks))
        for row, mark in enumerate(marks):
            time = QTableWidgetItem(precise_clock(mark.time_s))
            time.setFlags(time.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self.table.setItem(row, 0, time)
            self.table.setItem(row, 1, QTableWidgetItem(mark.name))
        if 0 <= selected < len(marks):
            self.table.selectRow(selected)
        del blocker
        self._update_button()

    def _on_item_changed(self, item: QTableWidgetItem) -> None:
        if item.column() == 1:
            self._marks.rename(item.row(), item.text())

    def _delete_selected(self) -> None:
        if (rows := self.table.selectedItems()) and rows[0].row() < len(self._marks.marks):
            self._marks.remove(rows[0].row())

    def _update_button(self) -> None:
        self.delete.setEnabled(bool(self.table.selectedItems()))
