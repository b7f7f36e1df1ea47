"""One plot of a chart: the curves of one kind of value. Imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen

from app.analysis.series import UNITS, Kind
from app.window.curves import Curve
from app.window.theme import Colors
from app.window.words import tr

AXIS_WIDTH = 52
NEAREST_S = 0.1
"""No more can be zoomed in than to this many seconds."""


class Row:
    """One plot: the curves of one kind of value, the line of the shown time and the shade between the bounds."""

    def __init__(self, kind: Kind, sought: Callable[[float], None]) -> None:
        self.kind = kind
        self.view = SeekingView(sought)
        self.plot = pyqtgraph.PlotItem(viewBox=self.view)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.showGrid(x=True, y=True, alpha=0.5)
        self.plot.getAxis("left").setWidth(AXIS_WIDTH)
        for name in ("left", "bottom"):
            self.plot.getAxis(name).enableAutoSIPrefix(False)
        self.view.invertY(kind == "y")
        self.view.setMouseEnabled(x=True, y=False)
        self.view.setLimits(minXRange=NEAREST_S)
        self.view.enableAutoRange(y=True)
        self.view.setAutoVisible(y=True)
        self.view.sigXRangeChanged.connect(self._thin)
        self.view.sigResized.connect(self._thin)
        self.cursor = pyqtgraph.InfiniteLine(angle=90)
        self.cursor.setZValue(10)
        self.bounds = pyqtgraph.LinearRegionItem(movable=False)
        self.bounds.setZValue(-10)
        self.bounds.hide()
        for item in (self.bounds, self.cursor):
            self.plot.addItem(item, ignoreBounds=True)
        self._curves: list[Curve] = []
        self._lines: list[pyqtgraph.PlotCurveItem] = []

    def show_curves(self, curves: list[tuple[Curve, QPen]]) -> None:
        """Draw these."""
        while len(self._lines) > len(curves):
            self.plot.removeItem(self._lines.pop())
        while len(self._lines) < len(curves):
            self._lines.append(pyqtgraph.PlotCurveItem(antialias=True, connect="finite"))
            self.plot.addItem(self._lines[-1])
        self._curves = [curve for curve, _ in curves]
        for line, (_, pen) in zip(self._lines, curves, strict=True):
            line.setPen(pen)
        self._thin()

    def drawn(self) -> list[tuple[list[float], list[float]]]:
        """Times and values of every line as they are painted now."""
        return [tuple(part.tolist() for part in line.getData()) for line in self._lines]

    def dress(self, chosen: Colors, lowest: bool) -> None:
        """Take the colours ``chosen``; the ``lowest`` plot tells the times."""
        for name, title in (("left", _title(self.kind)), ("bottom", tr("Time (s)") if lowest else "")):
            axis = self.plot.getAxis(name)
            axis.setPen(chosen.line)
            axis.setTextPen(chosen.faint)
            axis.setLabel(title, **{"color": chosen.faint, "font-size": "12px"})
        self.plot.getAxis("bottom").setStyle(showValues=lowest)
        self.plot.getAxis("bottom").showLabel(lowest)
        self.cursor.setPen(QPen(QColor(chosen.accent), 0))
        shade = QColor(chosen.accent)
        shade.setAlphaF(0.12)
        self.bounds.setBrush(shade)
        for line in self.bounds.lines:
            line.setPen(QPen(QColor(chosen.faint), 0))

    def _thin(self, *_: object) -> None:
        low, high = self.view.viewRange()[0]
        columns = max(round(self.view.width()), 1)
        for curve, line in zip(self._curves, self._lines, strict=True):
            line.setData(*curve.thinned(low, high, columns))


class SeekingView(pyqtgraph.ViewBox):
    """The left button goes to a time; what the others do is pyqtgraph's."""

    def __init__(self, sought: Callable[[float], None]) -> None:
        super().__init__(enableMenu=False)
        self._sought = sought

    def mouseClickEvent(self, event: Any) -> None:
        """Go there."""
        if not self._seek(event):
            super().mouseClickEvent(event)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Scrub."""
        if not self._seek(event):
            super().mouseDragEvent(event, axis)

    def _seek(self, event: Any) -> bool:
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        event.accept()
        time_s = self.mapSceneToView(event.scenePos()).x()
        if isfinite(time_s):
            self._sought(max(float(time_s), 0.0))
        return True


def _title(kind: Kind) -> str:
    """What the values are, with their unit."""
    titles = {"angle": tr("Angle"), "angular speed": tr("Turning"), "speed": tr("Speed"), "x": "x", "y": "y"}
    return f"{titles[kind]} ({UNITS[kind]})"
