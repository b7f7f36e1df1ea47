"""Curves over time, one plot for each kind of value, the shown time across all of them. Imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyqtgraph
from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QKeyEvent, QPainter, QPalette, QPixmapCache, QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QGraphicsScene, QWidget

from app.analysis.series import Kind
from app.core.errors import StanceError
from app.window.core.file_names import save_image
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.review.curves import Curve
from app.window.review.event_marks import Band, Mark
from app.window.review.legend import Entry, Legend
from app.window.review.plot_colors import curve_pens
from app.window.review.plot_row import NEAREST_S, Row
from app.window.style.theme import colors

ROW_HEIGHT = 90
READABLE_HEIGHT = 120
"""Height in pixels that each plot, with its axis, should have; with less, the legend goes beside the plots."""
COLUMN_WIDTH = 0.5
"""Maximum width of a legend beside the plots, as a fraction of the whole width."""
TOP = 8
"""Margin above the legend, in pixels."""
CACHE_KB = 96_000
"""Limit of Qt's pixmap cache: about twenty curves and axes on a large screen at 200 %."""
SAVED = 2
"""Size of a saved picture relative to the screen."""
ZOOM = 1.25
PAGE = 0.1
"""Position of the shown time in a zoomed view after it moved to the next page, as a fraction of the width."""


