"""One source at a time, played: opening, going on, pausing, stepping, seeking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.settings import Rotate, Settings
from app.window.background import Background
from app.window.fetching import located
from app.window.mailbox import Mailbox

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.engine import Engine, EngineEvent, Result
    from app.pipeline import Pipeline
    from app.sources import Source, SourceEvent

DEMO = "demo"
A_LITTLE_S = 1e-4
"""Less than the time from one frame to the next in any video."""


class Player(QObject):
    """Owns the engine and its source; every call returns at once.

    What may wait runs in ``background``. ``pipeline`` finds the people (None: frames are shown as they are).
    While ``expecting`` says that the first one is on its way, a file shows its first frame and plays when it has come.
    """

    doing = pyqtSignal(str)  # what is being opened, in a few words; empty: nothing (emitted by any thread)
    opened = pyqtSignal()
    shown = pyqtSignal(object)  # Result
    playing_changed = pyqtSignal(bool)
    ended = pyqtSignal()
    told = pyqtSignal(str, str)  # "lost", "live" or "notice", and a sentence
    failed = pyqtSignal(object, object)  # the exception, and what opens the source once more
    _event = pyqtSignal(int, object)

    def __init__(self, background: Background, settings: Settings, rotate: Rotate) -> None:
        super().__init__(background)
        self.source: Source | None = None
        self.engine: Engine | None = None
        self.current: Result | None = None
        self.pipeline: Pipeline | None = None
        self.expecting: Callable[[], bool] = lambda: False
        self._waits = False
        self._background = background
        self._settings = settings
        self._rotate: Rotate = rotate
        self.text = ""
        self._bounds: tuple[float, float | None] = (0.0, None)
        self._limit: int | None = None
        self._wish = 0
        self._showing = 0
        self._over = False
        self._sought = False
        self._seek_next: float | None = None
        self._mailbox = Mailbox(self)
        self._mailbox.arrived.connect(self._take)
        self._event.connect(self._hear)

    @property
    def playing(self) -> bool:
        """Whether frames go on by themselves."""
        return self.engine is not None and self.engine.playing and not self._over

    @property
    def title(self) -> str:
        """What the source is called in a few words."""
        return short_name(self.text)

    @property
    def seekable(self) -> bool:
        """Whether there is a time line to move on."""
        return self.source is not None and not self.source.live

    # Opening and closing.

    def open(
        self,
        text: str,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        limit: int | None = None,
        paused: bool = False,
    ) -> None:
        """Play the source that ``text`` means, ``limit`` frames of it from ``start_s`` to ``end_s``.

        The source that is shown goes on until the new one has come; ``paused`` waits before the first frame.
        """
        self._wish += 1
        wish = self._wish
        self.doing.emit(f"Opening {short_name(text)}")

        def stale() -> bool:
            return wish != self._wish or self._background.closing.is_set()

        def work() -> Source:
            import app.engine  # noqa: F401 - takes a while, and not the window's
            from app.sources import open_source

            path = str(located(text, self.doing.emit, stale)) if text == DEMO else text
            return open_source(path, rotate=self._rotate, notify=lambda event: self._event.emit(wish, event))

        def done(source: Source) -> None:
            if wish != self._wish:
                self._background.queue(source.close, _nothing, self._complain)
                return
            self.doing.emit("")
            self.text, self._bounds, self._limit = text, (start_s, end_s), limit
            self._begin(source, wish, paused)

        def failed(error: Exception) -> None:
            if wish == self._wish:
                self.doing.emit("")
                self.failed.emit(error, lambda: self.open(text, start_s, end_s, limit=limit, paused=paused))

        self._background.run("open", work, done, failed)

    def reopen(self) -> None:
        """Open the source once more and go on where it was."""
        at_s = self.current.frame.time_s if self.current and self.seekable else self._bounds[0]
        self.open(self.text, at_s, self._bounds[1])

    def close(self, wait_s: float) -> Callable[[], None]:
        """Take the source away; gives what stops it (in at most about ``wait_s`` seconds), to be run elsewhere."""
        self._wish += 1
        self._showing = 0
        engine, self.engine = self.engine, None
        return (lambda: engine.stop(wait_s)) if engine else (lambda: None)

    def _begin(self, source: Source, wish: int, paused: bool) -> None:
        from app.engine import Engine

        start_s, end_s = self._bounds
        self._waits = self.expecting() and not (paused or source.live or source.still)
        engine = Engine(
            source,
            self.pipeline,
            on_result=lambda result: self._mailbox.put((wish, result)),
            on_event=lambda event: self._event.emit(wish, event),
            real_time=True,
            start_s=start_s,
            end_s=end_s,
            limit=self._limit,
            paused=paused or source.still or self._waits,
            stay=True,
        )
        engine.adjust(self._settings)
        if (source.still or self._waits) and not paused:
            engine.step()
        before, self.engine = self.engine, engine

        def swap() -> None:
            if before is not None:
                before.stop()  # first, for both would use the one pipeline
            engine.start()

        self.source, self.current = source, None
        self._showing, self._over = wish, False
        self._sought, self._seek_next = False, None
        self._background.queue(swap, _nothing, self._complain)
        self.opened.emit()
        self.playing_changed.emit(self.playing)

    # Moving.

    def play(self) -> None:
        """Go on; from the beginning where it has come to its end."""
        if self.engine is None:
            return
        self._waits = False
        if self._over:
            self.reopen()
            return
        self.engine.play()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stay at the shown frame."""
        if self.engine is not None:
            self.engine.pause()
            self.playing_changed.emit(False)

    def step(self, frames: int) -> None:
        """Show the next (1) or the last (-1) frame and stay there."""
        if self.engine is None:
            return
        self.engine.pause()
        if frames > 0:
            self.engine.step()
        elif self.seekable and self.current is not None and not self._sought:
            self.seek(self.current.frame.time_s - A_LITTLE_S)
        self.playing_changed.emit(False)

    def seek(self, time_s: float) -> None:
        """Go to the frame at ``time_s``; while one is being sought, only the newest wish is kept."""
        if self.engine is None or not self.seekable:
            return
        if self._sought:
            self._seek_next = time_s
            return
        self._sought = True
        self.engine.seek(max(time_s, 0.0))

    def refresh(self) -> None:
        """Look at the shown frame once more, where it stands still."""
        if self.current is not None and not self.playing:
            self.seek(self.current.frame.time_s)

    # What finds the people.

    def use(self, pipeline: Pipeline, settings: Settings) -> None:
        """Go on with other networks."""
        self.pipeline, self._settings = pipeline, settings
        if self.engine is not None:
            self.engine.use(pipeline)
            self.engine.adjust(settings)
            if self._waits:
                self.go_on()  # from the next frame: seeking this one would hold people back longer than it lasts
            else:
                self.refresh()

    def go_on(self) -> None:
        """Play the file that has waited for the models, whether they have come or not."""
        if self._waits:
            self.play()

    def adjust(self, settings: Settings) -> None:
        """Go on with other thresholds or another smoothing."""
        self._settings = settings
        if self.engine is not None:
            self.engine.adjust(settings)

    # What comes from the engine's threads.

    def _take(self) -> None:
        letter = self._mailbox.take()
        if letter is None or letter[0] != self._showing:
            return
        self.current = letter[1]
        self.shown.emit(self.current)
        self._found()
        if self._limit is not None and self.engine is not None and self.engine.statistics.frames >= self._limit:
            self._over = True
            self.playing_changed.emit(False)
            self.ended.emit()
        else:
            self._refresh_bare()

    def _refresh_bare(self) -> None:
        """Look for people where the frame was on its way, or there alone, before the pipeline came."""
        if self.current is not None and not self.current.stage_ms and self.pipeline is not None:
            self.refresh()

    def _found(self) -> None:
        self._sought = False
        if self._seek_next is not None:
            time_s, self._seek_next = self._seek_next, None
            self.seek(time_s)

    def _hear(self, wish: int, event: EngineEvent | SourceEvent) -> None:
        if wish != self._showing:
            return
        kind = getattr(event, "kind", None) or getattr(event, "state", "")
        if kind == "ended":
            self._found()
            self.playing_changed.emit(False)
            self.ended.emit()
            self._refresh_bare()
        elif kind == "error":
            self._over = True
            self.playing_changed.emit(False)
            self.failed.emit(getattr(event, "error", None) or RuntimeError(event.message), self.reopen)
        else:
            self.told.emit("notice" if kind == "skipped" else kind, event.message)

    def _complain(self, error: Exception) -> None:
        self.failed.emit(error, None)


def _nothing(answer: object) -> None:
    """Nobody waits for this answer."""


def short_name(text: str) -> str:
    """What a source is called in a few words: the last part of a path, a camera by its number."""
    if text in (DEMO, "screen"):
        return f"the {text}"
    if text.isdecimal():
        return f"camera {text}"
    return text if "://" in text else text.replace("\\", "/").rstrip("/").rpartition("/")[2] or text
