"""Plots over time: a tool bar above the chart, which draws the computed curves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import tr
from app.window.review.plot_choice import PlotChoice
from app.window.review.plot_export import PlotExport
from app.window.review.plotted_curves import PlottedCurves

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.core.skeleton import Side
    from app.window.review.chart import Chart


class PlotPanel(QWidget):
    """Plots of an analysis. ``seek_requested`` emits the clicked time, in seconds.

    ``exported`` (a path) and ``failed`` (an error) end an export; ``changed`` follows a change of ``choice``.
    """

    seek_requested = pyqtSignal(float)
    changed = pyqtSignal()
    exported = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Plots"))
        self.chart: Chart | None = None
        self.plotted = PlottedCurves(background, self)
        self.plotted.computed.connect(self._show)
        self.plotted.failed.connect(self.failed)
        self.export = PlotExport(background, self.plotted, self)
        self.export.exported.connect(self.exported)
        self.export.failed.connect(self.failed)
        self._background = background
        self._time_s = 0.0
        self._people_in_picture = False
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
        self._update_hint()

    @property
    def choice(self) -> list[str]:
        """Keys of what is plotted, see ``PlottedCurves``; saved between sessions."""
        return list(self.plotted.choice)

    @choice.setter
    def choice(self, keys: list[str]) -> None:
        """Choose what is plotted."""
        self.plotted.choice = list(keys)
        self.refresh()

    @property
    def up_to_date(self) -> bool:
        """Whether the plots show the current version of the analysis."""
        return self.plotted.up_to_date

    def show_analysis(self, analysis: Analysis | None, live: bool = False) -> None:
        """Plot another analysis, only the last seconds if ``live``; None empties the plots."""
        self.plotted.set_analysis(analysis, live)
        self.refresh()

    def refresh(self) -> None:
        """Recompute the curves in the background if something has changed and the panel is visible."""
        if self.chart is not None and self.isVisible():
            self.plotted.refresh()

    def show_time(self, time_s: float) -> None:
        """Move the cursor to the time of the shown frame, in seconds."""
        self._time_s = time_s
        if self.chart is not None and self.isVisible():
            self.chart.show_time(time_s)

    def show_in_picture(self, people: bool) -> None:
        """Set whether the shown frame has people in it; the "no people" hint is hidden if it has."""
        if people != self._people_in_picture:
            self._people_in_picture = people
            self._update_hint()

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """Show the in and out points (seconds); None for a point that is not set."""
        self.export.bounds = (in_s, out_s)
        if self.chart is not None:
            self.chart.show_bounds(in_s, out_s)

    def show_events(self, bands: list[tuple[float, float]], marks: list[tuple[float, Side]]) -> None:
        """Show events: ``bands`` (start, end) and ``marks`` (time, side), in seconds."""
        self.plotted.events = (bands, marks)
        if self.chart is not None:
            self.chart.show_events(bands, marks)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Load the plotting library the first time; refresh later."""
        super().showEvent(event)
        if self.chart is not None:
            self.refresh()
            self.chart.show_time(self._time_s)
        else:
            self._background.run("pyqtgraph", _import_pyqtgraph, self._make_chart, self.failed.emit, self)

    # The tool bar.

    def _make_bar(self) -> QHBoxLayout:
        self.choose = self._button(tr("Curves…"), tr("Choose what to plot, and for which people"))
        self.choose.clicked.connect(self._open_choice)
        self.smoothed = self._button(tr("Smooth"), tr("Smooth over the whole clip, without lag"))
        self.smoothed.setCheckable(True)
        self.smoothed.toggled.connect(self._smooth)
        self.fit = self._button(tr("Fit"), tr("Show the whole time range"))
        self.fit.clicked.connect(lambda: self.chart.fit() if self.chart else None)
        self.png = self._button(tr("PNG…"), tr("Save the plots as an image"))
        self.png.clicked.connect(lambda: self.export.ask_for_png())
        self.csv = self._button(tr("CSV…"), tr("Save the plotted values as a table"))
        self.csv.clicked.connect(lambda: self.export.ask_for_csv())
        bar = QHBoxLayout()
        bar.setSpacing(2)
        bar.addWidget(self.choose)
        bar.addWidget(self.smoothed)
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
        button.installEventFilter(ShortcutFilter(PRESS, button))
        return button

    # Choice of curves.

    def _open_choice(self) -> None:
        """Open the choice, filled with all curves and people available."""
        analysis = self.plotted.analysis
        if analysis is None:
            return
        from app.window.review.curves import can_be_plotted

        self.offer.offer(can_be_plotted(analysis.skeleton, analysis.has_points_3d), self.choice)
        self.offer.offer_people(analysis.counted_ids(), analysis.name, self.plotted.plotted_people(analysis))
        self.offer.open_below(self.choose)

    def _choose(self) -> None:
        """Plot what is ticked; keys that this skeleton lacks are kept for other skeletons."""
        analysis = self.plotted.analysis
        if analysis is None:
            return
        from app.window.review.curves import can_be_plotted

        known = {key for keys in can_be_plotted(analysis.skeleton).values() for key in keys}
        kept = [key for key in self.plotted.choice if key not in known]
        self.plotted.choose([*self.offer.ticked, *kept], self.offer.people)
        self.changed.emit()
        self.refresh()

    def _smooth(self, smoothed: bool) -> None:
        self.plotted.smoothed = smoothed
        self.plotted.skip_pause()
        self.refresh()

    def _make_chart(self, _: None) -> None:
        if self.chart is not None:  # shown a second time during the import
            return
        from app.window.review.chart import Chart

        self.chart = self.export.chart = Chart()
        self.chart.seek_requested.connect(self.seek_requested)
        self._stack.addWidget(self.chart)
        self.chart.show_bounds(*self.export.bounds)
        self.chart.show_events(*self.plotted.events)
        self.refresh()

    def _show(self) -> None:
        if self.chart is not None:
            self.chart.show_curves(self.plotted.curves, self.plotted.last_s)
            self.chart.show_time(self._time_s)
        self._update_hint()

    def _update_hint(self) -> None:
        """Show the plots, or a hint if there are none."""
        has_curves = bool(self.plotted.curves) and self.chart is not None
        self._stack.setCurrentIndex(1 if has_curves else 0)
        for button in (self.fit, self.png, self.csv):
            button.setEnabled(has_curves)
        analysis = self.plotted.analysis
        self.choose.setEnabled(analysis is not None)
        if analysis is not None and analysis.ids():
            self.hint.setText(
                tr(
                    "No data for the selected curves. Use Curves… to choose others. People who face the camera have"
                    " no joint angles."
                )
            )
        elif self._people_in_picture:
            self.hint.clear()  # the curves are being computed
        else:
            self.hint.setText(tr("Angles and speeds of people found in the video are plotted here."))


def _import_pyqtgraph() -> None:
    """Import pyqtgraph, which is slow, in a background thread."""
    os.environ["PYQTGRAPH_QT_LIB"] = "PyQt6"
    import pyqtgraph  # noqa: F401
