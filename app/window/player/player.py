"""One source at a time, played: opening, going on, pausing, stepping, seeking."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QElapsedTimer, QObject, QTimer, pyqtSignal

from app.address import without_secrets
from app.settings import Rotate, Settings
from app.window.background import Background
from app.window.mailbox import Mailbox
from app.window.opening import DEMO, Opened, open_text
from app.window.playback import A_LITTLE_S, Playback
from app.window.words import tr

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.analysis import Analysis
    from app.engine import Engine, EngineEvent, Result
    from app.pipeline import Pipeline
    from app.sinks.recorded import Recording
    from app.sources import Source, SourceEvent

MODE = re.compile(r"(@\d+x\d+(@\d+)?|@\d+)$")
"""How a camera's size and rate are written behind its name."""
FRAME_MS = 33
LIVE_FRAMES = 9_000
"""Of a camera so many frames with their people are remembered: five minutes."""


class Player(QObject):
    """Owns the engine and its source; every call returns at once. What was found is kept in ``analysis``.

    What may wait runs in ``background``. ``pipeline`` finds the people (None: frames are shown as they are).
    While ``expecting`` says that the first one is on its way, a file shows its first frame and plays when it has come.
    """

    doing = pyqtSignal(str)  # what is being opened, in a few words; empty: nothing (emitted by any thread)
    opened = pyqtSignal()
    shown = pyqtSignal(object)  # Result
    playing_changed = pyqtSignal(bool)
    ended = pyqtSignal()
    told = pyqtSignal(str, str)  # "lost", "live", "moved" or "notice", and a sentence
    failed = pyqtSignal(object, object)  # the exception, and what opens the source once more
    _event = pyqtSignal(int, object)

    def __init__(self, background: Background, settings: Settings, rotate: Rotate) -> None:
        super().__init__(background)
        self.source: Source | None = None
        self.engine: Engine | None = None
        self.current: Result | None = None
        self.pipeline: Pipeline | None = None
        self.analysis: Analysis | None = None
        self.recorded = False
        self.playback = Playback()
        self.expecting: Callable[[], bool] = lambda: False
        self._waits = self._goes_back = False
        self._background = background
        self._settings = settings
        self.rotate: Rotate = rotate
        self.asked = self.text = self.film = ""
        self._bounds: tuple[float, float | None] = (0.0, None)
        self._limit: int | None = None
        self._wish = 0
        self._showing = 0
        self._over = False
        self._sought = False
        self._seek_next: float | None = None
        self._going_back = QTimer(self)
        self._going_back.setSingleShot(True)
        self._going_back.timeout.connect(self._one_back)
        self._mailbox = Mailbox(self)
        self._mailbox.arrived.connect(self._take_in_time)
        self._painting = QTimer(self)
        self._painting.setSingleShot(True)
        self._painting.timeout.connect(self._take)
        self._taken = QElapsedTimer()
        self._event.connect(self._hear)

    @property
    def playing(self) -> bool:
        """Whether frames go on by themselves, or back."""
        return self.engine is not None and (self.engine.playing or self._goes_back) and not self._over

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
        self.doing.emit(tr("Opening {name}", name=short_name(text)))

        def stale() -> bool:
            return wish != self._wish or self._background.closing.is_set()

        shown, live = self.text, self.engine if self.source is not None and self.source.live else None

        def notify(event: SourceEvent) -> None:
            self._event.emit(wish, event)

        def work() -> Opened:
            return open_text(text, self.rotate, shown, live, notify, self.doing.emit, stale)

        def done(opened: Opened) -> None:
            if wish != self._wish:
                self._background.queue(opened.source.close, _nothing, self._complain)
                return
            self.doing.emit("")
            self.asked, self.text, self.film = text, opened.text, opened.film
            self._bounds, self._limit = (start_s, end_s), limit
            self._begin(opened.source, wish, paused, opened.people)

        def failed(error: Exception) -> None:
            if wish == self._wish:
                self.doing.emit("")
                self.failed.emit(error, lambda: self.open(text, start_s, end_s, limit=limit, paused=paused))

        self._background.run("open", work, done, failed)

    def reopen(self) -> None:
        """Open the source once more and go on where it was."""
        at_s = self.current.frame.time_s if self.current and self.seekable else self._bounds[0]
        self.open(self.asked, at_s, self._bounds[1])

    def close(self, wait_s: float) -> Callable[[], None]:
        """Take the source away; gives what stops it (in at most about ``wait_s`` seconds), to be run elsewhere."""
        self._wish += 1
        self._showing = 0
        engine, self.engine = self.engine, None
        self.source = self.current = self.analysis = None
        self._goes_back = False
        return (lambda: engine.stop(wait_s)) if engine else (lambda: None)

    def _begin(self, source: Source, wish: int, paused: bool, people: Recording | None) -> None:
        from app.engine import Engine

        start_s, end_s = self._bounds
        self.playback = Playback(every_frame=self.playback.every_frame)
        self.recorded = people is not None
        self.analysis = people.analysis() if people is not None else self._new_analysis(source)
        self._waits = self.expecting() and not (paused or source.live or source.still or self.recorded)
        engine = Engine(
            source,
            None if self.recorded else self.pipeline,
            analysis=self.analysis,
            on_result=lambda result: self._mailbox.put((wish, result)),
            on_event=lambda event: self._event.emit(wish, event),
            real_time=True,
            start_s=start_s,
            end_s=end_s,
            limit=self._limit,
            paused=paused or source.still or self._waits,
            stay=True,
        )
        engine.every_frame = self.playback.every_frame
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
        self._sought, self._seek_next, self._goes_back = False, None, False
        self._background.queue(swap, _nothing, self._complain)
        self.opened.emit()
        self.playing_changed.emit(self.playing)

    def _new_analysis(self, source: Source) -> Analysis | None:
        from app.analysis import Analysis

        if self.pipeline is None:
            return None
        return Analysis(self.pipeline.skeleton, LIVE_FRAMES) if source.live else Analysis(self.pipeline.skeleton)

    # Moving.

    def play(self) -> None:
        """Go on; from the beginning where it has come to its end."""
        if self.engine is None:
            return
        self._waits = self._goes_back = False
        if self._over:
            self.reopen()
            return
        self.playback.backwards = False
        self.engine.play()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stay at the shown frame."""
        if self.engine is not None:
            self._goes_back = False
            self.engine.pause()
            self.playing_changed.emit(False)

    def shuttle(self, backwards: bool) -> None:
        """Play that way; once more: faster."""
        if self.engine is None or (backwards and not self.seekable):
            return
        self.playback.shuttle(backwards, self.playing)
        self.set_rate(self.playback.rate)
        if not backwards:
            self.play()
            return
        self.engine.pause()
        self._goes_back = True
        self.playing_changed.emit(True)
        self._one_back()

    def set_rate(self, rate: float) -> None:
        """Play ``rate`` times as fast as it was filmed."""
        self.playback.rate = rate
        if self.engine is not None:
            self.engine.rate = rate

    def set_every_frame(self, every: bool) -> None:
        """Show every frame, or leave out what there is no time for."""
        self.playback.every_frame = every
        if self.engine is not None:
            self.engine.every_frame = every

    def keep_to_points(self) -> None:
        """Follow what ``playback`` says of in, out and loop."""
        if self.engine is not None and self.seekable:
            self.engine.bound(self.playback.start_s, self.playback.end_s, self.playback.loop)
            if self.current is not None:
                self.seek(self.current.frame.time_s)

    def step(self, frames: int) -> None:
        """Show the next (1) or the last (-1) frame and stay there."""
        if self.engine is None:
            return
        self._goes_back = False
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

    def _one_back(self) -> None:
        """One frame back, where it plays backwards."""
        if self._goes_back and self.current is not None and not self._sought:
            if self.current.frame.time_s <= self.playback.start_s + A_LITTLE_S:
                self.pause()
            else:
                self.seek(self.current.frame.time_s - A_LITTLE_S)

    # What finds the people.

    def use(self, pipeline: Pipeline, settings: Settings) -> None:
        """Go on with other networks."""
        self.pipeline, self._settings = pipeline, settings
        if self.engine is not None and self.source is not None and not self.recorded:
            self.analysis = self._new_analysis(self.source)
            self.engine.use(pipeline, self.analysis)
            self.engine.adjust(settings)
            if self._waits:
                self.go_on()
            else:
                self.refresh()

    def analyse_again(self) -> None:
        """Forget what was found in this source, or recorded of it, and look anew."""
        if self.pipeline is not None:
            self.recorded = False
            self.use(self.pipeline, self._settings)

    def go_on(self) -> None:
        """Play the file that has waited for the models, whether they have come or not; its first frame once more."""
        if self._waits:
            if self.pipeline is not None and self.current is not None:
                self.seek(self.current.frame.time_s)
            self.play()

    def adjust(self, settings: Settings) -> None:
        """Go on with other thresholds or another smoothing."""
        self._settings = settings
        if self.engine is not None:
            self.engine.adjust(settings)

    # What comes from the engine's threads.

    def _take_in_time(self) -> None:
        """Show the newest frame, at most one in ``FRAME_MS``: nobody sees more, and painting takes time."""
        if not self._painting.isActive():
            passed = self._taken.elapsed() if self._taken.isValid() else FRAME_MS
            self._painting.start(max(FRAME_MS - passed, 0))

    def _take(self) -> None:
        self._taken.restart()
        letter = self._mailbox.take()
        if letter is None or letter[0] != self._showing:
            return
        self.current = letter[1]
        self.shown.emit(self.current)
        self._found()
        if self._goes_back:
            rate = (self.source.fps if self.source else None) or 25.0
            self._going_back.start(round(1000 / rate / self.playback.rate))
        if self._limit is not None and self.engine is not None and self.engine.statistics.frames >= self._limit:
            self._over = True
            self.playing_changed.emit(False)
            self.ended.emit()
        else:
            self._refresh_bare()

    def _refresh_bare(self) -> None:
        """Look for people where the frame was on its way, or there alone, before the pipeline came."""
        if self.current is not None and not self.current.analysed and self.pipeline is not None and not self.recorded:
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
            self._take()  # the last frame comes before the end
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
    text = MODE.sub("", without_secrets(text))
    if text == DEMO:
        return tr("the demo")
    if text == "screen":
        return tr("the screen")
    if text.isdecimal():
        return tr("camera {number}", number=text)
    return text if "://" in text else text.replace("\\", "/").rstrip("/").rpartition("/")[2] or text
