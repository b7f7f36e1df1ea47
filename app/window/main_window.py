"""The window: lays its parts out and connects them; what may wait is done elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.settings import Job, Rotate, Settings
from app.window.actions import dress_actions, make_actions, name_action
from app.window.background import Background
from app.window.banner import Notice, sentence_of
from app.window.camera_menu import CameraMenu
from app.window.controls import Controls
from app.window.icons import icon
from app.window.importer import Importer
from app.window.loader import LOADING, ModelLoader
from app.window.picking import dropped, is_network, pick_file, pick_folder, pick_recording
from app.window.player import DEMO, Player
from app.window.recorder import Recorder, with_data
from app.window.side_panel import SWITCHES, SidePanel
from app.window.stage import Stage
from app.window.status import Status
from app.window.theme import RECORD_RED
from app.window.video_view import VideoView
from app.window.welcome import Welcome

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
    """The whole window. ``closed`` is emitted when everything has been stopped and every file finished."""

    closed = pyqtSignal()

    def __init__(self, settings: Settings, *, rotate: Rotate = "auto", mirror: bool = False) -> None:
        super().__init__()
        self.setWindowTitle("Stance")
        self.setAcceptDrops(True)
        self.resize(1180, 760)
        self.background = Background(self)
        self.loader = ModelLoader(self.background, settings)
        self.player = Player(self.background, settings, rotate)
        self.recorder = Recorder(self.background)
        self.deeds = make_actions(self)
        self.cameras = CameraMenu(self.background, self.open, self)
        self.view = VideoView()
        self.stage = Stage(Welcome(self.deeds, self.cameras), self.view)
        self.panel = SidePanel(settings)
        self.panel.switches["mirror"].setChecked(mirror)
        self.importer = Importer(self.background, self.loader, self.panel, self.tell)
        self.controls = Controls(self.deeds, self.cameras)
        self.status = Status()
        self._loading = self._opening = ""
        self._job = Job("")
        self._resume = False
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
        self._allow()

    # What a person can ask for.

    def load(self) -> None:
        """Load the models that the settings name."""
        self.loader.wish(self.panel.settings)

    def open(self, text: str) -> None:
        """Play another source; the one that is shown goes on until the new one has come."""
        self.player.open(text)

    def begin(self, job: Job) -> None:
        """Do what the command line asked for: where it is to be recorded, from the first frame on."""
        self._job = job
        if job.source and not job.outputs:
            self.player.open(job.source, job.start_s, job.end_s, limit=job.limit)
        self.load()

    def record_to(self, paths: list[Path]) -> None:
        """Record what is shown from now on into all of ``paths``."""
        if self.player.source is not None:
            self.recorder.start(paths, self.player, self._look())

    def tell(self, notice: Notice) -> None:
        """Show a message."""
        self.stage.banner.tell(notice)

    # Putting it together.

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.stage, 1)
        middle.addWidget(self.panel)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(middle, 1)
        self._column.addWidget(self.controls)
        self._column.addWidget(self.status)

    def _connect_deeds(self) -> None:
        player = self.player
        for name, deed in (
            ("open", lambda: self._pick(pick_file(self))),
            ("open-folder", lambda: self._pick(pick_folder(self))),
            ("import", self.importer.pick),
            ("demo", partial(self.open, DEMO)),
            ("play", lambda: player.pause() if player.playing else player.play()),
            ("step-back", partial(player.step, -1)),
            ("step-forward", partial(player.step, 1)),
            ("home", partial(player.seek, 0.0)),
            ("end", lambda: player.seek(player.source.duration_s or 0.0) if player.source else None),
            ("record", self._record_or_finish),
            ("full-screen", self._toggle_full_screen),
            ("panel", lambda: self.panel.setVisible(self.panel.isHidden())),
            ("leave", self._leave),
        ):
            self.deeds[name].triggered.connect(lambda _, deed=deed: deed())
        for name, *_ in SWITCHES:
            self.deeds[name].triggered.connect(self.panel.switches[name].toggle)

    def _connect_parts(self) -> None:
        player, loader, recorder, timeline = self.player, self.loader, self.recorder, self.controls.timeline
        player.doing.connect(partial(self._do, "_opening"))
        loader.doing.connect(partial(self._do, "_loading"))
        self.importer.doing.connect(partial(self._do, "_loading"))
        player.opened.connect(self._opened)
        player.shown.connect(self._show)
        player.playing_changed.connect(self._allow)
        player.ended.connect(recorder.stop)
        player.told.connect(self._hear)
        player.failed.connect(self._failed_to_play)
        player.expecting = lambda: loader.loading and player.pipeline is None
        loader.loaded.connect(self._use)
        loader.adjusted.connect(self._adjust)
        loader.failed.connect(self._failed_to_load)
        loader.failed.connect(lambda error, settings: player.go_on())
        loader.cancelled.connect(lambda: self.panel.show_settings(loader.settings))
        loader.cancelled.connect(player.go_on)
        recorder.started.connect(self._recording_started)
        recorder.finishing.connect(self._allow)
        recorder.finished.connect(self._recording_finished)
        recorder.failed.connect(self._failed_to_record)
        self.panel.changed.connect(loader.wish)
        self.panel.switched.connect(self._restyle)
        timeline.grabbed.connect(self._grab)
        timeline.sought.connect(player.seek)
        timeline.released.connect(self._release)
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
        self._restyle()
        self._allow()
        if self._job.outputs:
            outputs, self._job = list(self._job.outputs), Job("")
            self.record_to(outputs)

    def _show(self, result: Result) -> None:
        self.view.show_result(result, self.loader.pipeline.skeleton if self.loader.pipeline else None)
        self.status.show_result(result)
        source = self.player.source
        if source is None:
            return
        place = f"{result.frame.index + 1} of {source.frames}" if source.still else ""
        self.controls.show_time(result.frame.time_s, place)
        if result.name:
            self.setWindowTitle(f"{result.name} – Stance")
        if source.still and source.frames == 1:
            self.recorder.stop()

    def _use(self, pipeline: Pipeline) -> None:
        self.panel.show_settings(self.loader.settings)
        self.player.use(pipeline, self.loader.settings)
        self.status.show_pipeline(pipeline)
        self._allow()
        job = self._job
        if job.outputs:
            self.player.open(job.source, job.start_s, job.end_s, limit=job.limit, paused=True)

    def _adjust(self, settings: Settings) -> None:
        self.player.adjust(settings)
        self._restyle()
        if not self.player.playing:
            self._settling.start()

    def _restyle(self) -> None:
        """Draw people as the switches say, once there are any: the overlay brings OpenCV along."""
        if self.player.source is not None:
            self.view.set_look(self._look())

    def _look(self) -> Look:
        return self.panel.look({})

    def _hear(self, kind: str, sentence: str) -> None:
        if kind == "live":
            self.tell(Notice("info", sentence))
        else:
            self.tell(Notice("warning", sentence))

    def _failed_to_play(self, error: Exception, again: object) -> None:
        self.tell(Notice("error", sentence_of(error), "Retry", again if callable(again) else None))
        self._allow()

    def _failed_to_load(self, error: Exception, settings: Settings) -> None:
        if self.loader.pipeline is not None:
            self.panel.show_settings(self.loader.settings)
        self.tell(self.importer.way_out(error, settings))

    def _do(self, what: str, text: str) -> None:
        setattr(self, what, text)
        self._show_doing()

    def _show_doing(self) -> None:
        """What takes long beyond loading can be called off."""
        lasting = self._loading not in ("", LOADING) and not self._opening
        self.stage.show_doing(self._opening or self._loading, self.loader.cancel if lasting else None)

    def _allow(self) -> None:
        """Offer what makes sense now."""
        player, recording = self.player, self.recorder.recording is not None
        here, playing = player.source is not None, player.playing
        for name in ("play", "step-forward"):
            self.deeds[name].setEnabled(here)
        for name in ("step-back", "home", "end"):
            self.deeds[name].setEnabled(here and player.seekable)
        name_action(self.deeds["play"], "Pause" if playing else "Play")
        self.deeds["play"].setIcon(icon("pause" if playing else "play"))
        self.deeds["record"].setEnabled(not self.recorder.busy and here and player.pipeline is not None)
        name_action(self.deeds["record"], "Finish the recording" if recording else "Record")
        self.deeds["record"].setIcon(icon("stop" if recording else "record", RECORD_RED))
        self._refresh_figures()
        self.panel.set_models_enabled(not recording, "The models stay while something is recorded")
        self.deeds["import"].setEnabled(not recording)

    def _refresh_figures(self) -> None:
        self.status.refresh(self.player.engine, self.view.age_ms, self.player.playing)
        recording = self.recorder.recording
        self.controls.show_recorded(recording.seconds if recording else None)

    # The time line.

    def _grab(self) -> None:
        self._resume = self.player.playing
        self.player.pause()

    def _release(self) -> None:
        if self._resume:
            self.player.play()

    # Opening by hand.

    def _pick(self, text: str) -> None:
        if text:
            self.open(text)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take files, folders and addresses."""
        if event is not None and event.mimeData() is not None and dropped(event):
            event.acceptProposedAction()
            self.stage.show_doing("Drop to import" if is_network(dropped(event)) else "Drop to open")

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        """Changed their mind."""
        self._show_doing()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open the first of what was dropped, or import it."""
        self._show_doing()
        if event is not None and (text := dropped(event)):
            event.acceptProposedAction()
            if is_network(text):
                self.importer.take(Path(text))
            else:
                self.open(text)

    # Recording.

    def _record_or_finish(self) -> None:
        if self.recorder.recording is not None:
            self.recorder.stop()
            return
        source = self.player.source
        if source is None:
            return
        path = pick_recording(self, source, self.player.title, self.recorder.folder)
        if path is not None:
            self.record_to(with_data(path))

    def _recording_started(self) -> None:
        self._allow()
        if self.player.current is None:
            self.player.play()
        else:
            self.player.refresh()  # so that a standing frame is in it

    def _recording_finished(self, paths: list[Path]) -> None:
        self._allow()
        if not paths:
            self.tell(Notice("info", "Nothing was recorded."))
            return
        names = " and ".join(path.name for path in paths)
        folder = QUrl.fromLocalFile(str(paths[0].parent))
        self.tell(Notice("info", f"Saved {names}.", "Show folder", partial(QDesktopServices.openUrl, folder)))

    def _failed_to_record(self, error: Exception) -> None:
        self._allow()
        self.tell(Notice("error", sentence_of(error)))

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
        recording = self.recorder.recording is not None
        if recording and not self._closing:
            self.stage.show_doing("Finishing the recording")
        else:
            self.hide()
        if not self._closing:
            self._closing = True
            stop = self.player.close(FINISH_S if recording else STOP_S)
            self.background.queue(stop, self._go, self._go)

    def _go(self, _: object) -> None:
        if self.recorder.recording is not None:  # its last lines are being written
            self.recorder.finished.connect(self._go)
            self.recorder.failed.connect(self._go)
            return
        self._stopped = True
        self._figures.stop()
        self.background.close(1.0)
        self.close()
        self.closed.emit()
