"""The window: lays its parts out and connects them; what may wait is done elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.settings import Job, Rotate, Settings
from app.window.actions import dress_actions, make_actions
from app.window.background import Background
from app.window.banner import Notice, sentence_of
from app.window.camera_menu import CameraMenu
from app.window.capture import Capture
from app.window.controls import Controls
from app.window.desk import Desk
from app.window.dialogs import Dialogs
from app.window.drops import Drops
from app.window.engine_panel import EnginePanel
from app.window.heat_finder import HeatFinder
from app.window.importer import Importer
from app.window.loader import LOADING, ModelLoader
from app.window.memory import Memory
from app.window.menus import CAMERAS, RECENT, menu_bar
from app.window.offers import offer_deeds
from app.window.opening import DEMO
from app.window.people_table import PeopleTable
from app.window.player import Player
from app.window.plot_panel import PlotPanel
from app.window.preferences import Preferences
from app.window.review import Review
from app.window.sentences import told
from app.window.side_panel import SWITCHES, SidePanel
from app.window.stage import Stage
from app.window.status import Status
from app.window.video_view import VideoView
from app.window.welcome import Welcome
from app.window.words import tr

if TYPE_CHECKING:
    from app.engine import Result
    from app.overlay import Look
    from app.pipeline import Pipeline

STOP_S = 2.0
FINISH_S = 60.0
"""A recording may take so long to be finished when the window is closed."""
SETTLE_MS = 150
"""So long a slider has to rest before the standing frame is looked at once more."""


class MainWindow(QWidget):
    """The whole window. ``closed`` is emitted when everything has been stopped and every file finished.

    What a person changes is kept in ``preferences`` (none: for as long as the window lives).
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
        self.resize(1180, 760)
        self.preferences = preferences or Preferences()
        self.background = Background(self)
        self.loader = ModelLoader(self.background, settings)
        self.player = Player(self.background, settings, rotate)
        self.deeds = make_actions(self)
        self.cameras = CameraMenu(self.background, self.open, self)
        self.view = VideoView()
        self.welcome = Welcome(self.deeds, self.cameras, self.background, self.preferences)
        self.stage = Stage(self.welcome, self.view)
        self.panel = SidePanel(settings)
        self.panel.switches["mirror"].setChecked(mirror)
        self.importer = Importer(self.background, self.loader, self.panel, self.preferences, self.tell)
        self.controls = Controls(self.deeds, self.cameras)
        self.status = Status()
        self.plots = PlotPanel(self.background)
        self.people = PeopleTable(self.background)
        self.engine_panel = EnginePanel()
        self.desk = Desk(self.stage)
        self.capture = Capture(
            self.background, self.player, self.deeds, self.look, partial(self.view.screenshot, True), self
        )
        self.heat = HeatFinder(self.background)
        self.review = Review(self.player, self.controls, self.view, self.plots, self.people, self.deeds)
        self.dialogs = Dialogs(self)
        self.drops = Drops(self)
        self.memory = Memory(self.preferences, self, self.desk, self.panel, self.plots, self.capture, self.deeds)
        self._loading = self._opening = ""
        self._job = Job("")
        self._panel_was_shown = True
        self._closing = self._stopped = False
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._figures = QTimer(self)
        self._figures.setInterval(250)
        self._figures.start()
        self._lay_out()
        self._connect_deeds()
        self._connect_parts()
        self.memory.restore()
        self._allow()

    # What a person can ask for.

    def load(self) -> None:
        """Load the models that the settings name."""
        self.loader.wish(self.panel.settings)

    def open(self, text: str) -> None:
        """Play another source; the one that is shown goes on until the new one has come."""
        self.welcome.release(partial(self.player.open, text))

    def begin(self, job: Job) -> None:
        """Do what the command line asked for: where it is to be recorded, from the first frame on."""
        self._job = job
        if job.source and not job.outputs:
            self.welcome.release(partial(self.player.open, job.source, job.start_s, job.end_s, limit=job.limit))
        self.load()
        self.capture.recorder.sweep()

    def record_to(self, paths: list[Path]) -> None:
        """Record what is shown from now on into all of ``paths``."""
        self.capture.record_to(paths)

    def tell(self, notice: Notice) -> None:
        """Show a message."""
        self.stage.banner.tell(notice)

    # Putting it together.

    def _lay_out(self) -> None:
        left, bottom = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self.desk.dock("plots", tr("Plots"), self.plots, bottom, 250)
        self.desk.dock("people", tr("People"), self.people, left, 300)
        self.desk.dock("engine", tr("Engine"), self.engine_panel, left, 260)
        menus = {CAMERAS: self.cameras, RECENT: self.dialogs.recent}
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.desk, 1)
        middle.addWidget(self.panel)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.menus = menu_bar(self.deeds, menus, self.desk.panels(), self)
        self._column.setMenuBar(self.menus)
        self._column.addLayout(middle, 1)
        self._column.addWidget(self.controls)
        self._column.addWidget(self.status)

    def _connect_deeds(self) -> None:
        view = self.view
        for name, deed in (
            ("import", self.importer.pick),
            ("demo", partial(self.open, DEMO)),
            ("close-source", self._close_source),
            ("quit", self.close),
            ("full-screen", self._toggle_full_screen),
            ("zoom-in", partial(view.zoom_by, 1.25)),
            ("zoom-out", partial(view.zoom_by, 0.8)),
            ("zoom-fit", view.zoom_fit),
            ("zoom-actual", view.zoom_actual),
            ("panel", lambda: self.panel.setVisible(self.panel.isHidden())),
            ("leave", self._leave),
        ):
            self.deeds[name].triggered.connect(lambda _, deed=deed: deed())
        for name, *_ in SWITCHES:
            self.deeds[name].triggered.connect(self.panel.switches[name].toggle)

    def _connect_parts(self) -> None:
        player, loader = self.player, self.loader
        player.doing.connect(partial(self._do, "_opening"))
        loader.doing.connect(partial(self._do, "_loading"))
        self.importer.doing.connect(partial(self._do, "_loading"))
        player.opened.connect(self._opened)
        player.shown.connect(self._show)
        player.playing_changed.connect(self._allow)
        player.ended.connect(self.capture.recorder.stop)
        player.told.connect(self._hear)
        player.failed.connect(self._failed_to_play)
        player.expecting = lambda: loader.loading and player.pipeline is None
        loader.loaded.connect(self._use)
        loader.adjusted.connect(self._adjust)
        loader.failed.connect(self._failed_to_load)
        loader.failed.connect(lambda error, settings: player.go_on())
        loader.cancelled.connect(lambda: self.panel.show_settings(loader.settings))
        loader.cancelled.connect(player.go_on)
        self.capture.changed.connect(self._allow)
        self.capture.told.connect(self.tell)
        self.panel.changed.connect(self._wish)
        self.panel.switched.connect(self._restyle)
        self.panel.heatmap_changed.connect(self.heat.choose)
        self.heat.found.connect(self.view.show_heat)
        self.heat.failed.connect(lambda error: self.tell(Notice("warning", sentence_of(error))))
        self.people.changed.connect(self._restyle)
        self.plots.failed.connect(lambda error: self.tell(Notice("error", sentence_of(error))))
        self.plots.exported.connect(lambda path: self.tell(Notice("info", tr("Saved {names}.", names=path.name))))
        self.welcome.chosen.connect(self.open)
        self.view.double_clicked.connect(self._toggle_full_screen)
        self._settling.timeout.connect(player.refresh)
        self._figures.timeout.connect(self._refresh_figures)

    # What the parts tell.

    def _opened(self) -> None:
        source = self.player.source
        if source is None:
            return
        self.setWindowTitle(f"{self.player.title} – Stance")
        self.controls.show_source(source.duration_s, live=source.live)
        if self.loader.pipeline is not None or self.loader.loading:  # else it tells why nobody is found
            self.stage.banner.hide()
        self.stage.show_video()
        self.view.setFocus()
        self.view.show_nothing()
        self.heat.look(None, None)
        self.preferences.add_recent(self.player.asked)
        self.review.begin()
        self.capture.follow_source()
        self._restyle()
        self._allow()
        if self._job.outputs:
            outputs, self._job = list(self._job.outputs), Job("")
            self.record_to(outputs)

    def _show(self, result: Result) -> None:
        analysis = self.player.analysis
        self.view.show_result(result, analysis.skeleton if analysis is not None else None)
        self.status.show_result(result)
        self.review.show_time(result.frame.time_s)
        self.heat.look(result, self.player.pipeline.estimator if self.player.pipeline else None)
        source = self.player.source
        if source is None:
            return
        place = tr("{number} of {count}", number=result.frame.index + 1, count=source.frames) if source.still else ""
        self.controls.show_time(result.frame.time_s, place)
        if result.name:
            self.setWindowTitle(f"{result.name} – Stance")
        if source.still and source.frames == 1:
            self.capture.recorder.stop()

    def _use(self, pipeline: Pipeline) -> None:
        self.panel.show_settings(self.loader.settings)
        self.player.use(pipeline, self.loader.settings)
        self._show_device(pipeline)
        reason = "" if pipeline.estimator.has_heat else tr("This model answers coordinates alone")
        self.panel.offer_heatmaps(pipeline.skeleton.names if pipeline.estimator.has_heat else (), reason)
        self.capture.follow_source()
        self._allow()
        job = self._job
        if job.outputs:
            self.player.open(job.source, job.start_s, job.end_s, limit=job.limit, paused=True)

    def _show_device(self, pipeline: Pipeline) -> None:
        self.status.show_pipeline(pipeline)
        self.engine_panel.show_pipeline(pipeline)

    def _wish(self, settings: Settings) -> None:
        self.preferences.keep_change(self.loader.settings, settings)
        self.loader.wish(settings)

    def _adjust(self, settings: Settings) -> None:
        self.player.adjust(settings)
        self.plots.threshold = settings.threshold
        self._restyle()
        if not self.player.playing:
            self._settling.start()

    def _restyle(self) -> None:
        """Draw people as the switches say, once there are any: the overlay brings OpenCV along."""
        if self.player.source is not None:
            self.view.set_look(self.look())
            self.capture.restyle()

    def look(self) -> Look:
        return self.panel.look(self.review.names())

    def _hear(self, kind: str, sentence: str) -> None:
        self.tell(Notice("info" if kind == "live" else "warning", told(sentence)))
        if kind == "moved" and self.loader.pipeline is not None:
            self._show_device(self.loader.pipeline)

    def _failed_to_play(self, error: Exception, again: object) -> None:
        self.tell(Notice("error", sentence_of(error), tr("Retry"), again if callable(again) else None))
        self.welcome.resume()
        self._allow()

    def _failed_to_load(self, error: Exception, settings: Settings) -> None:
        if self.loader.pipeline is not None:
            self.panel.show_settings(self.loader.settings)
        self.tell(self.importer.way_out(error, settings))

    def _do(self, what: str, text: str) -> None:
        setattr(self, what, text)
        self.show_doing()

    def show_doing(self) -> None:
        """Say what is going on; what takes long beyond loading can be called off."""
        lasting = self._loading not in ("", tr(LOADING)) and not self._opening
        self.stage.show_doing(self._opening or self._loading, self.loader.cancel if lasting else None)

    def _allow(self) -> None:
        """Offer what makes sense now."""
        offer_deeds(self.deeds, self.player, self.capture)
        self._refresh_figures()
        reason = tr("The models stay while something is recorded")
        self.panel.set_models_enabled(not self.capture.recording, reason)

    def _refresh_figures(self) -> None:
        player, recording = self.player, self.capture.recorder.recording
        self.status.refresh(player.engine, self.view.age_ms, player.playing)
        self.engine_panel.refresh(player.engine, self.view.age_ms, player.playing)
        self.controls.show_recorded(recording.seconds if recording else None)
        self.review.refresh()

    def _close_source(self) -> None:
        self.background.queue(self.player.close(STOP_S), _nothing, _nothing)
        self.setWindowTitle("Stance")
        self.controls.show_source(None, live=False)
        self.stage.show_welcome()
        self._allow()

    # Screen, colours, end.

    def _toggle_full_screen(self) -> None:
        full = not self.isFullScreen()
        if full:
            self._panel_was_shown = not self.panel.isHidden()
            self.stage.float_at_bottom(self.controls)
            self.showFullScreen()
        else:
            self.stage.float_at_bottom(None)
            self._column.insertWidget(1, self.controls)
            self.controls.show()
            self.showNormal()
        self.panel.setVisible(self._panel_was_shown and not full)
        self.desk.clear(full)
        self.menus.setVisible(not full)
        self.status.setVisible(not full)
        self.view.setFocus()  # or a button that has moved would get it, and Space with it

    def _leave(self) -> None:
        """Close the message, else the full screen."""
        if self.stage.banner.isVisible():
            self.stage.banner.hide()
        elif self.isFullScreen():
            self._toggle_full_screen()

    def changeEvent(self, event: QEvent | None) -> None:
        """Icons follow the palette."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "deeds"):
            dress_actions(self.deeds)
            self._allow()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Finish what is being written, without standing still, then go."""
        if event is None or self._stopped:
            return
        event.ignore()
        recording = self.capture.recording
        if recording and not self._closing:
            self.stage.show_doing(tr("Finishing the recording"))
        else:
            self.hide()
        if not self._closing:
            self._closing = True
            self.memory.keep()
            self.dialogs.close()
            stop = self.player.close(FINISH_S if recording else STOP_S)
            self.background.queue(stop, self._go, self._go)

    def _go(self, _: object) -> None:
        recorder = self.capture.recorder
        if recorder.recording is not None:  # its last lines are being written
            recorder.finished.connect(self._go)
            recorder.failed.connect(self._go)
            return
        self._stopped = True
        self._figures.stop()
        self.background.close(1.0)
        self.close()
        self.closed.emit()


def _nothing(answer: object) -> None:
    """Nobody waits for this answer."""
