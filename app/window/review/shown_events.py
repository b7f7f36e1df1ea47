"""Shows the events of the measured person on the timeline and in the plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.window.player.player import Player
from app.window.review.measures_panel import MeasuresPanel
from app.window.widgets.timeline import Timeline

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.core.skeleton import Side
    from app.window.review.plot_panel import PlotPanel

ON_TIMELINE = ("step", "jump", "repetition")
"""Events on the timeline; a step is at its end, where the foot comes down."""
WITH_DURATION = ("jump", "repetition")


class ShownEvents(QObject):
    """Keeps timeline and plots up to date with the measures, while the panel of measures is visible."""

    def __init__(self, player: Player, panel: MeasuresPanel, timeline: Timeline, plots: PlotPanel) -> None:
        super().__init__(player)
        self._player = player
        self._panel = panel
        self._timeline = timeline
        self._plots = plots
        panel.measured.computed.connect(self._show)
        panel.repeated.activated.connect(self._note_repeated)

    def refresh(self, analysis: Analysis | None) -> None:
        """Measure ``analysis`` again if it has changed and the measures are visible."""
        measured = self._panel.measured
        if measured.repeated != self._player.repeated:
            self._panel.choose_repeated(self._player.repeated)
        if not self._panel.isVisible():
            if measured.analysis not in (None, analysis):
                measured.set_analysis(None)
            return
        if analysis is not measured.analysis:
            measured.set_analysis(analysis)
        measured.threshold = self._plots.plotted.threshold
        measured.stated = self._player.stated_scale
        measured.is_live = self._player.source is not None and self._player.source.live
        measured.refresh()

    def _note_repeated(self, row: int) -> None:
        """Let files count the repetitions of the chosen angle too."""
        self._player.repeated = self._panel.repeated.itemData(row)

    def _show(self) -> None:
        events = [event for event in self._panel.measured.events if event.event in ON_TIMELINE]
        spans = [
            (event.start_s, event.end_s) if event.event in WITH_DURATION else (event.end_s, event.end_s)
            for event in events
        ]
        source = self._player.source
        is_clip = source is not None and not source.live and not source.still
        self._timeline.show_events(sorted(spans) if is_clip else [])
        bands = sorted((event.start_s, event.end_s) for event in events if event.event in WITH_DURATION)
        marks: list[tuple[float, Side]] = sorted(
            (event.end_s, "left" if event.side == "left" else "right")
            for event in events
            if event.event not in WITH_DURATION
        )
        self._plots.show_events(bands, marks)
