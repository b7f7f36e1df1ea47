"""The measures of one person, computed in the background."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.errors import StanceError
from app.core.settings import REPEATED
from app.window.core.paced_work import PacedWork
from app.window.core.tasks import TaskRunner
from app.window.player.stated_scale import StatedScale
from app.window.review.measure_texts import EVENTS

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.event_spans import EventSpan
    from app.analysis.live_measures import LiveMeasures
    from app.analysis.measures import Measures
    from app.analysis.scale import Scale

PAUSE_FACTOR = 10.0
"""Minimum pause between two computations, as a multiple of the last one's duration."""
MIN_PAUSE_S = 1.0
"""Minimum pause between two computations, in seconds."""


class MeasuredEvents(QObject):
    """The ``measures`` and the ``events`` of a person of an analysis: of the chosen one, else of the first.

    ``computed`` is emitted when there are others, ``failed`` (an error) when they cannot be computed. ``repeated`` is
    the angle of which repetitions are counted; ``scale`` turns pixels into meters, else that which is ``stated``. Of a
    source that ``is_live`` only the last seconds are measured anew, see ``LiveMeasures``.
    """

    computed = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self.analysis: Analysis | None = None
        self.measures: Measures | None = None
        self.events: list[EventSpan] = []
        self.threshold = 0.3
        self.scale: Scale | None = None
        self.stated = StatedScale()
        self.repeated = REPEATED
        self.is_live = False
        self._person: int | None = None
        self._so_far: LiveMeasures | None = None
        self._computed: tuple[object, ...] | None = None
        self._work = PacedWork(background, "measures", self, pause_factor=PAUSE_FACTOR, min_pause_s=MIN_PAUSE_S)

    @property
    def person(self) -> int | None:
        """The id of the measured person; None without people."""
        ids = self.analysis.counted_ids() if self.analysis is not None else []
        return self._person if self._person in ids else next(iter(ids), None)

    @property
    def up_to_date(self) -> bool:
        """Whether ``measures`` are those of the current version of the analysis."""
        return self.analysis is None or self._computed == self._state(self.analysis)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Measure another analysis; there are no measures until ``refresh``."""
        self.analysis, self.measures, self.events, self._computed = analysis, None, [], None
        self._person = None
        self._work.skip_pause()
        self.computed.emit()

    def choose_person(self, number: int) -> None:
        """Measure the person with this id."""
        if number != self.person:
            self._person = number
            self._work.skip_pause()
            self.refresh()

    def choose_repeated(self, angle: str) -> None:
        """Count the repetitions of another angle."""
        if angle != self.repeated:
            self.repeated = angle
            self._work.skip_pause()
            self.refresh()

    def skip_pause(self) -> None:
        """Let the next ``refresh`` measure at once."""
        self._work.skip_pause()

    def refresh(self) -> None:
        """Measure again in the background, if something has changed."""
        analysis, person = self.analysis, self.person
        if person is None and self.measures is not None:  # everybody is hidden
            self.measures, self.events, self._computed = None, [], None
            self.computed.emit()
        if analysis is None or person is None or not self._work.ready or self.up_to_date:
            return
        state, threshold, repeated = self._state(analysis), self.threshold, self.repeated
        scale, stated = self.scale, self.stated
        so_far = self._measured_so_far() if self.is_live else None

        def work() -> tuple[Measures, list[EventSpan]]:
            from app.analysis.event_spans import event_spans
            from app.analysis.person_measures import measure_track

            known = scale
            with suppress(StanceError):  # the dialog for the scale says why
                known = scale or stated.find(analysis, threshold)
            if so_far is not None:
                measures = so_far.measure(analysis, person, threshold, known, repeated, stated.size)
            else:
                measures = measure_track(
                    analysis.track(person), analysis.skeleton, threshold, known, repeated, stated.size
                )
            return measures, [event for event in event_spans(measures) if event.event in EVENTS]

        def done(found: tuple[Measures, list[EventSpan]]) -> None:
            if self.analysis is analysis:
                self._computed = state
                self.measures, self.events = found
                self.computed.emit()

        self._work.run(work, done, self.failed.emit)

    def _measured_so_far(self) -> LiveMeasures:
        from app.analysis.live_measures import LiveMeasures

        if self._so_far is None:
            self._so_far = LiveMeasures()
        return self._so_far

    def _state(self, analysis: Analysis) -> tuple[object, ...]:
        """Everything the measures depend on."""
        return analysis, analysis.version, self.person, self.repeated, self.threshold, self.scale, self.stated
