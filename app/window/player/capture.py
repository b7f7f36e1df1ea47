"""Recordings, saved pictures, the last seconds and the virtual camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.core.file_names import save_image, show_in_folder
from app.window.core.tasks import TaskRunner, nothing
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.player.camera_output import CameraOutput
from app.window.player.last_seconds import LastSeconds
from app.window.player.player import Player
from app.window.player.recorder import Recorder, with_data
from app.window.player.session_names import SessionNames
from app.window.widgets.file_dialogs import (
    VIDEO_ENDINGS,
    pick_name,
    pick_picture,
    pick_recording,
    proposed_recording,
    short_stem,
)
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from PyQt6.QtGui import QImage

    from app.overlay import DrawStyle


class CaptureController(QObject):
    """Records ``player``, saves pictures of it, and names the files; ``recorder`` owns the recording.

    ``draw_style`` returns how people are drawn, ``picture`` the shown frame. ``last_seconds`` owns the buffer of a live
    source, ``camera_output`` the virtual camera.
    """

    notified = pyqtSignal(object)  # Notice
    changed = pyqtSignal()
    watch = pyqtSignal(str)  # a saved video, to be opened

    def __init__(
        self,
        background: TaskRunner,
        player: Player,
        actions: dict[str, QAction],
        draw_style: Callable[[], DrawStyle],
        picture: Callable[[], QImage],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.recorder = Recorder(background)
        self.last_seconds = LastSeconds(background, player, draw_style, self)
        self.camera_output = CameraOutput(background, player, actions["virtual-camera"], draw_style, self)
        self.asks = True  # for file names; not while the window is closing
        self._background = background
        self._player = player
        self._record_clean = actions["record-clean"]
        self._draw_style = draw_style
        self._picture = picture
        self._window = parent
        self.session = SessionNames()
        self.before_start: Callable[[Callable[[], None]], None] = lambda start: start()  # a countdown, say
        self._unnamed: Path | None = None  # the proposed name of a recording that is named when it ends
        self._naming = False
        for name, action in (
            ("record", self.record_or_finish),
            ("screenshot", self.save_picture),
            ("save-last", self.save_last),
            ("virtual-camera", lambda: self.camera_output.set_on(actions["virtual-camera"].isChecked())),
        ):
            actions[name].triggered.connect(lambda _, action=action: action())
        self.recorder.started.connect(self._recording_started)
        self.recorder.finishing.connect(self.changed)
        self.recorder.finished.connect(self._recorded)
        self.recorder.failed.connect(self._failed)
        self.recorder.missing.connect(lambda sentence: self.notified.emit(Notice("info", translate(sentence))))
        self.last_seconds.saved.connect(self.saved)
        self.last_seconds.failed.connect(self._failed)
        self.camera_output.opened.connect(self._camera_opened)
        self.camera_output.failed.connect(self._failed)

    @property
    def recording(self) -> bool:
        """Whether a recording is running."""
        return self.recorder.recording is not None

    def record_or_finish(self) -> None:
        """Record a video at once and ask for its name when the person ends it; for still pictures ask before."""
        source = self._player.source
        if self.recording:
            self._naming = self._unnamed is not None
            self.recorder.stop()
        elif source is not None and not source.still:
            self.before_start(self._record_unnamed)
        elif source is not None:
            path = pick_recording(self._window, source, self._player.title, self.recorder.folder)
            if path is not None:
                self.record_to(with_data(path))

    def _record_unnamed(self) -> None:
        """Record into files that are named when the recording ends."""
        if not self.recording and not self.recorder.busy:
            proposed = self._unnamed = self._proposed()
            self.record_to(with_data(proposed.with_stem(f"{proposed.stem}-recording")))

    def _proposed(self) -> Path:
        """A free name for a recording: by the session's pattern, if there is one."""
        title = self._player.title
        return proposed_recording(title, self.recorder.folder, self.session.stem(short_stem(title), datetime.now()))

    def record_to(self, paths: list[Path]) -> None:
        """Record the shown frames from now on, into all of ``paths``."""
        if self._player.source is not None:
            style = self._draw_style()
            if self._record_clean.isChecked() and style.privacy != "skeleton":  # else nothing would be left
                from app.overlay import NO_MARKS

                style = replace(style, skeleton=False, boxes=False, ids=False, marks=NO_MARKS)
            self.recorder.start(paths, self._player, style)

    def save_picture(self) -> None:
        """Ask for a name and save the shown frame with its people."""
        if self._player.current is None:
            return
        picture = self._picture()  # of the frame that is shown now, not of the one shown after the question
        path = pick_picture(self._window, self._player.title, self.recorder.folder)
        if path is not None:
            self._write_picture(picture, path)

    def save_picture_to(self, path: Path) -> None:
        """Save the shown frame with its people, at its own size."""
        self._write_picture(self._picture(), path)

    def _write_picture(self, picture: QImage, path: Path) -> None:
        if save_image(picture, path):
            self.saved([path])
        else:
            self.notified.emit(Notice("error", tr("The image {path} cannot be written.", path=path)))

    # Live sources.

    def follow_source(self) -> None:
        """Another source is shown, or other models are in use."""
        self.camera_output.follow_source()
        self.last_seconds.follow_source()

    def save_last(self) -> None:
        """Freeze the last seconds now, then ask for a name and save them."""
        write = self.last_seconds.take()
        if write is not None:
            path = pick_name(self._window, tr("Save replay"), self._proposed())
            if path is not None:
                write(with_data(path))

    def save_last_to(self, paths: list[Path]) -> None:
        """Save the last seconds into all of ``paths``."""
        write = self.last_seconds.take()
        if write is not None:
            write(paths)

    def _camera_opened(self, device: str) -> None:
        self.notified.emit(Notice("info", tr("Virtual camera on. Select {device} in other programs.", device=device)))

    # Results.

    def _recording_started(self) -> None:
        self.changed.emit()
        if self._player.current is None:
            self._player.play()
        else:
            self._player.refresh()  # so that the recording has the paused frame

    def _recorded(self, paths: list[Path]) -> None:
        """Rename the files: to the user's name if the user ended the recording; else to the proposed one."""
        proposed, naming, self._unnamed, self._naming = self._unnamed, self._naming and self.asks, None, False
        if proposed is None or not paths:
            self.saved(paths)
            return
        if naming:
            self._ask_for_name(paths, proposed)
        else:
            self._rename(paths, proposed)

    def _ask_for_name(self, paths: list[Path], proposed: Path) -> None:
        """Ask for the name of a recording whose files are ``paths``; cancelled, it stays and is offered again."""
        path = pick_name(self._window, tr("Save recording"), proposed)
        if path is not None:
            self._rename(paths, path)
            return
        self.changed.emit()
        sentence = tr("The recording was not saved under a name. It is still in {path}.", path=paths[0])
        more = ((tr("Discard"), partial(self._discard, paths)),)
        again = partial(self._ask_for_name, paths, proposed)
        self.notified.emit(Notice("warning", sentence, tr("Save…"), again, more=more))

    def _discard(self, paths: list[Path]) -> None:
        """Delete the files of a recording."""

        def work() -> None:
            for path in paths:
                path.unlink(missing_ok=True)

        self._background.run("rename", work, nothing, self._failed, self)

    def _rename(self, paths: list[Path], path: Path) -> None:
        """Give the files of a recording the name, and the formats, of ``path``."""
        self.recorder.folder = path.parent

        def work() -> list[Path]:
            from app.sinks.save_as import save_as

            return save_as(paths, with_data(path))

        def failed(error: Exception) -> None:
            self.saved([one for one in paths if one.exists()])
            self._failed(error)

        self._background.run("rename", work, self.saved, failed, self)

    def saved(self, paths: list[Path]) -> None:
        """Notify that ``paths`` were saved, with an offer to open or show them."""
        self.changed.emit()
        if not paths:
            self.notified.emit(Notice("info", tr("Nothing was recorded.")))
            return
        names = tr(" and ").join(path.name for path in paths)
        folder = paths[0].parent
        film = next((path for path in paths if path.suffix.lower() in VIDEO_ENDINGS.split()), None)
        if film is not None:
            sentence = tr("Saved {names} in {folder}.", names=names, folder=folder)
            more = ((tr("Show in folder"), partial(show_in_folder, film)),)
            self.notified.emit(Notice("info", sentence, tr("Watch"), partial(self.watch.emit, str(film)), more=more))
        else:
            show = partial(show_in_folder, paths[0])
            self.notified.emit(Notice("info", tr("Saved {names}.", names=names), tr("Show in folder"), show))

    def _failed(self, error: Exception) -> None:
        if not self.recording:
            self._naming, self._unnamed = False, None
        self.changed.emit()
        self.notified.emit(Notice("error", sentence_of(error)))
