"""The rows of the people table: names can be edited in place, rows can be dragged, an eye hides and shows a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QModelIndex, QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QDropEvent, QIcon, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.window.core.shortcut_filter import LISTS, ShortcutFilter
from app.window.core.times import precise_clock
from app.window.i18n.tr import tr
from app.window.review.facing_menu import facing_title
from app.window.style.icons import SIZES, icon
from app.window.style.theme import colors

if TYPE_CHECKING:
    from app.analysis.person_summary import PersonSummary

NAME, FIRST, LAST, SECONDS, SCORE, FACING, EYE = range(7)
CHIP = 14
"""Diameter of the color chip, in pixels."""
ROW_PADDING = 6
"""Height added to the text height of a row, in pixels."""
SAMPLE_NAME, SAMPLE_TIME = "Person 12", "00:00.000"
"""A name and a time of the usual length."""
CELL_PADDING = 24
"""Width added to the text of a cell, in pixels; a name also has a chip."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
KEYS = (*LISTS, Qt.Key.Key_Delete)
MIN_NAME = "MMMMMMMM"
"""A name of this width is always visible; in a narrow panel, the other columns scroll sideways."""
EYE_WIDTH = 30
"""Width of the column of eyes, in pixels."""


class PeopleTree(QTreeWidget):
    """Rows of people. ``chosen`` emits an id on a click or key, ``seek_requested`` seconds on a double click or Enter.

    ``moved`` emits all ids in their new order after a drag; the order lasts only if ``show_people`` confirms it.
    ``eye_clicked`` emits the id of a person to be hidden or shown, ``delete_requested`` the ids of the selected rows,
    ``menu_requested`` these ids and the place of a menu for them on the screen.
    """

    renamed = pyqtSignal(int, str)
    moved = pyqtSignal(object)
    chosen = pyqtSignal(int)
    seek_requested = pyqtSignal(float)
    eye_clicked = pyqtSignal(int)
    delete_requested = pyqtSignal(object)
    menu_requested = pyqtSignal(object, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("People"))
        self.setHeaderLabels([tr("Name"), tr("First"), tr("Last"), tr("Seen"), tr("Score"), tr("Faces"), ""])
        hints = (
            tr("First seen"),
            tr("Last seen"),
            tr("Time on screen"),
            tr("Mean score"),
            tr("Which way the person faces, for joint angles"),
            tr("Whether the person is drawn, plotted and written"),
        )
        for column, hint in enumerate(hints, FIRST):
            self.headerItem().setToolTip(column, hint)  # type: ignore[union-attr]
            self.headerItem().setTextAlignment(column, RIGHT)  # type: ignore[union-attr]
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.SelectedClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setItemDelegate(_NamesOnly(self))
        self.installEventFilter(ShortcutFilter(KEYS, self))
        header = self.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Fixed)
            header.sectionResized.connect(lambda column: self._fit_name() if column != NAME else None)
            header.setMinimumSectionSize(EYE_WIDTH)
            header.setSectionResizeMode(EYE, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(EYE, EYE_WIDTH)
            header.moveSection(EYE, NAME)
        self._people: dict[int, PersonSummary] = {}
        self._hidden: Collection[int] = ()
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._request_menu)
        self.itemClicked.connect(self._on_item_clicked)
        self.itemChanged.connect(self._on_item_changed)
        self.currentItemChanged.connect(self._on_current_changed)
        self.itemDoubleClicked.connect(self._seek_to_first)

    def sizeHint(self) -> QSize:
        """As wide as typical names and times need, so that nothing is cut when the panel is opened."""
        header, metrics = self.header(), self.fontMetrics()
        if header is None:
            return super().sizeHint()
        samples = (SAMPLE_NAME, SAMPLE_TIME, SAMPLE_TIME, tr("{s} s", s="000.000"), "0.00", facing_title(None))
        wide = (
            max(header.sectionSizeHint(column), metrics.horizontalAdvance(sample) + CELL_PADDING)
            for column, sample in enumerate(samples)
        )
        bar = self.verticalScrollBar()
        scroll = bar.sizeHint().width() if bar is not None else 0
        return QSize(sum(wide) + EYE_WIDTH + scroll, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give names the space that the other columns leave."""
        super().resizeEvent(event)
        self._fit_name()

    def _fit_name(self) -> None:
        header, viewport = self.header(), self.viewport()
        if header is not None and viewport is not None:
            others = sum(header.sectionSize(column) for column in range(FIRST, EYE + 1))
            least = self.fontMetrics().horizontalAdvance(MIN_NAME) + CHIP + CELL_PADDING
            header.resizeSection(NAME, max(viewport.width() - others, least))

    @property
    def busy(self) -> bool:
        """Whether a row is being edited or dragged."""
        return self.state() in (self.State.EditingState, self.State.DraggingState)

    def people(self) -> list[PersonSummary]:
        """The people in the order of the rows."""
        return [self._people[number] for number in self.ids()]

    def ids(self) -> list[int]:
        """Person ids in the order of the rows."""
        return [_id(self.topLevelItem(row)) for row in range(self.topLevelItemCount())]

    def chosen_row(self) -> int:
        """Index of the first selected row, -1 without a selection."""
        return min(map(self.indexOfTopLevelItem, self.selectedItems()), default=-1)

    def chosen_ids(self) -> list[int]:
        """The ids of the selected rows, in the order of the rows."""
        return [_id(item) for item in sorted(self.selectedItems(), key=self.indexOfTopLevelItem)]

    def choose(self, number: int) -> None:
        """Select the row of the person with this id, without emitting ``chosen``."""
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if _id(item) == number:
                self.blockSignals(True)
                self.setCurrentItem(item)
                self.blockSignals(False)
                self.itemSelectionChanged.emit()

    def _choose_all(self, numbers: Collection[int]) -> None:
        """Select the rows of these people, without emitting ``chosen``."""
        self.blockSignals(True)
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if item is not None and _id(item) in numbers:
                item.setSelected(True)
        self.blockSignals(False)
        self.itemSelectionChanged.emit()

    def edit_chosen(self) -> None:
        """Start editing the name in the selected row."""
        if self.selectedItems():
            self.editItem(self.selectedItems()[0], NAME)

    def show_people(
        self,
        people: list[PersonSummary],
        name: Callable[[int], str],
        facing: Mapping[int, int] = MappingProxyType({}),
        hidden: Collection[int] = (),
    ) -> None:
        """Show one row per person, in this order; ``name`` maps an id to a name. The selection stays; no signal.

        ``facing`` has the sides that the user has chosen, by id; the people ``hidden`` are gray.
        """
        picked = self.chosen_ids()
        self._hidden = hidden
        self._people = {person.id: person for person in people}
        self.blockSignals(True)
        if self.ids() != [person.id for person in people]:
            self.clear()
            self.addTopLevelItems([_new_row(person.id) for person in people])
        for place, person in enumerate(people):
            item = self.topLevelItem(place)
            if item is not None:
                _fill(item, person, name(person.id), facing_title(facing.get(person.id)))
        self.blockSignals(False)
        self._paint_rows()
        if picked and self.chosen_row() < 0:
            self._choose_all(picked)

    def edit(  # type: ignore[override]
        self, index: QModelIndex, trigger: QAbstractItemView.EditTrigger, event: QEvent | None
    ) -> bool:
        """Edit the name on the edit key, whichever column has the focus."""
        by_key = trigger == QAbstractItemView.EditTrigger.EditKeyPressed
        return super().edit(index.siblingAtColumn(NAME) if by_key else index, trigger, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Seek to the person's first frame on Enter, delete people on Delete; not while a name is being edited."""
        key = event.key() if event is not None and not self.busy and self.selectedItems() else None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._seek_to_first(self.selectedItems()[0])
        elif key == Qt.Key.Key_Delete:
            self.delete_requested.emit(self.chosen_ids())
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Emit the new order after a drag; the dragged row stays selected."""
        dragged = _id(self.currentItem())
        self.blockSignals(True)
        super().dropEvent(event)
        self.blockSignals(False)
        self.choose(dragged)
        self.moved.emit(self.ids())

    def changeEvent(self, event: QEvent | None) -> None:
        """Repaint the rows when the theme changes."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._paint_rows()

    def _paint_rows(self) -> None:
        """Show each person's overlay color, and the eye; hidden people are gray."""
        if not self._people:
            return
        from app.overlay.colors import person_color

        theme = colors()
        eye, closed = _eye("eye", theme.text), _eye("eye-closed", theme.faint)
        self.blockSignals(True)
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if item is not None:
                hidden = _id(item) in self._hidden
                item.setIcon(NAME, chip(QColor(theme.line) if hidden else QColor(*person_color(_id(item))[:3])))
                item.setIcon(EYE, closed if hidden else eye)
                item.setToolTip(EYE, tr("Show") if hidden else tr("Hide"))
                for column in range(EYE):
                    item.setForeground(column, QColor(theme.faint if hidden else theme.text))
        self.blockSignals(False)

    def _on_item_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column == EYE:
            self.eye_clicked.emit(_id(item))

    def _request_menu(self, at: QPoint) -> None:
        viewport = self.viewport()
        if self.selectedItems() and viewport is not None:
            self.menu_requested.emit(self.chosen_ids(), viewport.mapToGlobal(at))

    def _on_item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NAME:
            self.renamed.emit(_id(item), item.text(NAME))

    def _on_current_changed(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(_id(item))

    def _seek_to_first(self, item: QTreeWidgetItem) -> None:
        self.seek_requested.emit(self._people[_id(item)].first_s)


class _NamesOnly(QStyledItemDelegate):
    """Adds height to rows and allows editing of names only."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return super().sizeHint(option, index) + QSize(0, ROW_PADDING)

    def createEditor(self, parent: QWidget | None, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget | None:
        return super().createEditor(parent, option, index) if index.column() == NAME else None


def chip(color: QColor) -> QIcon:
    """A filled circle as an icon, ringed so that it stands out on a selected row."""
    pixmap = QPixmap(2 * CHIP, 2 * CHIP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colors().raised), 3))
    painter.setBrush(color)
    painter.drawEllipse(QRectF(2, 2, 2 * CHIP - 4, 2 * CHIP - 4))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    result = QIcon(pixmap)
    result.addPixmap(pixmap, QIcon.Mode.Selected)
    return result


def _eye(name: str, color: str) -> QIcon:
    """An icon in ``color``, which stands out on a selected row too."""
    made, selected = icon(name, color), icon(name, colors().on_accent)
    for size in SIZES:
        made.addPixmap(selected.pixmap(size, size), QIcon.Mode.Selected)
    return made


def _id(item: QTreeWidgetItem | None) -> int:
    return int(item.data(NAME, Qt.ItemDataRole.UserRole)) if item is not None else 0


def _new_row(number: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(NAME, Qt.ItemDataRole.UserRole, number)
    item.setFlags(
        Qt.ItemFlag.ItemIsEnabled
        | Qt.ItemFlag.ItemIsSelectable
        | Qt.ItemFlag.ItemIsEditable
        | Qt.ItemFlag.ItemIsDragEnabled
        | Qt.ItemFlag.ItemNeverHasChildren
    )
    for column in (FIRST, LAST, SECONDS, SCORE, FACING):
        item.setTextAlignment(column, RIGHT)
    return item


def _fill(item: QTreeWidgetItem, person: PersonSummary, name: str, facing: str) -> None:
    times = precise_clock(person.first_s), precise_clock(person.last_s), tr("{s} s", s=f"{person.seconds:.3f}")
    for column, text in enumerate((name, *times, f"{person.score:.2f}", facing)):
        item.setText(column, text)
