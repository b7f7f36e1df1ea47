"""Review of a source: creates its controllers and connects them with each other and with the widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.review.analysis_panels import AnalysisPanels
from app.window.review.measures_panel import MeasuresPanel
from app.window.review.pinned_frame import PinnedFrame
from app.window.review.playback_controller import PlaybackController
from app.window.review.range_controller import RangeController
from app.window.review.shown_events import ShownEvents
from app.window.video.controls import Controls
from app.window.video.video_view import VideoView

if TYPE_CHECKING:
    from app.core.people import FramePoses
    from app.window.review.people_table import PeopleTable
    from app.window.review.plot_panel import PlotPanel


class ReviewController(QObject):
    """Owns the controllers of ``playback``, in and out points (``range``), pinned frame (``pin``) and ``panels``.

    It owns the panel of ``measures`` too.

    Each controller connects its own actions; the signals of the controllers and of the widgets are connected here.
    """

    def __init__(
        self,
        background: TaskRunner,
        player: Player,
        controls: Controls,
        view: VideoView,
        plots: PlotPanel,
        people: PeopleTable,
        actions: dict[str, QAction],
    ) -> None:
        super().__init__(player)
        self.measures = measures = MeasuresPanel(background)
        self._plots = plots
        self._people = people
        self._player = player
        self._controls = controls
        self._view = view
        timeline, position = controls.timeline, controls.position
        self.playback = PlaybackController(player, actions)
        self.range = RangeController(player, actions)
        self.pin = PinnedFrame(player, actions["pin"])
        self.panels = AnalysisPanels(player, timeline, plots, people)
        self.events = ShownEvents(player, measures, timeline, plots)
        self.playback.rate_shown.connect(controls.show_rate)
        controls.rate_chosen.connect(self.playback.set_rate)
        timeline.grabbed.connect(self.playback.grab)
        timeline.released.connect(self.playback.release)
        timeline.seek_requested.connect(player.seek)
        position.time_typed.connect(player.seek)
        position.frame_typed.connect(player.seek_index)
        position.left.connect(view.setFocus)
        player.sought.connect(controls.show_sought)
        self.range.shown.connect(timeline.show_bounds)
        self.range.shown.connect(plots.show_bounds)
        self.pin.shown.connect(view.show_shadow)
        self.pin.shown.connect(lambda poses: timeline.show_pinned(_time_of(poses)))
        plots.seek_requested.connect(player.seek)
        people.seek_requested.connect(player.seek)
        measures.seek_requested.connect(player.seek)
        people.chosen.connect(measures.measured.choose_person)
        people.changed.connect(self.show_names)
        people.marked.connect(view.mark_person)
        view.person_clicked.connect(lambda number, _: people.clicked(number))
        view.background_clicked.connect(people.clear_choice)
        player.clip_analysis.notices.damaged.connect(timeline.show_damage)
        player.clip_analysis.ended.connect(self._show_all)
        actions["analyse-again"].triggered.connect(lambda _: player.analyse_again())

    def docked_panels(self) -> list[tuple[str, str, QWidget, Qt.DockWidgetArea, int]]:
        """What ``DockArea.dock`` takes for each panel of the review."""
        left, bottom = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        return [
            ("plots", tr("Plots"), self._plots, bottom, 250),
            ("people", tr("People"), self._people, left, 300),
            ("measures", tr("Measures"), self.measures, left, 320),
        ]

    def begin(self) -> None:
        """Reset everything that belongs to the previous source."""
        self.panels.show_in_picture(False)
        self.pin.show(None)
        self.range.begin()
        self.playback.begin()

    def refresh(self) -> None:
        """Update the panels from the player's analysis, and the length of the source."""
        source = self._player.source
        if source is not None:
            self._controls.show_length(source.duration_s, source.frames)
        self.panels.refresh()
        if not self._player.clip_analysis.is_restoring:
            self.events.refresh(self.panels.shown)

    def _show_all(self) -> None:
        """Show the finished analysis at once: nothing on the screen says any more that it is running."""
        self.panels.skip_pauses()
        self.measures.measured.skip_pause()
        self.panels.refresh_strip()
        self.refresh()

    def show_names(self) -> None:
        """Show changed names or a changed order of people."""
        self.panels.show_names()
        self._view.update()


def _time_of(poses: FramePoses | None) -> float | None:
    return poses.time_s if poses is not None else None
