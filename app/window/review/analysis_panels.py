"""Shows the player's analysis in the plots, the people table and the people strip of the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.window.player.player import Player
from app.window.review.people_table import PeopleTable
from app.window.review.plot_panel import PlotPanel
from app.window.widgets.timeline import Timeline

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.sources import Source

STRIP_REFRESHES = 4
"""The people strip of the timeline is redrawn at every this many calls of ``refresh``."""


class AnalysisPanels(QObject):
    """Keeps the panels up to date with the analysis."""

    def __init__(self, player: Player, timeline: Timeline, plots: PlotPanel, people: PeopleTable) -> None:
        super().__init__(player)
        self._player = player
        self._timeline = timeline
        self._plots = plots
        self._people = people
        self._shown: Analysis | None = None
        self._shown_source: Source | None = None
        self._strip: tuple[Analysis | None, int] = (None, -1)
        self._refreshes = 0

    def show_time(self, time_s: float, people: bool) -> None:
        """Follow the shown frame to ``time_s`` (seconds); ``people`` says whether the frame has people in it."""
        self._plots.show_time(time_s)
        self.show_in_picture(people)

    def show_in_picture(self, people: bool) -> None:
        """Set whether the shown frame has people in it."""
        self._plots.show_in_picture(people)
        self._people.show_in_picture(people)

    def refresh(self) -> None:
        """Update the panels from the player's analysis."""
        analysis, source = self._player.analysis, self._player.source
        # While the same clip is analysed again, the previous people stay until the new analysis has some.
        if analysis is not self._shown and (analysis or source is not self._shown_source):
            self._shown, self._shown_source = analysis, source
            self._plots.show_analysis(analysis, live=source is not None and source.live)
            self._people.show_analysis(analysis)
        if self._player.clip_analysis.is_restoring:
            return  # a part would have to be computed again in a moment
        self._people.refresh()  # first: it takes least
        self._plots.refresh()
        self._refreshes += 1
        if self._refreshes % STRIP_REFRESHES == 0:
            self.refresh_strip()

    def skip_pauses(self) -> None:
        """Let the next ``refresh`` compute at once."""
        self._plots.plotted.skip_pause()
        self._people.skip_pause()

    def show_names(self) -> None:
        """Show changed names or a changed order of people in the strip."""
        self._strip = (None, -1)
        self.refresh_strip()

    @property
    def shown(self) -> Analysis | None:
        """The analysis on screen."""
        return self._known

    def names(self) -> dict[int, str]:
        """Names given by the user, by person id."""
        return self._known.names() if self._known is not None else {}

    @property
    def _known(self) -> Analysis | None:
        """The analysis on screen: the previous one until a new analysis of the same clip has people."""
        return self._shown if self._player.source is self._shown_source else self._player.analysis

    def refresh_strip(self) -> None:
        """Update the people strip of the timeline."""
        analysis, source = self._known, self._player.source
        if analysis is None or source is None or source.live or source.still:
            return
        if self._strip != (analysis, analysis.version):
            self._strip = (analysis, analysis.version)
            names = {number: analysis.name(number) for number in analysis.ids()}
            self._timeline.show_people(analysis.spans(), names, analysis.seen_spans(), analysis.hidden())
