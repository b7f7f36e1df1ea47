"""Saves the plots as an image, and the plotted values as a table."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from app.core.errors import StanceError
from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import tr
from app.window.review.plotted_curves import PlottedCurves
from app.window.widgets.file_dialogs import films

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.window.review.chart import Chart

SAME_S = 1e-5
"""Times that differ by less belong to the same frame, in seconds."""


class PlotExport(QObject):
    """Asks for a file and writes it; ``exported`` (its path) or ``failed`` (an error) is emitted at the end.

    ``chart`` is drawn into the image (None: no chart is there yet). ``bounds`` are the in and out points in seconds
    (None: no point); ``folder`` is proposed in the file dialog.
    """

    exported = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, plotted: PlottedCurves, parent: QWidget) -> None:
        super().__init__(parent)
        self.chart: Chart | None = None
        self.folder: Path | None = None
        self.bounds: tuple[float | None, float | None] = (None, None)
        self._background = background
        self._plotted = plotted
        self._parent = parent

    def ask_for_png(self) -> None:
        """Ask for the file of an image, and write it."""
        self._ask(tr("Image (*.png)"), "png", self.write_png)

    def ask_for_csv(self) -> None:
        """Ask for the file of a table, and write it."""
        self._ask(tr("Table (*.csv)"), "csv", self.write_csv)

    def write_png(self, path: Path) -> None:
        """Save the plots as a PNG, at twice the size on screen."""
        if self.chart is None:
            return
        try:
            self.chart.save(path)
        except StanceError as error:
            self.failed.emit(error)
        else:
            self.exported.emit(path)

    def write_csv(self, path: Path) -> None:
        """Save the plotted values of the analysed frames between the points as a CSV file, in the background."""
        analysis, last_s, bounds = self._plotted.analysis, self._plotted.last_s, self.bounds
        series = [curve.series for curve in self._plotted.curves]

        def work() -> Path:
            from app.analysis.series import csv_table
            from app.sinks import write_whole

            times = _times_between(analysis, last_s, *bounds) if analysis is not None else ()
            write_whole(path, csv_table(series, times))
            return path

        self._background.queue(work, self.exported.emit, self.failed.emit, self)

    def _ask(self, name_filter: str, suffix: str, write: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._parent, tr("Save plots"), str(self.folder or films()), name_filter)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self._export_to(Path(file), write))
        dialog.open()

    def _export_to(self, path: Path, write: Callable[[Path], None]) -> None:
        self.folder = path.parent
        write(path)


def _times_between(analysis: Analysis, last_s: float | None, in_s: float | None, out_s: float | None) -> list[float]:
    """Times of the analysed frames from ``in_s`` to ``out_s``, inclusive; of the last ``last_s`` seconds, or of all."""
    times = [poses.time_s for poses in analysis.frames()]
    low = -inf if in_s is None else in_s - SAME_S
    high = inf if out_s is None else out_s + SAME_S
    since = times[-1] - last_s if last_s is not None and times else -inf
    return [time_s for time_s in times if low <= time_s <= high and time_s >= since]
