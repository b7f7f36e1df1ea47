"""A table without frame whose first column takes the space that the others leave."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, QSize, Qt
from PyQt6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ROW_PADDING = 6
"""Height added to the text height of a row, in pixels."""


class _Padded(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """The size of a cell, with the padding."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + ROW_PADDING)


def plain_table(name: str, headers: Sequence[str], *, numbers: bool = True) -> QTreeWidget:
    """A table with the accessible ``name``; columns of ``numbers``, all but the first, are aligned to the right."""
    table = QTreeWidget()
    table.setAccessibleName(name)
    table.setHeaderLabels(list(headers))
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setFrameShape(QTreeWidget.Shape.NoFrame)
    table.setItemDelegate(_Padded(table))
    if (header := table.header()) is not None:
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    if numbers:
        for column in range(1, len(headers)):
            table.headerItem().setTextAlignment(column, RIGHT)  # type: ignore[union-attr]
    return table
