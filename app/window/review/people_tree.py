"""The rows of the people: names that can be edited in place, rows that can be dragged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QModelIndex, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QDropEvent, QIcon, QKeyEvent, QPainter, QPen, QPixmap
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.window.own_keys import OwnKeys
from app.window.theme import colors
from app.window.timeline import clock
from app.window.words import tr

if TYPE_CHECKING:
    from app.analysis.presence import Presence

NAME, FIRST, LAST, SECONDS, SCORE = range(5)
CHIP = 14
"""Pixels a side."""
HIGHER = 6
"""So much higher a row is than its text."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End)


class PeopleTree(QTreeWidget):
    """``chosen`` (id) is a click or the keyboard, ``sought`` (seconds) a double click or Enter.

    ``moved`` gives all ids as they were dragged; nothing stays so unless ``show_people`` says it.
    """

    renamed = pyqtSignal(int, str)
    moved = pyqtSignal(object)
    chosen = pyqtSignal(int)
    sought = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("People"))
        self.setHeaderLabels([tr("Name"), tr("First"), tr("Last"), tr("Seen"), tr("Score")])
        hints = (tr("First seen"), tr("Last seen"), tr("Time in the picture"), tr("Mean score"))
        for column, hint in enumerate(hints, FIRST):
            self.headerItem().setToolTip(column, hint)  # type: ignore[union-attr]
            self.headerItem().setTextAlignment(column, RIGHT)  # type: ignore[union-attr]
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.SelectedClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setItemDelegate(_NamesOnly(self))
        self.installEventFilter(OwnKeys(KEYS, self))
        header = self.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
            header.setMinimumSectionSize(44)
        self._people: dict[int, Presence] = {}
        self.itemChanged.connect(self._note_name)
        self.currentItemChanged.connect(self._note_choice)
        self.itemDoubleClicked.connect(self._go)

    @property
    def busy(self) -> bool:
        """Whether somebody edits or drags a row just now."""
        return self.state() in (self.State.EditingState, self.State.DraggingState)

    def people(self) -> list[Presence]:
        """The people as they are shown, from the top."""
        return [self._people[number] for number in self.ids()]

    def ids(self) -> list[int]:
        """Their ids."""
        return [_id(self.topLevelItem(row)) for row in range(self.topLevelItemCount())]

    def chosen_row(self) -> int:
        """The row that is picked, -1 where none is."""
        items = self.selectedItems()
        return self.indexOfTopLevelItem(items[0]) if items else -1

    def choose(self, number: int) -> None:
        """Pick somebody's row, telling nobody."""
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if _id(item) == number:
                self.blockSignals(True)
                self.setCurrentItem(item)
                self.blockSignals(False)
                self.itemSelectionChanged.emit()

    def edit_chosen(self) -> None:
        """Edit the name of whom is picked."""
        if self.selectedItems():
            self.editItem(self.selectedItems()[0], NAME)

    def show_people(self, people: list[Presence], name: Callable[[int], str]) -> None:
        """One row for each, in this order; who was picked stays so, telling nobody."""
        row = self.chosen_row()
        picked = _id(self.topLevelItem(row)) if row >= 0 else None
        self._people = {person.id: person for person in people}
        self.blockSignals(True)
        if self.ids() != [person.id for person in people]:
            self.clear()
            self.addTopLevelItems([_new_row(person.id) for person in people])
        for place, person in enumerate(people):
            item = self.topLevelItem(place)
            if item is not None:
                _fill(item, person, name(person.id))
        self.blockSignals(False)
        self._paint_chips()
        if picked is not None and self.chosen_row() < 0:
            self.choose(picked)

    def edit(  # type: ignore[override]
        self, index: QModelIndex, trigger: QAbstractItemView.EditTrigger, event: QEvent | None
    ) -> bool:
        """The key edits the name, wherever in the row the keyboard is."""
        by_key = trigger == QAbstractItemView.EditTrigger.EditKeyPressed
        return super().edit(index.siblingAtColumn(NAME) if by_key else index, trigger, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter goes to where the person was first seen, unless it ends the editing of a name."""
        enter = event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not self.busy and self.selectedItems():
            self._go(self.selectedItems()[0])
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """The rows lie otherwise now; who was dragged stays picked."""
        dragged = _id(self.currentItem())
        self.blockSignals(True)
        super().dropEvent(event)
        self.blockSignals(False)
        self.choose(dragged)
        self.moved.emit(self.ids())

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colours."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._paint_chips()

    def _paint_chips(self) -> None:
        """Everybody's colour in the picture."""
        if not self._people:
            return
        from app.overlay.inks import person_ink

        self.blockSignals(True)
        for row in range(self.topLevelItemCount()):
            item = self.topLevelItem(row)
            if item is not None:
                item.setIcon(NAME, chip(QColor(*person_ink(_id(item))[:3])))
        self.blockSignals(False)

    def _note_name(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NAME:
            self.renamed.emit(_id(item), item.text(NAME))

    def _note_choice(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(_id(item))

    def _go(self, item: QTreeWidgetItem) -> None:
        self.sought.emit(self._people[_id(item)].first_s)


class _NamesOnly(QStyledItemDelegate):
    """Rows with some air, of which only the name can be edited."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return super().sizeHint(option, index) + QSize(0, HIGHER)

    def createEditor(self, parent: QWidget | None, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget | None:
        return super().createEditor(parent, option, index) if index.column() == NAME else None


def chip(color: QColor) -> QIcon:
    """A small filled circle, ringed so that it stays apart from the colour of a chosen row."""
    pixmap = QPixmap(2 * CHIP, 2 * CHIP)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colors().raised), 3))
    painter.setBrush(color)
    painter.drawEllipse(QRectF(2, 2, 2 * CHIP - 4, 2 * CHIP - 4))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    made = QIcon(pixmap)
    made.addPixmap(pixmap, QIcon.Mode.Selected)
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
    for column in (FIRST, LAST, SECONDS, SCORE):
        item.setTextAlignment(column, RIGHT)
    return item


def _fill(item: QTreeWidgetItem, person: Presence, name: str) -> None:
    texts = (name, clock(person.first_s), clock(person.last_s), tr("{s} s", s=f"{person.seconds:.1f}"))
    for column, text in enumerate((*texts, f"{person.score:.2f}")):
        item.setText(column, text)
