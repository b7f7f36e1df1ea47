"""Everything that leaves the window: recordings, the last seconds, pictures, and the picture for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QAction, QDesktopServices
from PyQt6.QtWidgets import QWidget

from app.window.background import Background
from app.window.banner import Notice, sentence_of
from app.window.picking import pick_picture, pick_recording
from app.window.player import Player
from app.window.recorder import Recorder, with_data
from app.window.words import tr

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage

    from app.engine import Engine
    from app.overlay import Look
    from app.sinks.ring import Ring
    from app.sinks.virtual_camera import VirtualCamera


class Capture(QObject):
    """Records and saves what ``player`` shows; ``look`` tells how it is drawn, ``picture`` gives the shown frame.

    Of what is live the last ``ring_s`` seconds are kept.
    """

    told = pyqtSignal(object)  # Notice
    changed = pyqtSignal()

    def __init__(
        self,
        background: Background,
        player: Player,
        deeds: dict[str, QAction],
        look: Callable[[], Look],
        picture: Callable[[], QImage],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.recorder = Recorder(background)
        self.ring_s = 10.0
        self._background = background
        self._player = player
        self._deeds = deeds
        self._look = look
        self._picture = picture
        self._window = parent
        self._ring: Ring | None = None
        self._ringing: Engine | None = None
        self._camera: VirtualCamera | None = None
        self._filmed: Engine | None = None
        for name, deed in (
            ("record", self.record_or_finish),
            ("screenshot", self.save_picture),
            ("save-last", self.save_last),
            ("virtual-camera", lambda: self.be_camera(deeds["virtual-camera"].isChecked())),
        ):
            deeds[name].triggered.connect(lambda _, deed=deed: deed())
        self.recorder.started.connect(self._recording_started)
        self.recorder.finishing.connect(self.changed)
        self.recorder.finished.connect(self._saved)
        self.recorder.failed.connect(self._failed)

    @property
    def recording(self) -> bool:
        """Whether something is being recorded."""
        return self.recorder.recording is not None

    def record_or_finish(self) -> None:
        """Ask where to record to, or finish what is recorded."""
        source = self._player.source
        if self.recording:
            self.recorder.stop()
        elif source is not None:
            path = pick_recording(self._window, source, self._player.title, self.recorder.folder)
            if path is not None:
                self.record_to(with_data(path))

    def record_to(self, paths: list[Path]) -> None:
        """Record what is shown from now on into all of ``paths``."""
        if self._player.source is not None:
            look = self._look()
            if self._deeds["record-clean"].isChecked():
                look = replace(look, skeleton=False, boxes=False, ids=False)
            self.recorder.start(paths, self._player, look)

    def save_picture(self) -> None:
        """Ask where to save the shown frame with its people."""
        if self._player.current is None:
            return
        path = pick_picture(self._window, self._player.title, self.recorder.folder)
        if path is not None:
            self.save_picture_to(path)

    def save_picture_to(self, path: Path) -> None:
        """Save the shown frame at its own size, with its people."""
        if self._picture().save(str(path)):
            self._saved([path])
        else:
            self.told.emit(Notice("error", tr("The picture {path} cannot be written.", path=path)))

    # What is live.

    def follow_source(self) -> None:
        """Another source or other networks: keep its last seconds, if it is live; be no camera any more."""
        engine, pipeline = self._player.engine, self._player.pipeline
        if self._camera is not None and engine is not self._filmed:
            self._deeds["virtual-camera"].setChecked(False)
            self.be_camera(False)
        if engine is None or pipeline is None or engine is self._ringing or not engine.source.live or not self.ring_s:
            return
        from app.sinks.ring import Ring

        self._ring, self._ringing = Ring(self.ring_s), engine
        engine.add_sink(self._ring)

    @property
    def can_save_last(self) -> bool:
        """Whether there are last seconds to be saved."""
        return self._ring is not None and self._ringing is self._player.engine

    def save_last(self) -> None:
        """Ask where to save the last seconds."""
        if self._player.source is not None and self.can_save_last:
            path = pick_recording(self._window, self._player.source, self._player.title, self.recorder.folder)
            if path is not None:
                self.save_last_to(with_data(path))

    def save_last_to(self, paths: list[Path]) -> None:
        """Save what is kept of the last seconds into all of ``paths``."""
        ring, source, pipeline = self._ring, self._player.source, self._player.pipeline
        if ring is None or source is None or pipeline is None:
            return
        look, text = self._look(), self._player.text

        def work() -> list[Path]:
            from app.engine.header import describe
            from app.sinks import open_sinks

            ring.pour(open_sinks(paths, describe(text, source, pipeline), look))
            return paths

        self._background.run("ring", work, self._saved, self._failed)

    def be_camera(self, wanted: bool) -> None:
        """Be a camera for other programs from now on, or no more."""
        camera, engine, self._camera = self._camera, self._filmed, None
        if camera is not None and engine is not None:
            self._background.queue(partial(engine.remove_sink, camera), _nothing, self._failed)
        if wanted:
            self._open_camera()

    def restyle(self) -> None:
        """Draw for other programs as the window does now."""
        if self._camera is not None:
            self._camera.look = self._look()

    def _open_camera(self) -> None:
        engine, pipeline, text, look = self._player.engine, self._player.pipeline, self._player.text, self._look()
        if engine is None or pipeline is None:
            self._deeds["virtual-camera"].setChecked(False)
            return

        def work() -> VirtualCamera:
            from app.engine.header import describe
            from app.sinks.virtual_camera import VirtualCamera

            return VirtualCamera(describe(text, engine.source, pipeline), look)

        def done(camera: VirtualCamera) -> None:
            self._camera, self._filmed = camera, engine
            engine.add_sink(camera)
            self.told.emit(Notice("info", tr("Other programs see this picture as {device}.", device=camera.device)))

        def failed(error: Exception) -> None:
            self._deeds["virtual-camera"].setChecked(False)
            self._failed(error)

        self._background.run("virtual-camera", work, done, failed)

    # How it went.

    def _recording_started(self) -> None:
        self.changed.emit()
        if self._player.current is None:
            self._player.play()
        else:
            self._player.refresh()  # so that a standing frame is in it

    def _saved(self, paths: list[Path]) -> None:
        self.changed.emit()
        if not paths:
            self.told.emit(Notice("info", tr("Nothing was recorded.")))
            return
        names = tr(" and ").join(path.name for path in paths)
        folder = QUrl.fromLocalFile(str(paths[0].parent))
        show = partial(QDesktopServices.openUrl, folder)
        self.told.emit(Notice("info", tr("Saved {names}.", names=names), tr("Show folder"), show))

    def _failed(self, error: Exception) -> None:
        self.changed.emit()
        self.told.emit(Notice("error", sentence_of(error)))


def _nothing(answer: object) -> None:
    """Nobody waits for this answer."""
