"""The key to the curves: a stroke, a name and the value at the shown time, as many in a line as there is room for."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtCore import QEvent, QPointF, QRect, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from app.window.theme import colors
from app.window.words import tr

STROKE, GAP, BETWEEN, MARGIN = 22, 6, 18, 8
ROW, BELOW = 20, 4


class Entry(NamedTuple):
    """One curve: the pen it is drawn with, its name, and the unit of its values."""

    pen: QPen
    name: str
    unit: str


class Legend(QWidget):
    """Shows ``show_entries``; ``show_values`` puts a figure after each name (NaN: none)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Curves"))
        self._entries: list[Entry] = []
        self._texts: list[str] = []

    @property
    def texts(self) -> list[str]:
        """What is read of each curve."""
        return [f"{entry.name} {text}".strip() for entry, text in zip(self._entries, self._texts, strict=True)]

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these curves, without values."""
        same = [entry.name for entry in entries] == [entry.name for entry in self._entries]
        self._entries = entries
        if not same:
            self._texts = [""] * len(entries)
            self._fit()
        self.update()

    def show_values(self, values: list[float]) -> None:
        """The value of each curve at the shown time."""
        texts = [_figure(value, entry.unit) for value, entry in zip(values, self._entries, strict=True)]
        if texts != self._texts:
            self._texts = texts
            self.setAccessibleDescription(", ".join(self.texts))
            self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Narrow takes more lines."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colours, or another font."""
        super().changeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Strokes and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, metrics = colors(), self.fontMetrics()
        for entry, text, place in zip(self._entries, self._texts, self._places(self.width()), strict=True):
            middle = place.center().y() + 0.5
            painter.setPen(entry.pen)
            painter.drawLine(QPointF(place.left(), middle), QPointF(place.left() + STROKE, middle))
            painter.setPen(QColor(chosen.text))
            words = place.adjusted(STROKE + GAP, 0, 0, 0)
            name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, words.width())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QColor(chosen.faint))
            words.setLeft(words.left() + metrics.horizontalAdvance(name) + GAP)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)

    def _fit(self) -> None:
        """Be as high as all lines at this width."""
        places = self._places(self.width())
        self.setFixedHeight(places[-1].bottom() + 1 + BELOW if places else 0)

    def _places(self, width: int) -> list[QRect]:
        """Where each entry goes, in columns of one width, so that a changing figure moves nothing."""
        if not self._entries:
            return []
        metrics, room = self.fontMetrics(), max(width - 2 * MARGIN, 1)
        words = max(metrics.horizontalAdvance(f"{entry.name} {_figure(-9999, entry.unit)}") for entry in self._entries)
        wanted = STROKE + GAP + words + GAP
        columns = max((room + BETWEEN) // (wanted + BETWEEN), 1)
        wide = min(wanted, room)
        return [
            QRect(MARGIN + place % columns * (wanted + BETWEEN), place // columns * ROW, wide, ROW)
            for place in range(len(self._entries))
        ]


def _figure(value: float, unit: str) -> str:
    """The value with its unit; nothing for NaN."""
    if value != value:
        return ""
    return f"{value:.0f}{'' if unit == '°' else ' '}{unit}"
