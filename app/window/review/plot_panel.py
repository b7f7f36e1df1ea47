"""The plots over time: what is chosen, computed away from the window's thread and drawn by the chart."""

from __future__ import annotations

import os
import time
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.errors import StanceError
from app.window.background import Background
from app.window.own_keys import PRESS, OwnKeys
from app.window.plot_choice import PlotChoice
from app.window.words import tr

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.series import Series
    from app.window.chart import Chart
    from app.window.curves import Curve

FIRST_CHOICE = ["angle:right knee", "angle:left knee"]
PEOPLE = 2
"""So many are plotted until somebody chooses."""
LIVE_S = 30.0
"""Of a live source so much is shown."""
REST = 3.0
"""Computing anew has to wait so many times as long as it took the last time."""


class PlotPanel(QWidget):
    """Plots of an analysis. ``sought`` tells the seconds that were clicked at.

    ``exported`` (a path) and ``failed`` (an error) tell how an export went, ``changed`` that ``choice`` is another.
    """

    sought = pyqtSignal(float)
    changed = pyqtSignal()
    exported = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Plots"))
        self.chart: Chart | None = None
        self.threshold = 0.3
        self._background = background
        self._analysis: Analysis | None = None
        self._live = False
        self._choice = list(FIRST_CHOICE)
        self._people: list[int] | None = None
        self._curves: list[Curve] = []
        self._shown: tuple[object, ...] | None = None
        self._working = self._fetching = False
        self._rested_s = 0.0
        self._time_s = 0.0
        self._bounds: tuple[float | None, float | None] = (None, None)
        self.offer = PlotChoice(self)
        self.offer.changed.connect(self._choose)
        self.hint = QLabel()
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(4)
        column.addLayout(self._make_bar())
        column.addLayout(self._stack, 1)
        self._tell()

    @property
    def choice(self) -> list[str]:
        """What is plotted, as KIND:OF (``angle:left knee``, ``speed:left_wrist``), to be kept from run to run."""
        return list(self._choice)

    @choice.setter
    def choice(self, keys: list[str]) -> None:
        self._choice = list(keys)
        self.refresh()

    @property
    def up_to_date(self) -> bool:
        """Whether all that is known of what is chosen is plotted."""
        return self._analysis is None or self._shown == self._state(self._analysis)

    def show_analysis(self, analysis: Analysis | None, live: bool = False) -> None:
        """Plot another analysis, of a ``live`` source its last seconds; None plots nothing."""
        self._analysis, self._live = analysis, live
        self._people = None
        self._shown = None
        self._rested_s = 0.0
        self._show([])
        self.refresh()

    def refresh(self) -> None:
        """Plot what is new, where there is something new and somebody sees it."""
        analysis = self._analysis
        if analysis is None or self.chart is None or self._working or not self.isVisible():
            return
        if self.up_to_date or time.monotonic() < self._rested_s:
            return
        self._working = True
        state, started_s = self._state(analysis), time.monotonic()
        people, chosen, threshold = self._plotted(analysis), self.choice, self.threshold
        last_s = LIVE_S if self._live else inf

        def work() -> list[Curve]:
            from app.window.curves import curves

            return curves(analysis, people, chosen, threshold, last_s)

        def done(curves: list[Curve]) -> None:
            self._working = False
            self._rested_s = time.monotonic() + REST * (time.monotonic() - started_s)
            if self._analysis is analysis:
                self._shown = state
                self._show(curves)

        self._background.run("plots", work, done, self._give_up)

    def show_time(self, time_s: float) -> None:
        """Where the shown frame is."""
        self._time_s = time_s
        if self.chart is not None and self.isVisible():
            self.chart.show_time(time_s)

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """What is marked of the source; None where there is no mark."""
        self._bounds = (in_s, out_s)
        if self.chart is not None:
            self.chart.show_bounds(in_s, out_s)

    def export_png(self, path: Path) -> None:
        """Write the picture of what is plotted, twice as large as on the screen."""
        if self.chart is None:
            return
        try:
            self.chart.save(path)
        except StanceError as error:
            self.failed.emit(error)
        else:
            self.exported.emit(path)

    def export_csv(self, path: Path) -> None:
        """Write what is plotted as a table."""
        shown: list[Series] = [curve.series for curve in self._curves]

        def work() -> Path:
            from app.analysis.series import write_csv

            write_csv(path, shown)
            return path

        self._background.queue(work, self.exported.emit, self.failed.emit)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Fetch what draws, the first time; catch up, any other."""
        super().showEvent(event)
        if self.chart is not None:
            self.refresh()
            self.chart.show_time(self._time_s)
        elif not self._fetching:
            self._fetching = True
            self._background.run("pyqtgraph", _import_pyqtgraph, self._make_chart, self._give_up)

    # The bar.

    def _make_bar(self) -> QHBoxLayout:
        self.choose = self._button(tr("Curves…"), tr("Choose what is plotted, and of whom"))
        self.choose.clicked.connect(self._offer)
        self.fit = self._button(tr("Fit"), tr("Show the whole time"))
        self.fit.clicked.connect(lambda: self.chart.fit() if self.chart else None)
        self.png = self._button(tr("PNG…"), tr("Save the plots as a picture"))
        self.png.clicked.connect(partial(self._ask, tr("Picture (*.png)"), "png"))
        self.csv = self._button(tr("CSV…"), tr("Save the plotted values as a table"))
        self.csv.clicked.connect(partial(self._ask, tr("Table (*.csv)"), "csv"))
        bar = QHBoxLayout()
        bar.setSpacing(2)
        bar.addWidget(self.choose)
        bar.addStretch(1)
        for button in (self.fit, self.png, self.csv):
            bar.addWidget(button)
        return bar

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(OwnKeys(PRESS, button))
        return button

    def _ask(self, kinds: str, ending: str) -> None:
        """Ask where to, then export."""
        dialog = QFileDialog(self, tr("Save the plots"), "", kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        export = self.export_png if ending == "png" else self.export_csv
        dialog.fileSelected.connect(lambda file: export(Path(file)))
        dialog.open()

    # What is plotted.

    def _offer(self) -> None:
        """Open the choice, with everything that there is by now."""
        analysis = self._analysis
        if analysis is None:
            return
        from app.window.curves import can_be_plotted

        self.offer.offer(**can_be_plotted(analysis.skeleton), ticked=self._choice)
        self.offer.offer_people(analysis.ids(), analysis.name, self._plotted(analysis))
        self.offer.open_below(self.choose)

    def _choose(self) -> None:
        """Take what is ticked; keys that this skeleton has not are kept for one that has them."""
        analysis = self._analysis
        if analysis is None:
            return
        from app.window.curves import can_be_plotted

        known = {key for keys in can_be_plotted(analysis.skeleton).values() for key in keys}
        self._choice = [*self.offer.ticked, *(key for key in self._choice if key not in known)]
        if self.offer.people != self._plotted(analysis):
            self._people = self.offer.people
        self._rested_s = 0.0
        self.changed.emit()
        self.refresh()

    def _state(self, analysis: Analysis) -> tuple[object, ...]:
        """What the curves depend on."""
        return analysis, analysis.version, self._plotted(analysis), self.choice, self.threshold

    def _plotted(self, analysis: Analysis) -> list[int]:
        """Those who were chosen, else the first."""
        ids = analysis.ids()
        return ids[:PEOPLE] if self._people is None else [number for number in ids if number in self._people]

    def _make_chart(self, _: None) -> None:
        from app.window.chart import Chart

        self.chart = Chart()
        self.chart.sought.connect(self.sought)
        self._stack.addWidget(self.chart)
        self.chart.show_bounds(*self._bounds)
        self.refresh()

    def _show(self, curves: list[Curve]) -> None:
        self._curves = curves
        if self.chart is not None:
            self.chart.show_curves(curves, LIVE_S if self._live else None)
            self.chart.show_time(self._time_s)
        self._tell()

    def _tell(self) -> None:
        """Show the plots, or say why there are none."""
        some = bool(self._curves) and self.chart is not None
        self._stack.setCurrentIndex(1 if some else 0)
        for button in (self.fit, self.png, self.csv):
            button.setEnabled(some)
        self.choose.setEnabled(self._analysis is not None)
        if self._analysis is not None and self._analysis.ids():
            self.hint.setText(tr("Nothing that is chosen was seen. Curves… offers what there is."))
        else:
            self.hint.setText(tr("Angles and speeds of whoever is found in the video appear here."))

    def _give_up(self, error: Exception) -> None:
        self._working = self._fetching = False
        self.failed.emit(error)


def _import_pyqtgraph() -> None:
    """The slow part of it, away from the window's thread."""
    os.environ["PYQTGRAPH_QT_LIB"] = "PyQt6"
    import pyqtgraph  # noqa: F401
