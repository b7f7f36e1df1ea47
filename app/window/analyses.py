"""Lists the analyses of the open clip, shows one of them, and compares another with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.window.core.tasks import Task, nothing
from app.window.dialogs.confirm import confirm
from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.review.analyses_panel import AnalysesPanel
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.comparison import Comparison
    from app.engine import Result
    from app.project.project_file import KeptRun

REFRESH_MS = 1000


class Analyses(QObject):
    """Fills ``panel`` from the project of the clip, and follows its buttons.

    ``compared_changed`` is emitted when the comparison with another analysis has begun, is computed or has ended.
    """

    compared_changed = pyqtSignal()

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self.panel = AnalysesPanel()
        self.compared: Analysis | None = None
        self._parts = parts
        self._compared_with: Analysis | None = None
        self._task: Task | None = None
        parts.docks.dock("analyses", tr("Analyses"), self.panel, Qt.DockWidgetArea.LeftDockWidgetArea, 340)
        self.panel.chosen.connect(self._choose)
        self.panel.compared.connect(self.compare)
        self.panel.removed.connect(self._ask_and_remove)
        parts.player.opened.connect(lambda: self.compare(None))
        parts.player.shown.connect(self._show)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    def refresh(self) -> None:
        """Read the list again in the background, if the panel is visible; end a comparison with what is not shown."""
        player = self._parts.player
        if self.compared is not None and player.analysis is not self._compared_with:
            self.compare(None)
        if not self.panel.isVisible():
            return
        run = player.clip_analysis.project_run(player.analysis)
        if run is None or run.file is None or run.keys is None:
            self.panel.show_runs([], "")
            return
        file, shown, part = run.file, run.keys.run, run.part

        def work() -> list[KeptRun]:
            return kept_runs(file)

        def done(runs: list[KeptRun]) -> None:
            if run is player.clip_analysis.project_run(player.analysis):
                self.panel.show_runs([one for one in runs if one.info.part == part], shown)

        self._parts.background.queue(work, done, nothing, self)

    def compare(self, run: KeptRun | None) -> None:
        """Draw the people of ``run`` faintly and its curves dashed, and compute how far they differ; None ends it."""
        task = self._task = self._parts.background.new_task(self._task)
        self._set_compared(None, None)
        shown = self._parts.player.analysis
        file = self._file()
        if run is None or shown is None or file is None:
            return
        self._compared_with = shown
        threshold = self._parts.loader.settings.threshold

        def work() -> tuple[Analysis, Comparison]:
            from app.analysis.comparison import compare
            from app.project.kept_edits import read_analysis

            other = read_analysis(file, run)
            return other, compare(shown, other, threshold)

        self._parts.background.queue(work, lambda found: self._set_compared(*found), self._report, self, task)

    def _set_compared(self, other: Analysis | None, comparison: Comparison | None) -> None:
        self.compared = self._parts.plots.plotted.compared = other
        self._parts.plots.plotted.skip_pause()
        self._parts.plots.refresh()
        self.panel.show_comparison(comparison)
        if self._parts.player.current is not None:
            self._show(self._parts.player.current)
        self.compared_changed.emit()

    def _show(self, result: Result) -> None:
        """Draw the other analysis of the shown frame."""
        if self.compared is not None:
            self._parts.view.show_compared(self.compared.get(result.frame.index), self.compared.skeleton)
        else:
            self._parts.view.show_compared(None, None)

    def _choose(self, run: KeptRun) -> None:
        self._parts.panel.show_settings(run.info.settings)
        self._parts.panel.request(run.info.settings)

    def _ask_and_remove(self, run: KeptRun) -> None:
        question = tr("Remove this analysis, and what you have changed in its people?")
        confirm(self._parts.window, question, tr("Remove"), partial(self._remove, run))

    def _remove(self, run: KeptRun) -> None:
        if (file := self._file()) is None:
            return

        def work() -> None:
            from app.project.project_file import open_project

            with open_project(file) as project:
                project.delete_run(run.number)

        self._parts.background.queue(work, lambda _: self.refresh(), self._report, self)

    def _file(self) -> Path | None:
        player = self._parts.player
        run = player.clip_analysis.project_run(player.analysis)
        return run.file if run is not None else None

    def _report(self, error: Exception) -> None:
        self._parts.stack.banner.notify(Notice("error", sentence_of(error)))


def kept_runs(file: Path) -> list[KeptRun]:
    """The analyses in the project ``file``; none while it does not exist yet. For background threads."""
    from app.project.project_file import open_project

    if not file.exists():
        return []
    with open_project(file) as project:
        return project.runs()
