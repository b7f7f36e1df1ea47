"""List of recently opened sources."""

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

from app.window.core.preferences import Preferences, is_gone
from app.window.core.tasks import TaskRunner, nothing
from app.window.i18n.tr import tr
from app.window.style.theme import colors

ROW = 30
TEXT = Qt.ItemDataRole.UserRole
MISSING = Qt.ItemDataRole.UserRole + 1


class RecentList(QListWidget):
    """The recent sources of ``preferences``; ``chosen`` emits the text of the clicked one."""

    chosen = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, preferences: Preferences, background: TaskRunner, parent: QWidget | None = None) -> None:
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
        for title, key, callback in (
            (tr("Open"), Qt.Key.Key_Return, self._open),
            (tr("Remove from this list"), Qt.Key.Key_Delete, self._remove),
        ):
            action = QAction(title, self)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _, callback=callback: callback(self.currentItem()))
            self.addAction(action)
        self.refresh()

    def refresh(self) -> None:
        """Show the current recent sources, and check in the background which still exist."""
        recent = self._preferences.recent
        self.clear()
        for text in recent:
            item = QListWidgetItem(_name(text))
            item.setData(TEXT, text)
            item.setData(MISSING, False)
            item.setToolTip(text)
            self.addItem(item)
        self.setFixedHeight(ROW * len(recent) + 2)
        self.changed.emit()

        def work() -> list[str]:
            return [text for text in recent if is_gone(text)]

        if recent:  # network folders may be slow
            self._background.run("recent", work, self._mark_missing, nothing, self)

    def _open(self, item: QListWidgetItem | None) -> None:
        if item is not None and not item.data(MISSING):
            self.chosen.emit(item.data(TEXT))

    def _remove(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            row = self.row(item)
            self._preferences.remove_recent(item.data(TEXT))
            self.refresh()
            self.setCurrentRow(min(row, self.count() - 1))

    def _mark_missing(self, missing: list[str]) -> None:
        for row in range(self.count()):
            if (item := self.item(row)) is not None and item.data(TEXT) in missing:
                item.setData(MISSING, True)
                item.setToolTip(tr("{path} was not found", path=item.data(TEXT)))


class _Row(QStyledItemDelegate):
    """The name at the left; at the right, in gray, the folder or "not found"."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        chosen, missing = colors(), bool(index.data(MISSING))
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if focused or hovered:
            painter.setBrush(QColor(chosen.hover))
            painter.setPen(QColor(chosen.accent) if focused else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(option.rect.adjusted(1, 1, -1, -1), 6, 6)
        area = option.rect.adjusted(10, 0, -10, 0)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(index.data(), Qt.TextElideMode.ElideMiddle, area.width() * 6 // 10)
        painter.setPen(QColor(chosen.faint if missing else chosen.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, name)
        left = metrics.horizontalAdvance(name) + 16
        where_area = QRect(area.left() + left, area.top(), max(area.width() - left, 0), area.height())
        where = tr("not found") if missing else shown_folder(index.data(TEXT))
        painter.setPen(QColor(chosen.faint))
        where = metrics.elidedText(where, Qt.TextElideMode.ElideMiddle, where_area.width())
        painter.drawText(where_area, middle | Qt.AlignmentFlag.AlignRight, where)
        painter.restore()


def _name(text: str) -> str:
    return text if "://" in text else Path(text).name or text


def shown_folder(text: str) -> str:
    """The folder of a source, with the home folder as ``~``; empty for an address."""
    if "://" in text:
        return ""
    folder, home = Path(text).parent, Path.home()
    return str("~" / folder.relative_to(home)) if folder.is_relative_to(home) else str(folder)