class Chart(QWidget):
    """Draws ``show_curves``; a click or a drag emits ``seek_requested`` (time under the pointer in seconds).

    The wheel and + and - zoom, the middle button moves, ``fit`` shows everything again.
    """

    seek_requested = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), CACHE_KB))
        self._beside = False  # whether the legend is beside the plots
        self.rows: list[Row] = []
        self._left: list[Row] = []
        self._freeing = QTimer(self)
        self._freeing.setSingleShot(True)
        self._freeing.timeout.connect(self._left.clear)
        self._curves: list[Curve] = []
        self.legend = Legend()
        self.plots = _Plots()
        self.plots.setAccessibleName(tr("Plots over time"))
        self.plots.zoomed.connect(self._zoom)
        self._column = column = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        column.setContentsMargins(0, TOP, 0, 0)
        column.setSpacing(0)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)
        column.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.plots, 1)
        self._time_s = 0.0
        self._bounds: tuple[float | None, float | None] = (None, None)
        self._events: tuple[list[Band], list[Mark]] = ([], [])
        self._extent = (0.0, 1.0)
        self._fitted = True
        self._apply_theme()

    def show_curves(self, curves: list[Curve], last_s: float | None = None) -> None:
        """Draw the curves; for a live source the view follows the last ``last_s`` seconds."""
        self._curves = curves
        kinds = list(dict.fromkeys(curve.row for curve in curves))
        if kinds != [row.kind for row in self.rows]:
            self._lay_out(kinds)
        else:
            self._draw()
        self._place_legend()
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
        """Move the line to ``time_s``; a zoomed view follows it."""
        before, self._time_s = self._time_s, time_s
        for row in self.rows:
            row.cursor.setValue(time_s)
        self.legend.show_values([curve.at(time_s) for curve in self._curves])
        if self.rows and not self._fitted:
            low, high = self.rows[0].view.viewRange()[0]
            if low <= before <= high and not low <= time_s <= high:
                self._set_range(time_s - PAGE * (high - low), time_s + (1 - PAGE) * (high - low))

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """Shade the range between the in and out points, in seconds; None is no point."""
        self._bounds = (in_s, out_s)
        low, high = self._extent
        for row in self.rows:
            row.bounds.setVisible(in_s is not None or out_s is not None)
            row.bounds.setRegion((low if in_s is None else in_s, high if out_s is None else out_s))

    def show_events(self, bands: list[Band], marks: list[Mark]) -> None:
        """Shade ``bands``, the spans of events in seconds, and mark the times of ``marks``."""
        self._events = (bands, marks)
        for row in self.rows:
            row.events.show_events(bands, marks)

    def fit(self) -> None:
        """Show the whole time span."""
        self._set_range(*self._extent)
        self._fitted = True

    def save(self, path: Path) -> None:
        """Write a picture of the chart, twice its size on the screen. Raises StanceError if it cannot be written."""
        picture = QImage(self.size() * SAVED, QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(SAVED)
        self._apply_theme(SAVED)
        for row in self.rows:
            row.cache(False)
        painter = QPainter(picture)
        self.render(painter)
        painter.end()
        self._apply_theme()
        if not save_image(picture, path):
            raise StanceError("The image {path} cannot be written.", path=path)

    def time_at(self, x: float) -> float:
        """The seconds at ``x`` pixels from the left of ``plots``."""
        view = self.rows[0].view
        return float(view.mapSceneToView(self.plots.mapToScene(round(x), 0)).x())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Place the legend for the new size."""
        super().resizeEvent(event)
        self._place_legend()

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colors."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._apply_theme()

    def event(self, event: QEvent | None) -> bool:
        """Another screen."""
        if event is not None and event.type() == QEvent.Type.DevicePixelRatioChange:
            self._apply_theme()
        return super().event(event)

    def retranslate(self, _: Callable[[str], str]) -> None:
        """Show the titles of the axes in another language."""
        self._apply_theme()

    def _place_legend(self) -> None:
        """Put the legend above the plots, or beside them where the plots would be too low under it."""
        above = self.legend.height_at(self.width())
        column = self.legend.column_size()
        low = self.height() < TOP + above + READABLE_HEIGHT * len(self.rows)
        # A column must not make the chart higher than it is with the legend above: the two would alternate.
        fits = column.height() <= above + ROW_HEIGHT * len(self.rows) and column.width() <= COLUMN_WIDTH * self.width()
        beside = low and fits
        if beside != self._beside:
            self._beside = beside
            self.legend.set_in_column(beside)
            direction = QBoxLayout.Direction.RightToLeft if beside else QBoxLayout.Direction.TopToBottom
            self._column.setDirection(direction)
            self._apply_theme()

    def _lay_out(self, kinds: list[Kind]) -> None:
        self.plots.clear()
        # The old rows are freed later: they hold widgets, and Qt may be iterating over all widgets at this moment.
        self._left += self.rows
        self._freeing.start()
        self.rows = [Row(kind, self.seek_requested.emit) for kind in kinds]
        for place, row in enumerate(self.rows):
            self.plots.addItem(row.plot, row=place, col=0)
            row.plot.setXLink(self.rows[0].plot if place else None)
            row.view.sigRangeChangedManually.connect(self._note_zoom)
            row.events.show_events(*self._events)
        self.plots.setMinimumHeight(ROW_HEIGHT * len(self.rows))
        self._apply_theme()

    def _apply_theme(self, ratio: float | None = None) -> None:
        """Apply the current theme; ``ratio`` is the number of device pixels per pixel (None: the screen's)."""
        self._ratio = ratio or self.devicePixelRatioF()
        self.plots.setBackground(colors().raised)
        for row in self.rows:
            row.apply_theme(colors(), self._ratio, lowest=row is self.rows[-1], titled=not self._beside)
        self._draw()

    def _draw(self) -> None:
        """Draw every curve with its own pen."""
        drawn = list(zip(self._curves, curve_pens(self._curves, colors()), strict=True))
        for row in self.rows:
            row.show_curves([(curve, pen) for curve, pen in drawn if curve.row == row.kind], self._ratio)
        self.legend.show_entries([Entry(pen, curve.title, display_name(curve.series.unit)) for curve, pen in drawn])

    def _set_range(self, low: float, high: float) -> None:
        if self.rows:
            self.rows[0].view.setXRange(low, high, padding=0)

    def _zoom(self, factor: float) -> None:
        """Zoom around the shown time; a ``factor`` under 1 zooms in."""
        if self.rows:
            low, high = self.rows[0].view.viewRange()[0]
            center = self._time_s if low <= self._time_s <= high else (low + high) / 2
            self._set_range(center - (center - low) * factor, center + (high - center) * factor)
            self._note_zoom()

    def _note_zoom(self, *_: object) -> None:
        self._fitted = False


class _Plots(pyqtgraph.GraphicsLayoutWidget):
    """The canvas; + and - zoom."""

    zoomed = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        # Qt's index of a scene keeps pointers to items whose bounding rectangle changed without notice, as pyqtgraph's
        # axes and lines do; once such an item is freed, the next paint would crash.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ci.layout.setContentsMargins(4, 4, 12, 2)
        self.ci.layout.setSpacing(2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factor = {"+": 1 / ZOOM, "=": 1 / ZOOM, "-": ZOOM}.get(event.text())
        if factor is None:
            event.ignore()
        else:
            self.zoomed.emit(factor)
