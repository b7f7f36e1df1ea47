"""What is plotted, and its curves, which are computed in the background."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.core.paced_work import PacedWork
from app.window.core.tasks import TaskRunner

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.edits import Edits
    from app.core.skeleton import Side
    from app.window.review.curves import Curve

DEFAULT_CHOICE = ["angle:right knee", "angle:left knee"]
DEFAULT_PEOPLE = 2
"""Number of people plotted by default."""
LIVE_S = 30.0
"""Seconds of a live source that are plotted."""
PAUSE_FACTOR = 3.0
"""Minimum pause between two computations of the curves, as a multiple of the last one's duration."""


class PlottedCurves(QObject):
    """The ``curves`` of ``choice`` for some people of an analysis.

    ``choice`` has keys as KIND:OF (``angle:left knee``, ``speed:left_wrist``). ``computed`` is emitted when there are
    other curves, ``failed`` (an error) when they cannot be computed. ``events`` are bands (start, end) and marks (time,
    side) in seconds that are plotted with them. With ``smoothed`` people are smoothed over the whole clip first; live
    sources are not. ``compared`` is another analysis, whose curves are added; ``compared_people`` has the ids there of
    people of the shown one (None: it is one of the same clip, and they are found by their boxes).
    """

    computed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self.analysis: Analysis | None = None
        self.compared: Analysis | None = None
        self.compared_people: dict[int, int] | None = None
        self.live = False
        self.smoothed = False
        self.threshold = 0.3
        self.choice = list(DEFAULT_CHOICE)
        self.curves: list[Curve] = []
        self.events: tuple[list[tuple[float, float]], list[tuple[float, Side]]] = ([], [])
        self._people: tuple[list[int], Edits] | None = None  # those chosen, and the edits at that time
        self._computed: tuple[object, ...] | None = None
        self._work = PacedWork(background, "plots", self, pause_factor=PAUSE_FACTOR)

    @property
    def up_to_date(self) -> bool:
        """Whether ``curves`` are those of the current version of the analysis."""
        return self.analysis is None or self._computed == self._state(self.analysis)

    @property
    def last_s(self) -> float | None:
        """Seconds before the newest frame that are plotted; None for all."""
        return LIVE_S if self.live else None

    def set_analysis(self, analysis: Analysis | None, live: bool) -> None:
        """Plot another analysis, only the last seconds if ``live``; the curves are empty until ``refresh``."""
        self.analysis, self.live = analysis, live
        self._people = None
        self._computed = None
        self._work.skip_pause()
        self.curves = []
        self.computed.emit()

    def plotted_people(self, analysis: Analysis) -> list[int]:
        """Ids to plot: those chosen, else ``DEFAULT_PEOPLE``, and whom they were split or merged into since."""
        from app.analysis.edits import MergePeople, SplitPerson

        ids = analysis.counted_ids()
        chosen, before = self._people or (ids[:DEFAULT_PEOPLE], ())
        plotted = set(chosen)
        for edit in analysis.edits[_same(before, analysis.edits) :]:
            if isinstance(edit, SplitPerson | MergePeople) and edit.person in plotted:
                plotted.add(edit.new if isinstance(edit, SplitPerson) else edit.into)
        return [number for number in ids if number in plotted]

    def choose(self, keys: list[str], people: list[int]) -> None:
        """Plot ``keys`` (of ``choice``) of ``people`` (ids) from the next ``refresh``, which need not pause."""
        self.choice = keys
        if self.analysis is not None and people != self.plotted_people(self.analysis):
            self._people = people, self.analysis.edits
        self._work.skip_pause()

    def skip_pause(self) -> None:
        """Let the next ``refresh`` compute at once."""
        self._work.skip_pause()

    def retranslate(self, _: Callable[[str], str]) -> None:
        """Compute the curves again: their titles are in another language."""
        self._computed = None
        self._work.skip_pause()

    def refresh(self) -> None:
        """Compute the curves again in the background, if something has changed."""
        analysis = self.analysis
        if analysis is None or not self._work.ready or self.up_to_date:
            return
        state, people, threshold = self._state(analysis), self.plotted_people(analysis), self.threshold
        keys, last_s = list(self.choice), inf if self.last_s is None else self.last_s
        smoothed, compared, same = self.smoothed and not self.live, self.compared, self.compared_people

        def work() -> list[Curve]:
            from app.analysis.finish import finished
            from app.analysis.offline_smoothing import OfflineSmoothing
            from app.window.review.curves import compared_curves, curves

            shown, other = (
                finished(one, OfflineSmoothing(threshold=threshold)) if smoothed and one is not None else one
                for one in (analysis, compared)
            )
            assert shown is not None
            drawn = curves(shown, people, keys, threshold, last_s)
            return drawn if other is None else [*drawn, *compared_curves(shown, other, people, keys, threshold, same)]

        def done(curves: list[Curve]) -> None:
            if self.analysis is analysis:
                self._computed = state
                self.curves = curves
                self.computed.emit()

        self._work.run(work, done, self.failed.emit)

    def _state(self, analysis: Analysis) -> tuple[object, ...]:
        """Everything the curves depend on."""
        people, choice = self.plotted_people(analysis), list(self.choice)
        return analysis, analysis.version, people, choice, self.threshold, self.smoothed, self.compared


def _same(before: Edits, after: Edits) -> int:
    """How many edits at the beginning are the same."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(before), len(after)))
