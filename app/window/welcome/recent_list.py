"""What was opened lately: a list to open again from; what is gone says so."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QKeySequence, QPainter
from PyQt6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.window.background import Background
from app.window.preferences import Preferences, is_gone
from app.window.theme import colors
from app.window.words import tr

ROW = 30
TEXT = Qt.ItemDataRole.UserRole
GONE = Qt.ItemDataRole.UserRole + 1


class RecentList(QListWidget):
    """The recent sources of ``preferences``; ``chosen`` gets the text of the one that is clicked."""

    chosen = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, preferences: Preferences, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recent")
        self.setAccessibleName(tr("Recently opened"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_Row(self))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.viewport().setAutoFillBackground(False)  # type: ignore[union-attr]
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)  # type: ignore[union-attr]
        self._preferences = preferences
        self._background = background
        self.itemClicked.connect(self._open)
        for title, key, deed in (
            (tr("Open"), Qt.Key.Key_Return, self._open),
            (tr("Remove from this list"), Qt.Key.Key_Delete, self._remove),
        ):
            action = QAction(title, self)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _, deed=deed: deed(self.currentItem()))
            self.addAction(action)
        self.refresh()

    def refresh(self) -> None:
        """Show what is recent now."""
        recent = self._preferences.recent
        self.clear()
        for text in recent:
            item = QListWidgetItem(_name(text))
            item.setData(TEXT, text)
            item.setData(GONE, False)
            item.setToolTip(text)
            self.addItem(item)
        self.setFixedHeight(ROW * len(recent) + 2)
        self.changed.emit()

        def work() -> list[str]:
            return [text for text in recent if is_gone(text)]

        if recent:  # a folder of the network may take its time
            self._background.run("recent", work, self._mark, lambda error: None)

    def _open(self, item: QListWidgetItem | None) -> None:
        if item is not None and not item.data(GONE):
            self.chosen.emit(item.data(TEXT))

    def _remove(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            row = self.row(item)
            self._preferences.remove_recent(item.data(TEXT))
            self.refresh()
            self.setCurrentRow(min(row, self.count() - 1))

    def _mark(self, gone: list[str]) -> None:
        for row in range(self.count()):
            if (item := self.item(row)) is not None and item.data(TEXT) in gone:
                item.setData(GONE, True)
                item.setToolTip(tr("{path} was not found", path=item.data(TEXT)))


class _Row(QStyledItemDelegate):
    """The name on the left; on the right, faint, the folder or that it was not found."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        chosen, gone = colors(), bool(index.data(GONE))
        lit = bool(option.state & QStyle.StateFlag.State_HasFocus)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if lit or over:
            painter.setBrush(QColor(chosen.hover))
            painter.setPen(QColor(chosen.accent) if lit else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(option.rect.adjusted(1, 1, -1, -1), 6, 6)
        room = option.rect.adjusted(10, 0, -10, 0)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideMiddle, room.width() * 6 // 10)
        painter.setPen(QColor(chosen.faint if gone else chosen.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, name)
        left = metrics.horizontalAdvance(name) + 16
        rest = QRect(room.left() + left, room.top(), max(room.width() - left, 0), room.height())
        where = tr("not found") if gone else _folder(index.data(TEXT))
        painter.setPen(QColor(chosen.faint))
        where = metrics.elidedText(where, Qt.TextElideMode.ElideMiddle, rest.width())
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, where)
        painter.restore()


def _name(text: str) -> str:
    return text if "://" in text else Path(text).name or text


def _folder(text: str) -> str:
    """Where it lies, with the person's own folder as ``~``."""
    if "://" in text:
        return ""
    folder = Path(text).parent
    return f"~/{folder.relative_to(Path.home())}" if folder.is_relative_to(Path.home()) else str(folder)
