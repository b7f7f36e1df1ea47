"""Curves over time, one plot for each kind of value, the shown time across all of them. Imports pyqtgraph."""

from __future__ import annotations

from pathlib import Path

import pyqtgraph
from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPalette, QPen, QPixmapCache
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.analysis.series import Kind
from app.errors import StanceError
from app.window.curves import Curve
from app.window.hues import hue, hues_apart
from app.window.legend import Entry, Legend
from app.window.plot_row import NEAREST_S, Row
from app.window.sentences import called
from app.window.theme import colors
from app.window.words import tr

WIDTH = 1.6
"""Of a curve, in pixels."""
ROW_HEIGHT = 90
CACHE_KB = 96_000
"""What Qt may keep of painted curves and axes: some twenty, on a large screen of double density."""
SAVED = 2
"""So much larger than on the screen a saved picture is."""
ZOOM = 1.25
PAGE = 0.1
"""Where in a zoomed view the shown time begins after the page was turned."""
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)


class Chart(QWidget):
    """Draws ``show_curves``; a click or a drag tells by ``sought`` the seconds under the pointer.

    The wheel and + and - zoom, the middle button moves, ``fit`` shows everything again.
    """

    sought = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), CACHE_KB))
        self.rows: list[Row] = []
        self._curves: list[Curve] = []
        self.legend = Legend()
        self.plots = _Plots()
        self.plots.setAccessibleName(tr("Plots over time"))
        self.plots.zoomed.connect(self._zoom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(0)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        column.addWidget(self.legend)
        column.addWidget(self.plots, 1)
        self._time_s = 0.0
        self._bounds: tuple[float | None, float | None] = (None, None)
        self._extent = (0.0, 1.0)
        self._fitted = True
        self._dress()

    def show_curves(self, curves: list[Curve], last_s: float | None = None) -> None:
        """Draw these; ``last_s`` follows a live source with a view of so many seconds."""
        self._curves = curves
        kinds = list(dict.fromkeys(curve.kind for curve in curves))
        if kinds != [row.kind for row in self.rows]:
            self._lay_out(kinds)
        else:
            self._draw()
        ends = [(c.times_s[0], c.times_s[-1]) for c in curves]
        low, high = (min(a for a, _ in ends), max(b for _, b in ends)) if ends else (0.0, 1.0)
        if last_s is not None:
            low = max(low, high - last_s)
        self._extent = (float(low), float(max(high, low + NEAREST_S)))
        if self._fitted:
            self.fit()
        self.show_bounds(*self._bounds)
        self.show_time(self._time_s)

    def show_time(self, time_s: float) -> None:
        """Move the line to the shown time, and the view after it."""
        before, self._time_s = self._time_s, time_s
        for row in self.rows:
            row.cursor.setValue(time_s)
        self.legend.show_values([curve.at(time_s) for curve in self._curves])
        if self.rows and not self._fitted:
            low, high = self.rows[0].view.viewRange()[0]
            if low <= before <= high and not low <= time_s <= high:
                self._look(time_s - PAGE * (high - low), time_s + (1 - PAGE) * (high - low))

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """Shade what lies between the two; None is no bound."""
        self._bounds = (in_s, out_s)
        low, high = self._extent
        for row in self.rows:
            row.bounds.setVisible(in_s is not None or out_s is not None)
            row.bounds.setRegion((low if in_s is None else in_s, high if out_s is None else out_s))

    def fit(self) -> None:
        """Show everything there is."""
        self._look(*self._extent)
        self._fitted = True

    def save(self, path: Path) -> None:
        """Write a picture of it, twice as large as on the screen. Raises StanceError where that fails."""
        picture = QImage(self.size() * SAVED, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(SAVED)
        self._dress(SAVED)
        for row in self.rows:
            row.cache(False)
        painter = QPainter(picture)
        self.render(painter)
        painter.end()
        self._dress()
        if not picture.save(str(path)):
            raise StanceError(f"The picture {path} cannot be written.")

    def time_at(self, x: float) -> float:
        """The seconds at ``x`` pixels from the left of ``plots``."""
        view = self.rows[0].view
        return float(view.mapSceneToView(self.plots.mapToScene(round(x), 0)).x())

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colours."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def event(self, event: QEvent | None) -> bool:
        """Another screen."""
        if event is not None and event.type() == QEvent.Type.DevicePixelRatioChange:
            self._dress()
        return super().event(event)

    def _lay_out(self, kinds: list[Kind]) -> None:
        self.plots.clear()
        self.rows = [Row(kind, self.sought.emit) for kind in kinds]
        for place, row in enumerate(self.rows):
            self.plots.addItem(row.plot, row=place, col=0)
            row.plot.setXLink(self.rows[0].plot if place else None)
            row.view.sigRangeChangedManually.connect(self._note_zoom)
        self.plots.setMinimumHeight(ROW_HEIGHT * len(self.rows))
        self._dress()

    def _dress(self, ratio: float | None = None) -> None:
        """Take the colours of the hour, and strokes for so many pixels to each of the screen's (None: as it is)."""
        self._ratio = ratio or self.devicePixelRatioF()
        self.plots.setBackground(colors().raised)
        for row in self.rows:
            row.dress(colors(), self._ratio, row is self.rows[-1])
        self._draw()

    def _draw(self) -> None:
        """Every curve with a pen of its own: other colours, then other dashes."""
        drawn = [
            (curve, QPen(QColor(hue(place, colors())), WIDTH, DASHES[place // hues_apart() % len(DASHES)]))
            for place, curve in enumerate(self._curves)
        ]
        for row in self.rows:
            row.show_curves([(curve, pen) for curve, pen in drawn if curve.kind == row.kind], self._ratio)
        self.legend.show_entries([Entry(pen, curve.title, called(curve.series.unit)) for curve, pen in drawn])

    def _look(self, low: float, high: float) -> None:
        if self.rows:
            self.rows[0].view.setXRange(low, high, padding=0)

    def _zoom(self, factor: float) -> None:
        """Come nearer to the shown time (``factor`` under 1), or go away from it."""
        if self.rows:
            low, high = self.rows[0].view.viewRange()[0]
            centre = self._time_s if low <= self._time_s <= high else (low + high) / 2
            self._look(centre - (centre - low) * factor, centre + (high - centre) * factor)
            self._note_zoom()

    def _note_zoom(self, *_: object) -> None:
        self._fitted = False


class _Plots(pyqtgraph.GraphicsLayoutWidget):
    """The canvas; + and - zoom."""

    zoomed = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ci.layout.setContentsMargins(4, 4, 12, 2)
        self.ci.layout.setSpacing(2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factor = {"+": 1 / ZOOM, "=": 1 / ZOOM, "-": ZOOM}.get(event.text())
        if factor is None:
            event.ignore()
        else:
            self.zoomed.emit(factor)
