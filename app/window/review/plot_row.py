"""One plot of a chart: the curves of one kind of value. Imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import pyqtgraph
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen
from PyQt6.QtWidgets import QGraphicsItem

from app.analysis.series import UNITS, Kind
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.review.curves import Curve
from app.window.review.event_marks import EventMarks
from app.window.style.theme import Colors

AXIS_WIDTH, CURSOR = 52, 1.5
COLUMN = 2
"""Width of the columns, in pixels, of which a dense curve shows the smallest and the largest value."""
UNDER = -1000
"""Z value of the axes and their grids, under the curves."""
DOTS = [0.1, 2.2]
"""Lengths of a dot and of the gap after it, in widths of the line."""
NEAREST_S = 0.1
"""Smallest time span that zooming can reach, in seconds."""


class Row:
    """One plot: the curves of one kind of value, a line at the shown time, and the shaded range between the points."""

    def __init__(self, kind: Kind, on_seek: Callable[[float], None]) -> None:
        self.kind = kind
        self.view = SeekingView(on_seek)
        self.plot = pyqtgraph.PlotItem(viewBox=self.view)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.showGrid(x=True, y=True, alpha=0.5)
        self.plot.getAxis("left").setWidth(AXIS_WIDTH)
        for name in ("left", "bottom"):
            self.plot.getAxis(name).enableAutoSIPrefix(False)
            self.plot.getAxis(name).setZValue(UNDER)
            self.plot.getAxis(name).setStyle(maxTickLevel=0)
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
        self.events = EventMarks()
        for item in (self.events, self.bounds, self.cursor):
            self.plot.addItem(item, ignoreBounds=True)
        self._curves: list[Curve] = []
        self._lines: list[pyqtgraph.PlotCurveItem] = []

    def show_curves(self, curves: list[tuple[Curve, QPen]], ratio: float) -> None:
        """Draw the curves, each with its pen, dotted where they were filled in between measured values.

        ``ratio`` is the number of device pixels per pixel.
        """
        curves = [(part, _dotted(pen) if filled else pen) for curve, pen in curves for part, filled in curve.parts]
        while len(self._lines) > len(curves):
            self.plot.removeItem(self._lines.pop())
        while len(self._lines) < len(curves):
            self._lines.append(pyqtgraph.PlotCurveItem(antialias=True, connect="finite"))
            self.plot.addItem(self._lines[-1])
        self._curves = [curve for curve, _ in curves]
        for line, (_, pen) in zip(self._lines, curves, strict=True):
            line.setPen(_scaled(pen, ratio))
        self.cache(True)
        self._thin()

    def drawn(self) -> list[tuple[list[float], list[float]]]:
        """Times and values of every line as they are painted now."""
        return [tuple(part.tolist() for part in line.getData()) for line in self._lines]

    def cache(self, on: bool) -> None:
        """Whether what was painted is kept, so that the line of the shown time moves over it at no cost.

        What is kept has the screen's pixels, and no more.
        """
        mode = QGraphicsItem.CacheMode.DeviceCoordinateCache if on else QGraphicsItem.CacheMode.NoCache
        for item in (self.events, *self._lines, self.plot.getAxis("left"), self.plot.getAxis("bottom")):
            item.setCacheMode(mode)

    def apply_theme(self, chosen: Colors, ratio: float, lowest: bool, titled: bool) -> None:
        """Take the colors ``chosen``, at a screen's ``ratio``; the ``lowest`` plot shows times, ``titled`` a title."""
        for name, title in (("left", _title(self.kind)), ("bottom", tr("Time (s)") if lowest and titled else "")):
            axis = self.plot.getAxis(name)
            axis.setPen(chosen.line)
            axis.setTextPen(chosen.faint)
            axis.setLabel(title, **{"color": chosen.faint, "font-size": "12px"})
        self.plot.getAxis("bottom").setStyle(showValues=lowest)
        self.plot.getAxis("bottom").showLabel(lowest and titled)
        self.events.apply_theme(chosen)
        self.cursor.setPen(_scaled(QPen(QColor(chosen.accent), CURSOR), ratio))
        shade = QColor(chosen.accent)
        shade.setAlphaF(0.12)
        self.bounds.setBrush(shade)
        for line in self.bounds.lines:
            line.setPen(_scaled(QPen(QColor(chosen.faint), 1), ratio))

    def _thin(self, *_: object) -> None:
        low, high = self.view.viewRange()[0]
        columns = max(round(self.view.width() / COLUMN), 1)
        for curve, line in zip(self._curves, self._lines, strict=True):
            times, values, dense = curve.thinned(low, high, columns)
            pen = line.opts["pen"]
            # One path has the neater joints, but a long one takes many times as long, smooth strokes twice as long.
            whole = len(times) <= columns or (pen.style() != Qt.PenStyle.SolidLine and not dense)
            line.setSegmentedLineMode("off" if whole else "on")
            pen.setCapStyle(Qt.PenCapStyle.FlatCap if dense else Qt.PenCapStyle.RoundCap)
            line.setData(times, values, antialias=not dense)


class SeekingView(pyqtgraph.ViewBox):
    """The left button seeks; pyqtgraph handles the other buttons."""

    def __init__(self, on_seek: Callable[[float], None]) -> None:
        super().__init__(enableMenu=False)
        self._on_seek = on_seek

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
            self._on_seek(max(float(time_s), 0.0))
        return True


def _dotted(pen: QPen) -> QPen:
    """``pen`` for what was filled in between measured values."""
    dotted = QPen(pen)
    dotted.setDashPattern(DOTS)
    return dotted


def _scaled(pen: QPen, ratio: float) -> QPen:
    """``pen`` for a plot: its strokes keep their width however the axes are stretched, and that is in real pixels."""
    scaled = QPen(pen)
    scaled.setWidthF(pen.widthF() * ratio)
    scaled.setCosmetic(True)
    return scaled


def _title(kind: Kind) -> str:
    """What the values are, with their unit."""
    titles = {"angle": tr("Angle"), "angular speed": tr("Angular speed"), "speed": tr("Speed"), "x": "x", "y": "y"}
    titles["x in space"] = tr("Place in space")
    return tr("{title} ({unit})", title=titles[kind], unit=display_name(UNITS[kind]))
