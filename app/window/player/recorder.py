"""Recording what is shown: the picture with the people on it, or the people as data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.errors import StanceError
from app.window.background import Background

if TYPE_CHECKING:
    from app.engine import Engine
    from app.overlay import Look
    from app.people import Frame, FramePoses
    from app.sinks import Sink
    from app.window.player import Player

log = logging.getLogger(__name__)

GAP_S = 1.0
"""A longer way from one recorded frame to the next was a seek or a pause, and counts for nothing."""


class Recording:
    """A sink that feeds several files, and finishes all of them as soon as one fails.

    ``closed`` is called once, by whichever thread closes it. ``seconds`` is the time that was recorded.
    """

    def __init__(self, paths: list[Path], sinks: list[Sink], closed: Callable[[Recording], None]) -> None:
        self.paths = paths
        self.made: list[Path] = []
        self.failure: StanceError | None = None
        self.seconds = 0.0
        self._sinks = sinks
        self._closed: Callable[[Recording], None] | None = closed
        self._last_s: float | None = None

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame to every file."""
        try:
            for sink in self._sinks:
                sink.write(frame, poses, name)
        except StanceError as error:
            self.failure = error
            self.close()
            return
        if self._last_s is not None and 0 < frame.time_s - self._last_s < GAP_S:
            self.seconds += frame.time_s - self._last_s
        self._last_s = frame.time_s

    def close(self) -> None:
        """Finish every file; idempotent."""
        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            try:
                sink.close()
            except StanceError as error:
                self.failure = self.failure or error
        self.made += [path for sink in sinks for path in sink.paths]
        closed, self._closed = self._closed, None
        if closed is not None:
            closed(self)


class Recorder(QObject):
    """At most one recording at a time; opening and finishing its files is done in ``background``."""

    started = pyqtSignal()
    finishing = pyqtSignal()
    finished = pyqtSignal(object)  # the paths, where all went well
    failed = pyqtSignal(object)
    _closed = pyqtSignal(object)

    def __init__(self, background: Background) -> None:
        super().__init__(background)
        self.recording: Recording | None = None
        self.busy = False
        self.folder: Path | None = None
        self._background = background
        self._engine: Engine | None = None
        self._closed.connect(self._note_closed)

    def start(self, paths: list[Path], player: Player, look: Look) -> None:
        """Record what ``player`` shows from now on into all of ``paths``."""
        engine, pipeline = player.engine, player.pipeline
        if engine is None or pipeline is None or self.busy or self.recording is not None:
            return
        self.busy = True
        self.folder = paths[0].parent

        def work() -> Recording:
            from app.engine.header import describe
            from app.sinks import open_sinks

            header = describe(player.text, engine.source, pipeline)
            return Recording(paths, open_sinks(paths, header, look), self._closed.emit)

        def done(recording: Recording) -> None:
            self.busy = False
            if player.engine is not engine:  # another source has come in between
                self._background.queue(recording.close, _nothing, self._fail)
                return
            self.recording, self._engine = recording, engine
            engine.add_sink(recording)
            self.started.emit()

        self._background.run("record", work, done, self._fail)

    def stop(self) -> None:
        """Finish the files with what has been shown so far."""
        recording, engine = self.recording, self._engine
        if recording is None or engine is None or self.busy:
            return
        self.busy = True
        self.finishing.emit()
        self._background.run("finish", lambda: engine.remove_sink(recording), _nothing, self._fail)

    def sweep(self) -> None:
        """Remove what killed processes left where recordings go, and among the networks."""
        from app.window.picking import films

        folder = self.folder or films()

        def work() -> None:
            from app.sinks.held import sweep
            from app.zoo import cache

            cache.sweep()
            sweep(folder)

        self._background.queue(work, _nothing, _nothing)

    def _note_closed(self, recording: Recording) -> None:
        """The files are finished, whoever did it: this recorder, the engine at its end, or a full disk."""
        engine, removing = self._engine, self.busy
        self.recording, self._engine, self.busy = None, None, False
        if recording.failure is None:
            self.finished.emit([path for path in recording.made if path.exists()])
            return
        if engine is not None and not removing:
            self._background.run("finish", lambda: engine.remove_sink(recording), _nothing, self._fail)
        self.failed.emit(recording.failure)

    def _fail(self, error: Exception) -> None:
        self.busy = False
        self.failed.emit(error)


def with_data(path: Path) -> list[Path]:
    """``path`` and, where it is a video, a name beside it that is still free for its people's data."""
    from app.sinks import VIDEO_ENDINGS

    if path.suffix.lower() not in VIDEO_ENDINGS:
        return [path]
    beside, number = path.with_suffix(".jsonl"), 2
    while beside.exists():
        beside = path.with_name(f"{path.stem}-{number}.jsonl")
        number += 1
    return [path, beside]


def _nothing(answer: object) -> None:
    """Nobody waits for this answer."""
