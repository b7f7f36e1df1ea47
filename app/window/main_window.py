"""The main window: creates its parts, lays them out and connects them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.settings import Rotate, RunOptions, Settings
from app.window.action_states import update_actions
from app.window.activity import Activity
from app.window.cameras.camera_menu import CameraMenu
from app.window.cameras.mirror_memory import MirrorMemory
from app.window.closing import STOP_S, Closing
from app.window.core.action_specs import make_actions, update_action_icons
from app.window.core.menu_bar import CAMERAS, RECENT, menu_bar
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner, nothing
from app.window.dialog_launcher import DialogLauncher
from app.window.dialogs.confirm import ask_before_analysis, ask_before_download
from app.window.drag_drop import DragDrop
from app.window.engine_notices import show_event
from app.window.features import Features
from app.window.full_screen import FullScreen
from app.window.i18n.tr import tr
from app.window.models.importer import Importer
from app.window.models.loader import ModelLoader
from app.window.models.model_memory import ModelMemory
from app.window.panels.dock_area import DockArea
from app.window.panels.engine_panel import EnginePanel
from app.window.panels.side_panel import SidePanel
from app.window.panels.status_bar import StatusBar
from app.window.parts import WindowParts
from app.window.player import drawn_film
from app.window.player.capture import CaptureController
from app.window.player.player import Player
from app.window.player.source_name import DEMO
from app.window.review.note_keeper import NoteKeeper
from app.window.review.people_table import PeopleTable
from app.window.review.plot_panel import PlotPanel
from app.window.review.review_controller import ReviewController
from app.window.session_state import SessionState
from app.window.video.controls import Controls
from app.window.video.heatmap_worker import HeatmapWorker
from app.window.video.loss import Loss
from app.window.video.video_stack import VideoStack
from app.window.video.video_view import VideoView
from app.window.welcome.welcome import Welcome
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.engine import Result
    from app.overlay import DrawStyle
    from app.pipeline import Pipeline

SETTLE_MS = 150
"""Delay after the last change of a slider until a paused frame is processed again, in milliseconds."""


class MainWindow(QWidget):
    """The main window. ``closed`` is emitted when all threads are stopped and all files finished.

    Owns every part of the window and the task runner. Changed settings are saved in ``preferences``; without, they are
    lost when the window closes.
    """

    closed = pyqtSignal()

    def __init__(
        self,
        settings: Settings,
        *,
        rotate: Rotate = "auto",
        mirror: bool = False,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Stance")
        self.preferences = prefs = preferences or Preferences()
        self.background = background = TaskRunner(self)
        self.loader = loader = ModelLoader(background, settings)
        self.player = player = Player(background, settings, rotate)
        self.actions_by_name = actions = make_actions(self)
        self.cameras = CameraMenu(background, prefs, self.open, self)
        self.view = VideoView()
        self.welcome = Welcome(actions, self.cameras, background, prefs)
        self.video_stack = stack = VideoStack(self.welcome, self.view)
        self.panel = panel = SidePanel(settings)
        MirrorMemory(prefs, player, panel.display.switches["mirror"], mirror)
        self.importer = Importer(background, loader, panel, prefs, self.notify)
        self.activity = Activity(stack, player, loader, self.importer)
        self.model_memory = ModelMemory(prefs, loader, panel, background)
        self.controls = Controls(actions, self.cameras)
        self.status = StatusBar()
        self.plots = PlotPanel(background)
        self.people = PeopleTable(background)
        self.engine_panel = EnginePanel()
        self.dock_area = docks = DockArea(stack)
        picture = partial(self.view.screenshot, True)
        self.capture = CaptureController(background, player, actions, self.draw_style, picture, self)
        self.heat = HeatmapWorker(background)
        self.review = ReviewController(background, player, self.controls, self.view, self.plots, self.people, actions)
        self.notes = NoteKeeper(background, player, self.review, self.people)
        self.dialogs = DialogLauncher(
            self, background, prefs, actions, panel, loader, player, self.draw_style, stack.banner
        )
        self.drag_drop = DragDrop(self, stack.show_doing, self.activity.show)
        self.session_state = SessionState(prefs, self, self.dock_area, panel, self.plots, self.capture, actions)
        self._job = RunOptions("")
        self.closing = Closing(self, background, player, self.capture, self.dialogs, self._save_state, stack.show_doing)
        self.loss = Loss(self.player, self.view, self.controls)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self.features = Features(self._parts(), self.loss)
        self.closing.is_editing = self.features.correct.is_busy
        self._lay_out()
        full, bars = actions["full-screen"], (self.menus, self.status)
        self.full_screen = FullScreen(self, full, stack, self.controls, self.place_controls, panel, docks, bars)
        self._connect_actions()
        self._connect_parts()
        self.session_state.restore()
        self.update_enabled()

    # What can be done from outside.

    def load(self) -> None:
        """Load the models of the settings."""
        self.loader.request(self.panel.settings)

    def open(self, text: str) -> None:
        """Play another source; the one that is shown plays on until the new one is open."""
        self.welcome.release(partial(self.player.open, text))

    def run(self, job: RunOptions) -> None:
        """Apply the command line's options; a source to be recorded is opened when the models are loaded."""
        self._job = job
        if job.angles:
            self.panel.display.marks.angles.choose(job.angles)
        if job.check:
            self.dock_area.dock_of("check").show()
        if job.source and not job.outputs:
            self.welcome.release(partial(self.player.open, job.source, job.start_s, job.end_s, limit=job.limit))
        self.load()
        self.capture.recorder.sweep(self.preferences.output_folders)

    def record_to(self, paths: list[Path]) -> None:
        """Record the shown frames from now on, into all of ``paths``."""
        self.capture.record_to(paths)

    def notify(self, notice: Notice) -> None:
        """Show a message."""
        self.video_stack.banner.notify(notice)

    # Layout and connections.

    def _lay_out(self) -> None:
        menus = {CAMERAS: self.cameras, RECENT: self.dialogs.recent}
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.dock_area, 1)
        middle.addWidget(self.panel)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.menus = menu_bar(self.actions_by_name, menus, self.dock_area.panels(), self)
        self._column.setMenuBar(self.menus)
        self._column.addLayout(middle, 1)
        self._column.addWidget(self.controls)
        self._column.addWidget(self.status)

    def _parts(self) -> WindowParts:
        return WindowParts(
            window=self,
            background=self.background,
            preferences=self.preferences,
            actions=self.actions_by_name,
            player=self.player,
            loader=self.loader,
            view=self.view,
            stack=self.video_stack,
            controls=self.controls,
            panel=self.panel,
            status=self.status,
            docks=self.dock_area,
            review=self.review,
            plots=self.plots,
            people=self.people,
            notes=self.notes,
            capture=self.capture,
            dialogs=self.dialogs,
            engine_panel=self.engine_panel,
        )

    def _connect_actions(self) -> None:
        for name, action in (
            ("import", self.importer.pick),
            ("demo", partial(self.open, DEMO)),
            ("close-source", self._close_source),
            ("quit", self.close),
            ("full-screen", self.full_screen.toggle),
            ("leave", self._leave),
        ):
            self.actions_by_name[name].triggered.connect(lambda _, action=action: action())

    def _connect_parts(self) -> None:
        player, loader = self.player, self.loader
        player.opened.connect(self._opened)
        player.shown.connect(self._show)
        player.playing_changed.connect(self.update_enabled)
        player.ended.connect(self.capture.recorder.stop)
        player.gone.connect(self._close_source)
        player.notified.connect(self._on_engine_event)
        player.clip_analysis.notices.replaced.connect(self.video_stack.banner.replace)
        player.failed.connect(self._failed_to_play)
        player.models = loader
        loader.loaded.connect(self._use_pipeline)
        loader.adjusted.connect(self._adjust)
        loader.failed.connect(self._failed_to_load)
        loader.state_changed.connect(self.update_enabled)
        loader.cancelled.connect(lambda: self.panel.show_settings(loader.settings))
        loader.cancelled.connect(player.go_on)
        self.capture.changed.connect(self.update_enabled)
        self.capture.notified.connect(self.notify)
        self.capture.watch.connect(self.open)
        self.panel.changed.connect(
            lambda wanted: ask_before_download(self.panel, loader.settings, wanted, self._request_settings)
        )
        self.panel.switched.connect(self._update_style)
        self.panel.heatmap_changed.connect(self.heat.choose)
        self.panel.display.heatmap_ended.connect(lambda text: self.notify(Notice("info", text, topic="models")))
        self.heat.found.connect(self.view.show_heat)
        self.heat.failed.connect(lambda error: self.notify(Notice("warning", sentence_of(error))))
        self.people.changed.connect(self._update_style)
        self.notes.changed.connect(self._update_style)
        self.welcome.chosen.connect(self.open)
        self.view.double_clicked.connect(self.full_screen.toggle)
        self.drag_drop.source_dropped.connect(self.open)
        self.drag_drop.clips_dropped.connect(self.features.queue.take)
        self.features.queue.source_chosen.connect(self.open)
        self.drag_drop.network_dropped.connect(self.importer.take)
        self.dialogs.source_chosen.connect(self.open)
        self.dialogs.network_picked.connect(self.importer.take)
        self.dialogs.preference_changed.connect(self._apply_preference)
        self.dialogs.shortcuts_changed.connect(self.session_state.follow)
        self.closing.over.connect(self._finish_closing)
        self.loss.notified.connect(self.notify)
        self.capture.recorder.started.connect(self.loss.notify_waiting)
        self._settling.timeout.connect(player.refresh)

    # Reactions to the parts.

    def _opened(self) -> None:
        source = self.player.source
        if source is None:
            return
        self.features.title.show()
        self.controls.show_source(source.duration_s, live=source.live, still=source.still, frames=source.frames)
        self.video_stack.banner.drop("source", "connection", "late")
        if self.player.film_note is not None and self.player.recorded:
            self.notify(drawn_film.notice(bool(self.player.analysis), self.player.analyse_again))
        self.video_stack.show_video()
        self.view.setFocus()
        self.view.show_nothing()
        self.heat.show_result(None, None)
        self.preferences.add_recent(self.player.asked)
        self.review.begin()
        self.capture.follow_source()
        self._update_style()
        self.update_enabled()
        if self._job.outputs:
            outputs, self._job = list(self._job.outputs), RunOptions("")
            self.record_to(outputs)

    def _show(self, result: Result) -> None:
        analysis = self.player.analysis
        self.view.show_result(result, analysis.skeleton if analysis is not None else None)
        self.status.show_result(result)
        self.review.panels.show_time(result.frame.time_s, bool(result.poses.people))
        self.heat.show_result(result, self.player.pipeline)
        if not self.player.overtaken:  # else the place that is asked for is shown already
            self.controls.show_time(result.frame.time_s, result.frame.index)
        if result.name:
            self.setWindowTitle(f"{result.name} – Stance")

    def _use_pipeline(self, pipeline: Pipeline) -> None:
        self.video_stack.banner.drop("models", "late")
        self.panel.show_settings(self.loader.settings)
        self.player.set_pipeline(pipeline, self.loader.settings)
        self._show_device(pipeline)
        self.panel.follow_model(pipeline.info)
        self.capture.follow_source()
        self.update_enabled()
        if (job := self._job).outputs:
            self.player.open(job.source, job.start_s, job.end_s, limit=job.limit, for_recording=True)

    def _show_device(self, pipeline: Pipeline) -> None:
        self.panel.show_unsupported(pipeline.unsupported)
        self.status.show_pipeline(pipeline)
        self.engine_panel.show_pipeline(pipeline)

    def _request_settings(self, settings: Settings) -> None:
        ask_before_analysis(self.panel, self.player, self.loader.settings, settings, self.model_memory.change)

    def _adjust(self, settings: Settings) -> None:
        self.player.adjust(settings)
        self.plots.plotted.threshold = settings.threshold
        self._update_style()
        if not self.player.playing:
            self._settling.start(SETTLE_MS)

    def _update_style(self) -> None:
        """Apply the draw style; not before a source is open, because the overlay imports OpenCV."""
        if self.player.source is not None:
            self.view.set_draw_style(self.draw_style())
            self.capture.camera_output.restyle()

    def draw_style(self) -> DrawStyle:
        """How people are drawn, by the side panel and the given names."""
        return self.panel.draw_style(self.review.panels.names())

    def _on_engine_event(self, kind: str, sentence: str) -> None:
        show_event(self.video_stack.banner, kind, sentence, self.capture.recording)
        if kind == "device_changed" and self.loader.pipeline is not None:
            self._show_device(self.loader.pipeline)

    def _failed_to_play(self, error: Exception, again: object) -> None:
        self.notify(Notice("error", sentence_of(error), tr("Retry"), again if callable(again) else None, "source"))
        self.welcome.resume()
        self.update_enabled()

    def _failed_to_load(self, error: Exception, settings: Settings) -> None:
        if self.loader.pipeline is not None:
            self.panel.show_settings(self.loader.settings)
        self.importer.report_failure(error, settings)
        self.player.go_on()

    def _apply_preference(self, name: str) -> None:
        if name == "reset" and self.welcome.recent is not None:
            self.welcome.recent.refresh()
        self.session_state.follow()

    def _save_state(self) -> None:
        self.session_state.keep()
        self.notes.save()
        self.features.compare.end()

    def update_enabled(self) -> None:
        """Enable the actions and models that can be used now."""
        if not self.capture.recording:
            self.video_stack.banner.drop("slow")
        reason = update_actions(self.actions_by_name, self.player, self.capture)
        self.status.show_reason(reason, "" if self.loader.pipeline else self.loader.failure)
        self.panel.models.set_enabled(not self.capture.recording, reason)
        self.features.figures.refresh()

    def _close_source(self) -> None:
        self.background.queue(self.player.close(STOP_S), nothing, nothing, self)
        self.setWindowTitle("Stance")
        self.controls.show_source(None, live=False)
        self.video_stack.show_welcome()
        self.update_enabled()

    # Full screen, colors, closing.

    def place_controls(self) -> None:
        """Put the controls under the video."""
        self._column.insertWidget(1, self.controls)
        self.controls.show()

    def _leave(self) -> None:
        """Close the newest message; without one, leave full screen."""
        if not self.video_stack.banner.close_newest() and self.isFullScreen():
            self.full_screen.toggle()

    def changeEvent(self, event: QEvent | None) -> None:
        """Redraw the icons when the palette changes."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_by_name"):
            update_action_icons(self.actions_by_name)
            self.update_enabled()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Finish the files first, without blocking; then close."""
        if event is not None and not self.closing.done:
            event.ignore()
            self.closing.begin()

    def _finish_closing(self) -> None:
        self.features.stop()
        self.background.close(1.0)
        self.close()
        self.closed.emit()
