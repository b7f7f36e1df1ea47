"""Items of a combo box with a note at their right end."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter
from PyQt6.QtWidgets import QApplication, QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.window.style.theme import colors

NOTE = Qt.ItemDataRole.UserRole + 1
"""Role of an item's note."""
MARGIN = 7
"""Pixels left and right of the texts."""
GAP = 24
"""Least distance between name and note, in pixels."""
SEPARATOR = 9
"""Height of a separator, in pixels."""


class TwoPartItems(QStyledItemDelegate):
    """Paints the name of an item at the left, its note (see ``NOTE``) fainter at the right."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Wide enough for both texts."""
        if _is_separator(index):
            return QSize(0, SEPARATOR)
        size = super().sizeHint(option, index)
        note = _note(index)
        width = GAP + option.fontMetrics.horizontalAdvance(note) if note else 0
        return QSize(size.width() + width, size.height())

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint an item, or the line of a separator."""
        if painter is None:
            return
        if _is_separator(index):
            painter.fillRect(option.rect.adjusted(4, SEPARATOR // 2, -4, -SEPARATOR // 2), QColor(colors().line))
            return
        item = QStyleOptionViewItem(option)
        self.initStyleOption(item, index)
        name, item.text = item.text or "", ""
        style = item.widget.style() if item.widget is not None else QApplication.style()
        if style is not None:
            style.drawControl(QStyle.ControlElement.CE_ItemViewItem, item, painter, item.widget)
        self._paint_texts(painter, item, name, _note(index))

    def _paint_texts(self, painter: QPainter, item: QStyleOptionViewItem, name: str, note: str) -> None:
        room = item.rect.adjusted(MARGIN, 0, -MARGIN, 0)
        metrics, chosen = item.fontMetrics, colors()
        note_width = metrics.horizontalAdvance(note)
        enabled = bool(item.state & QStyle.StateFlag.State_Enabled)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        painter.setFont(item.font)
        painter.setPen(QColor(chosen.text if enabled else chosen.faint))
        name_room = QRect(room.left(), room.top(), room.width() - (note_width + GAP if note else 0), room.height())
        shown = metrics.elidedText(name, item.textElideMode, name_room.width())
        painter.drawText(name_room, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setPen(QColor(chosen.faint))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, note)
        painter.restore()


def _note(index: QModelIndex) -> str:
    return str(index.data(NOTE) or "")


def _is_separator(index: QModelIndex) -> bool:
    """Whether Qt's combo box has inserted the item as a separator."""
    return index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == "separator"
