"""Legend of the curves: a stroke, a name and the value at the shown time, in as many columns as fit."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtCore import QEvent, QPointF, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import tr
from app.window.style.theme import colors

QWIDGETSIZE_MAX = (1 << 24) - 1
"""Qt's maximum width of a widget, which PyQt6 does not name."""
STROKE, GAP, BETWEEN, MARGIN = 22, 6, 18, 8
ROW, BELOW = 20, 4


class Entry(NamedTuple):
    """One curve: the pen it is drawn with, its name, and the unit of its values."""

    pen: QPen
    name: str
    unit: str


class Legend(QWidget):
    """Shows a list of entries; ``show_values`` adds a value after each name (NaN: none)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Curves"))
        self._entries: list[Entry] = []
        self._texts: list[str] = []
        self._in_column = False

    @property
    def texts(self) -> list[str]:
        """The text of each entry: name and value."""
        return [f"{entry.name} {text}".strip() for entry, text in zip(self._entries, self._texts, strict=True)]

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these curves; values are kept if the names are the same."""
        same = [entry.name for entry in entries] == [entry.name for entry in self._entries]
        self._entries = entries
        if not same:
            self._texts = [""] * len(entries)
            self._fit()
        self.update()

    def set_in_column(self, in_column: bool) -> None:
        """Show one entry below the other, and take no more width than they need."""
        if in_column != self._in_column:
            self._in_column = in_column
            self._fit()

    def height_at(self, width: int) -> int:
        """Height in pixels of the entries in as many columns as fit into ``width`` pixels."""
        rects = self._entry_rects(width)
        return rects[-1].bottom() + 1 + BELOW if rects else 0

    def column_size(self) -> QSize:
        """Size in pixels of the entries one below the other."""
        return QSize(self._entry_width() + 2 * MARGIN, len(self._entries) * ROW + BELOW)

    def show_values(self, values: list[float]) -> None:
        """Show the value of each curve at the shown time."""
        texts = [_format_value(value, entry.unit) for value, entry in zip(values, self._entries, strict=True)]
        if texts != self._texts:
            self._texts = texts
            self.setAccessibleDescription(", ".join(self.texts))
            self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Arrange the entries for the new width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent | None) -> None:
        """Arrange the entries for another theme or font."""
        super().changeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint strokes, names and values."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, metrics = colors(), self.fontMetrics()
        for entry, text, place in zip(self._entries, self._texts, self._entry_rects(self.width()), strict=True):
            middle = place.center().y() + 0.5
            painter.setPen(entry.pen)
            painter.drawLine(QPointF(place.left(), middle), QPointF(place.left() + STROKE, middle))
            painter.setPen(QColor(chosen.text))
            text_rect = place.adjusted(STROKE + GAP, 0, 0, 0)
            name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, text_rect.width())
            painter.drawText(text_rect, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QColor(chosen.faint))
            text_rect.setLeft(text_rect.left() + metrics.horizontalAdvance(name) + GAP)
            painter.drawText(text_rect, Qt.AlignmentFlag.AlignVCenter, text)

    def _fit(self) -> None:
        """Set the height to that of all rows at the current width; in a column, the width too."""
        width = self.column_size().width()
        self.setMinimumWidth(width if self._in_column else 0)
        self.setMaximumWidth(width if self._in_column else QWIDGETSIZE_MAX)
        self.setFixedHeight(self.height_at(width if self._in_column else self.width()))

    def _entry_width(self) -> int:
        """Width in pixels that every entry needs, whatever its value is."""
        metrics = self.fontMetrics()
        texts = (f"{entry.name} {_format_value(-9999, entry.unit)}" for entry in self._entries)
        return STROKE + GAP + max(map(metrics.horizontalAdvance, texts), default=0) + GAP

    def _entry_rects(self, width: int) -> list[QRect]:
        """Rectangle of each entry, in columns of equal width, so that a changing value moves nothing."""
        if not self._entries:
            return []
        available, wanted = max(width - 2 * MARGIN, 1), self._entry_width()
        columns = max((available + BETWEEN) // (wanted + BETWEEN), 1)
        wide = min(wanted, available)
        return [
            QRect(MARGIN + place % columns * (wanted + BETWEEN), place // columns * ROW, wide, ROW)
            for place in range(len(self._entries))
        ]


def _format_value(value: float, unit: str) -> str:
    """The value with its unit, zero without a sign; empty for NaN."""
    if value != value:
        return ""
    return f"{value:z.0f}{'' if unit == '°' else ' '}{unit}"
