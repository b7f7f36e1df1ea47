"""The list of models in the models dialog: search, filters by kind and by what is estimated, the selected model."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

from app.window.core.preferences import Preferences, own_network
from app.window.i18n.tr import tr
from app.window.models.models_table import LICENCE, NAME, STATE, ModelFilter, ModelsTable
from app.window.widgets.value_controls import ComboBox
from app.zoo.availability import State
from app.zoo.catalogue import Entry

ROW = 28


class ModelsList(QWidget):
    """Emits ``selected`` and ``filtered`` after another selection or filter, ``activated`` on a double click."""

    selected = pyqtSignal()
    filtered = pyqtSignal()
    activated = pyqtSignal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search models"))
        self.search.setAccessibleName(tr("Search models"))
        self.search.setClearButtonEnabled(True)
        self.kind = ComboBox()
        self.kind.setAccessibleName(tr("Type"))
        for title, kind in _kinds():
            self.kind.addItem(title, kind)
        self.subject = ComboBox()
        self.subject.setAccessibleName(tr("Estimates"))
        for title, subject in _subjects():
            self.subject.addItem(title, subject)
        self.models = ModelsTable(preferences, self)
        self.model_filter = ModelFilter(self.models, self)
        self.table = _table(self.model_filter)
        self._lay_out()
        self.search.textChanged.connect(lambda _: self._apply_filter())
        self.kind.activated.connect(lambda _: self._apply_filter())
        self.subject.activated.connect(lambda _: self._apply_filter())
        self.table.doubleClicked.connect(lambda _: self.activated.emit())
        if (selection := self.table.selectionModel()) is not None:
            selection.currentRowChanged.connect(lambda *_: self.selected.emit())

    @property
    def entry(self) -> Entry | None:
        """The selected model."""
        return None if self._row is None else self.models.entries[self._row]

    @property
    def state(self) -> State | None:
        """The state of the selected model."""
        return None if self._row is None else self.models.states[self._row]

    @property
    def is_used(self) -> bool:
        """Whether the selected model is in use."""
        return self._row is not None and self.models.uses(self._row)

    def refresh(self, used: set[str]) -> None:
        """Show that the models named ``used`` are in use, and read the state of the files again."""
        entry = self.entry
        self.models.refresh(used)
        if entry is not None and self.entry is None:
            self.choose(entry.name)

    def choose(self, name: str) -> None:
        """Select the row of model ``name``, if it is shown."""
        name = own_network(name) or name
        for row in range(self.model_filter.rowCount()):
            index = self.model_filter.index(row, NAME)
            if self._entry_at(index).name == name:
                if (selection := self.table.selectionModel()) is not None:
                    flags = QItemSelectionModel.SelectionFlag
                    selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                # Otherwise it scrolls in the range of the rows that were shown before. PyQt's type hints lack it.
                self.table.doItemsLayout()  # type: ignore[attr-defined]
                self.table.scrollTo(index)

    @property
    def _row(self) -> int | None:
        """Row of the selection in the unfiltered table."""
        index: QModelIndex = self.model_filter.mapToSource(self.table.currentIndex())
        return index.row() if index.isValid() else None

    def _entry_at(self, index: QModelIndex) -> Entry:
        return self.models.entries[self.model_filter.mapToSource(index).row()]

    def _apply_filter(self) -> None:
        entry = self.entry
        self.model_filter.set_filter(self.kind.currentData(), self.subject.currentData(), self.search.text())
        if entry is not None:
            self.choose(entry.name)
        if (self.entry is None or entry is None or self.entry.name != entry.name) and self.model_filter.rowCount():
            self.choose(self._entry_at(self.model_filter.index(0, NAME)).name)
        self.filtered.emit()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.search, 1)
        top.addWidget(self.subject)
        top.addWidget(self.kind)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.table, 1)


def _kinds() -> list[tuple[str, str]]:
    """Titles and values of the filter by kind; no value: all."""
    return [
        (tr("All models"), ""),
        (tr("Pose"), "pose"),
        (tr("Pose: top-down"), "top-down"),
        (tr("Pose: top-down, several frames"), "temporal"),
        (tr("Pose: one-stage"), "one-stage"),
        (tr("Pose: bottom-up"), "bottom-up"),
        (tr("Detectors"), "detector"),
        (tr("Further stages"), "part"),
    ]


def _subjects() -> list[tuple[str, str]]:
    """Titles and values of the filter by what is estimated; no value: all."""
    return [
        (tr("Body, hands, face…"), ""),
        (tr("Body"), "body"),
        (tr("Body and feet"), "body-and-feet"),
        (tr("Whole body"), "whole-body"),
        (tr("Hands"), "hands"),
        (tr("Face"), "face"),
        (tr("Animals"), "animals"),
    ]


class _Table(QTableView):
    """A table that asks for the width of all its columns."""

    def sizeHint(self) -> QSize:
        header, bar = self.horizontalHeader(), self.verticalScrollBar()
        if header is None or bar is None:
            return super().sizeHint()
        columns = (max(self.sizeHintForColumn(i), header.sectionSizeHint(i)) for i in range(header.count()))
        return QSize(sum(columns) + bar.sizeHint().width() + 2 * self.frameWidth(), super().sizeHint().height())


def _table(model_filter: ModelFilter) -> QTableView:
    table = _Table()
    table.setModel(model_filter)
    table.setAccessibleName(tr("Models"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of one architecture differ at their ends
    table.setTabKeyNavigation(False)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setSortingEnabled(True)
    model_filter.sort(STATE)
    if (rows := table.verticalHeader()) is not None:
        rows.hide()
        rows.setDefaultSectionSize(ROW)
    if (header := table.horizontalHeader()) is not None:
        header.setHighlightSections(False)
        header.setSortIndicator(STATE, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(LICENCE, QHeaderView.ResizeMode.ResizeToContents)
    return table
