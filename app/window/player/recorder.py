"""Records the shown frames: as video with the people drawn on it, or the people as data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.errors import StanceError
from app.window.core.tasks import TaskRunner, nothing
from app.window.i18n.translations import installed_language

if TYPE_CHECKING:
    from app.core.people import Frame, FramePoses
    from app.engine import Engine
    from app.overlay import DrawStyle
    from app.sinks import Sink
    from app.window.player.player import Player

log = logging.getLogger(__name__)


class Recording:
    """A sink that writes several files and owns their sinks; it finishes all as soon as one fails.

    Files without a frame are removed. ``closed`` is called once, from the thread that closes it. ``fps`` is the nominal
    frame rate of the source, None if it is unknown. The files are finished after ``limit`` frames, if that is given.
    ``frames`` have been written so far; ``seconds`` is the time of the last one in a recorded film.
    """

    def __init__(
        self,
        paths: list[Path],
        sinks: Sequence[Sink],
        closed: Callable[[Recording], None],
        fps: float | None = None,
        limit: int | None = None,
    ) -> None:
        from app.sinks.film_clock import FilmClock

        self.paths = paths
        self.made: list[Path] = []
        self.failure: StanceError | None = None
        self.unwritten: list[str] = []
        self.seconds = 0.0
        self._sinks = list(sinks)
        self._closed: Callable[[Recording], None] | None = closed
        self.frames = 0
        self._limit = limit
        self._clock = FilmClock(fps)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame to every file."""
        from app.sinks import catching_errors

        for sink in self._sinks:
            with catching_errors(sink, self._fail):
                sink.write(frame, poses, name)
        self.frames += 1
        self.seconds = self._clock.place_s(frame.time_s)
        if self.failure is not None or self.frames == self._limit:
            self.close()

    def close(self) -> None:
        """Finish every file; idempotent."""
        from app.sinks import catching_errors, unwritten

        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            with catching_errors(sink, self._fail):
                sink.close()
        self.made += [path for sink in sinks for path in sink.paths]
        if not self.frames:  # files without a frame are removed
            for path in self.made:
                path.unlink(missing_ok=True)
        self.unwritten += unwritten(sinks)
        closed, self._closed = self._closed, None
        if closed is not None:
            closed(self)

    def _fail(self, error: StanceError) -> None:
        self.failure = self.failure or error


class Recorder(QObject):
    """Owns the recording, at most one at a time; its files are opened and finished in ``background``."""

    started = pyqtSignal()
    finishing = pyqtSignal()
    finished = pyqtSignal(object)  # the paths, if nothing failed
    missing = pyqtSignal(object)  # why a file was not made although nothing failed
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner) -> None:
        super().__init__(background)
        self.recording: Recording | None = None
        self.busy = False
        self.folder: Path | None = None
        self._background = background
        self._engine: Engine | None = None

    def start(self, paths: list[Path], player: Player, style: DrawStyle) -> None:
        """Record the frames that ``player`` shows from now on, into all of ``paths``."""
        engine, pipeline = player.engine, player.pipeline
        if engine is None or pipeline is None or self.busy or self.recording is not None:
            return
        self.busy = True
        self.folder = paths[0].parent

        closed, language = self._background.callback(self._note_closed, self), installed_language()
        scale, analysis, repeated = player.scale, player.analysis, player.repeated

        def work() -> Recording:
            from app.engine.depth_check import check_depth_outputs
            from app.engine.header import make_header, with_people, with_scale
            from app.sinks import open_sinks

            if engine.source.live:  # of a file, people with points may have been analysed before
                check_depth_outputs(paths, pipeline)
            header = replace(make_header(player.text, engine.source, pipeline, language), repeated=repeated)
            header, named = with_people(with_scale(header, scale, style.threshold), style, analysis)
            only = 1 if engine.source.still and engine.source.frames == 1 else None
            return Recording(paths, open_sinks(paths, header, named), closed, header.fps, only)

        def done(recording: Recording) -> None:
            self.busy = False
            if player.engine is not engine:  # another source was opened meanwhile
                self._background.queue(recording.close, nothing, self._fail, self)
                return
            self.recording, self._engine = recording, engine
            try:
                engine.add_sink(recording)
            except StanceError as error:  # the engine has ended meanwhile and has closed the files
                recording.failure = recording.failure or error
            else:
                self.started.emit()

        self._background.run("record", work, done, self._fail, self)

    def stop(self) -> None:
        """Stop recording and finish the files."""
        recording, engine = self.recording, self._engine
        if recording is None or engine is None or self.busy:
            return
        self.busy = True
        self.finishing.emit()
        self._background.run("finish", lambda: engine.remove_sink(recording), nothing, self._fail, self)

    def sweep(self, folders: Sequence[Path]) -> None:
        """Remove unfinished files of killed processes from ``folders``, and from those of recordings and networks."""
        from app.window.widgets.file_dialogs import films

        swept = {self.folder or films(), *folders}

        def work() -> None:
            from app.sinks.output_lock import sweep
            from app.zoo import cache

            cache.sweep()
            for folder in swept:
                sweep(folder)

        self._background.queue(work, nothing, nothing, self)

    def _note_closed(self, recording: Recording) -> None:
        """The files are finished: by this recorder, by the end of the engine, or by the recording itself."""
        engine, removing = self._engine, self.busy
        self.recording, self._engine, self.busy = None, None, False
        for sentence in recording.unwritten:
            self.missing.emit(sentence)
        if engine is not None and not removing:
            self._background.run("finish", lambda: engine.remove_sink(recording), nothing, self._fail, self)
        if recording.failure is None:
            self.finished.emit([path for path in recording.made if path.exists()])
        else:
            self.failed.emit(recording.failure)

    def _fail(self, error: Exception) -> None:
        self.busy = False
        self.failed.emit(error)


def with_data(path: Path) -> list[Path]:
    """``path`` and, if it is a video, a free name beside it for the data of its people."""
    from app.sinks import VIDEO_ENDINGS

    if path.suffix.lower() not in VIDEO_ENDINGS:
        return [path]
    beside, number = path.with_suffix(".jsonl"), 2
    while beside.exists():
        beside = path.with_name(f"{path.stem}-{number}.jsonl")
        number += 1
    return [path, beside]
