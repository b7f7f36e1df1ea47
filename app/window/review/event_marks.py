"""Events in a plot: bands for what lasts, short marks on the time axis for what does not. Imports pyqtgraph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import pyqtgraph
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QBrush, QColor, QPainter
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.core.skeleton import Side
from app.window.style.side_colors import side_color
from app.window.style.theme import Colors

Band = tuple[float, float]
"""Start and end in seconds."""
Mark = tuple[float, Side]
"""Time in seconds, and the side of the body."""

BAND_ALPHA = 0.14
MARK_HEIGHT = 0.05
"""Height of the marks as a fraction of the plot's."""
MARK_PX, APART_PX = 2.0, 3.0
"""Width of a mark, and the smallest distance of two marks that are both painted, in pixels."""


class EventMarks(pyqtgraph.GraphicsObject):
    """Paints the events that are in view of the plot, under its curves."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(-20)
        self.bands: list[Band] = []
        self.marks: list[Mark] = []
        self._band = QBrush()

    def show_events(self, bands: Sequence[Band], marks: Sequence[Mark]) -> None:
        """Show other events, each list in order of time."""
        self.bands, self.marks = list(bands), list(marks)
        self.update()

    def apply_theme(self, chosen: Colors) -> None:
        """Take the colors ``chosen``."""
        color = QColor(chosen.warning)
        color.setAlphaF(BAND_ALPHA)
        self._band = QBrush(color)
        self.update()

    def viewRangeChanged(self, *_: object) -> None:
        """The view shows another part."""
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole view."""
        view = self.getViewBox()
        return view.viewRect() if view is not None else QRectF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None) -> None:
        """Paint what is in view; marks that would cover each other are painted once."""
        view = self.getViewBox()
        if view is None:
            return
        rect, pixel = view.viewRect(), view.viewPixelSize()
        for start, end in self.bands[: bisect_right(self.bands, (rect.right(), 0.0))]:
            if end >= rect.left():
                painter.fillRect(QRectF(start, rect.top(), max(end - start, pixel[0]), rect.height()), self._band)
        height = MARK_HEIGHT * rect.height()
        bottom = rect.bottom() if view.yInverted() else rect.top() + height
        last: dict[Side, float] = {}
        brushes = {side: side_color(side) for side in {side for _, side in self.marks}}
        first, after = (bisect_right(self.marks, end, key=_time_of) for end in (rect.left(), rect.right()))
        for time_s, side in self.marks[first:after]:
            if time_s - last.get(side, -1e9) >= APART_PX * pixel[0]:
                last[side] = time_s
                width = MARK_PX * pixel[0]
                painter.fillRect(QRectF(time_s - width / 2, bottom - height, width, height), brushes[side])


def _time_of(mark: Mark) -> float:
    return mark[0]
