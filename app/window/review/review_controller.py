"""Moving about in a file and looking over what was found: speeds, points, moments to compare, who was there when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction

from app.window.controls import Controls
from app.window.player import Player
from app.window.video_view import VideoView

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.window.people_table import PeopleTable
    from app.window.plot_panel import PlotPanel

STRIP_REFRESHES = 4
"""The strip is drawn anew at every so many refreshes of the figures."""


class Review(QObject):
    """Connects the player's analysis with the time line, the plots and the table of people."""

    def __init__(
        self,
        player: Player,
        controls: Controls,
        view: VideoView,
        plots: PlotPanel,
        people: PeopleTable,
        deeds: dict[str, QAction],
    ) -> None:
        super().__init__(player)
        self._player = player
        self._controls = controls
        self._view = view
        self._plots = plots
        self._people = people
        self._deeds = deeds
        self._shown: Analysis | None = None
        self._strip: tuple[Analysis | None, int] = (None, -1)
        self._refreshes = 0
        self._ordering = self._resume = False
        plots.sought.connect(player.seek)
        people.sought.connect(player.seek)
        people.ordering.connect(self._order)
        people.changed.connect(self.rename)
        view.person_clicked.connect(self._click)
        controls.rate_chosen.connect(self._set_rate)
        controls.timeline.grabbed.connect(self._grab)
        controls.timeline.sought.connect(player.seek)
        controls.timeline.released.connect(self._release)
        for name, deed in (
            ("play", lambda: player.pause() if player.playing else player.play()),
            ("step-back", lambda: player.step(-1)),
            ("step-forward", lambda: player.step(1)),
            ("home", lambda: player.seek(0.0)),
            ("end", lambda: player.seek(player.source.duration_s or 0.0) if player.source else None),
            ("slower", lambda: self._change_rate(player.playback.slower)),
            ("faster", lambda: self._change_rate(player.playback.faster)),
            ("plain-speed", lambda: self._set_rate(1.0)),
            ("backwards", lambda: self._shuttle(backwards=True)),
            ("forwards", lambda: self._shuttle(backwards=False)),
            ("halt", player.pause),
            ("mark-in", lambda: self._mark(player.playback.mark_in)),
            ("mark-out", lambda: self._mark(player.playback.mark_out)),
            ("unmark", self._unmark),
            ("go-in", lambda: player.seek(player.playback.start_s)),
            ("go-out", self._go_out),
            ("loop", self._loop),
            ("pin", self._pin),
            ("analyse-again", player.analyse_again),
        ):
            deeds[name].triggered.connect(lambda _, deed=deed: deed())
        deeds["every-frame"].setChecked(player.playback.every_frame)
        deeds["every-frame"].toggled.connect(player.set_every_frame)

    def begin(self) -> None:
        """Another source: nothing of the last one stays."""
        self._deeds["loop"].setChecked(False)
        self._deeds["pin"].setChecked(False)
        self._pin()
        self._show_points()
        self._controls.show_rate(self._player.playback.rate)

    def show_time(self, time_s: float) -> None:
        """The shown frame is another one."""
        self._plots.show_time(time_s)

    def refresh(self) -> None:
        """Bring what is shown of the analysis up to date."""
        analysis = self._player.analysis
        if analysis is not self._shown:
            self._shown = analysis
            source = self._player.source
            self._plots.show_analysis(analysis, live=source is not None and source.live)
            self._people.show_analysis(analysis)
        self._plots.refresh()
        self._people.refresh()
        self._refreshes += 1
        if self._refreshes % STRIP_REFRESHES == 0:
            self._refresh_strip()

    def names(self) -> dict[int, str]:
        """The names that people were given."""
        return self._player.analysis.names() if self._player.analysis is not None else {}

    def rename(self) -> None:
        """Names or order are others."""
        self._strip = (None, -1)
        self._refresh_strip()
        self._view.update()

    def _refresh_strip(self) -> None:
        analysis, source = self._player.analysis, self._player.source
        if analysis is None or source is None or source.live or source.still:
            return
        if self._strip != (analysis, analysis.version):
            self._strip = (analysis, analysis.version)
            names = {number: analysis.name(number) for number in analysis.ids()}
            self._controls.timeline.show_people(analysis.spans(), names, analysis.seen_spans())

    # Moving.

    def _grab(self) -> None:
        self._resume = self._player.playing
        self._player.pause()

    def _release(self) -> None:
        if self._resume:
            self._player.play()

    # Speed and points.

    def _set_rate(self, rate: float) -> None:
        self._player.set_rate(rate)
        self._controls.show_rate(rate)

    def _change_rate(self, change: Callable[[], None]) -> None:
        change()
        self._set_rate(self._player.playback.rate)

    def _shuttle(self, backwards: bool) -> None:
        self._player.shuttle(backwards)
        self._controls.show_rate(self._player.playback.rate)

    def _mark(self, mark: Callable[[float], None]) -> None:
        current = self._player.current
        if current is not None and self._player.seekable:
            mark(current.frame.time_s)
            self._follow_points()

    def _unmark(self) -> None:
        self._player.playback.mark_in(None)
        self._player.playback.mark_out(None)
        self._follow_points()

    def _go_out(self) -> None:
        playback, source = self._player.playback, self._player.source
        if source is not None:
            self._player.seek(source.duration_s or 0.0 if playback.out_s is None else playback.out_s)

    def _loop(self) -> None:
        self._player.playback.loop = self._deeds["loop"].isChecked()
        self._follow_points()

    def _follow_points(self) -> None:
        self._player.keep_to_points()
        self._show_points()

    def _show_points(self) -> None:
        playback = self._player.playback
        self._controls.timeline.show_bounds(playback.in_s, playback.out_s)
        self._plots.show_bounds(playback.in_s, playback.out_s)

    # Moments and people.

    def _pin(self) -> None:
        """Keep the shown people as a shadow under those of other moments."""
        current = self._player.current if self._deeds["pin"].isChecked() else None
        if current is None:
            self._deeds["pin"].setChecked(False)
        self._view.show_shadow(current.poses if current is not None else None)
        self._controls.timeline.show_pinned(current.frame.time_s if current is not None else None)

    def _order(self, ordering: bool) -> None:
        self._ordering = ordering

    def _click(self, number: int, more: bool) -> None:
        if self._ordering:
            self._people.clicked(number)
        else:
            self._people.choose(number)
