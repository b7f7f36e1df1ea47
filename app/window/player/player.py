"""Plays one source at a time: opens, plays, pauses, steps and seeks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.settings import Rotate, Settings
from app.window.core.latest_value import PacedMailbox
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.player.clip_analysis import STOP_S, Clip, ClipAnalysis, as_shown
from app.window.player.model_state import ModelState, NoModels
from app.window.player.playback import Playback
from app.window.player.refusal import Refusal
from app.window.player.rewind import Rewind
from app.window.player.seeking import Seek, SeekQueue
from app.window.player.session import Session, SessionView, make_engine, session_of
from app.window.player.source_opener import Opened, OpenRequest, SourceOpener

if TYPE_CHECKING:  # these import OpenCV and ONNX Runtime, which the window does not wait for
    from app.analysis import Analysis
    from app.engine import EngineEvent, Result
    from app.pipeline import Pipeline
    from app.sources import SourceEvent

FRAME_MS = 33
"""Shortest time between two shown frames, in milliseconds: more than 30 a second cost time and are not noticed."""
DEFAULT_FPS = 25.0
"""Frame rate of playing backwards where the source does not state one."""


class Player(SessionView, QObject):
    """Plays a source and keeps the people found in it in ``analysis``. Every call returns at once.

    Owns the engine and the source of its session, and with ``clip_analysis`` the background pass over a clip; all of
    them are stopped in ``background``. ``pipeline`` finds the people (None: frames are shown without); each engine gets
    a pipeline of its own made beside it, because an engine that was stopped may use its own for a while.
    ``models`` says what becomes of the models while there is no ``pipeline``; while they are loading, a file shows its
    first frame and waits for them.
    """

    activity_changed = pyqtSignal(str)  # what is being opened; empty: nothing
    opened = pyqtSignal()
    shown = pyqtSignal(object)  # Result
    sought = pyqtSignal(object, object)  # seconds and number of a frame that is asked for, None where unknown
    playing_changed = pyqtSignal(bool)
    ended = pyqtSignal()
    gone = pyqtSignal()  # the source was closed for another one, and neither can be opened
    notified = pyqtSignal(str, object)  # "lost", "live", "device_changed", "late" or "notice", and a sentence
    failed = pyqtSignal(object, object)  # the exception, and a function that opens the source again, or None

    def __init__(self, background: TaskRunner, settings: Settings, rotate: Rotate) -> None:
        super().__init__(background)
        self.current: Result | None = None
        self.pipeline: Pipeline | None = None
        self.analysis: Analysis | None = None
        self.playback = Playback()
        self.models: ModelState = NoModels()
        self._background = background
        self._settings = settings
        self._session = Session()
        self._opener = SourceOpener(background, rotate, self)
        self._opener.activity_changed.connect(self.activity_changed)
        self._opener.opened.connect(self._show_opened)
        self._opener.refused.connect(self._note_refused)
        self._opener.failed.connect(self._report_error)
        self._refusal = Refusal(self.reopen, self.gone.emit)
        self._seeks = SeekQueue()
        self._rewind = Rewind(self._step_back, self._frame_ms, self)
        self._mailbox = PacedMailbox(FRAME_MS, self)
        self._mailbox.due.connect(self._take)
        self.clip_analysis = ClipAnalysis(background)
        self.clip_analysis.arrived.connect(self.show_known)
        self.clip_analysis.failed.connect(lambda error: self.failed.emit(error, self.analyse_again))
        self.clip_analysis.notified.connect(self.notified)

    @property
    def seeking(self) -> bool:
        """Whether a frame was requested that is not shown yet."""
        return self._seeks.active

    @property
    def overtaken(self) -> bool:
        """Whether another frame was requested while the one that is shown next is on its way."""
        return self._seeks.overtaken

    @property
    def playing(self) -> bool:
        """Whether it plays, forwards or backwards."""
        return self.engine is not None and (self.engine.playing or self._rewind.on) and not self.over

    # Opening and closing.

    def open(
        self,
        text: str,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        limit: int | None = None,
        paused: bool = False,
        at_s: float | None = None,
        for_recording: bool = False,
    ) -> None:
        """Play the source of an ``OpenRequest``; the one that is shown plays on until the new one is open."""
        self._open(OpenRequest(text, start_s, end_s, limit, paused, at_s, for_recording))

    def reopen(self) -> None:
        """Open the source again and continue at the shown frame."""
        at_s = self.current.frame.time_s if self.current and self.seekable else None
        request = self._session.request
        self.open(request.text, request.start_s, request.end_s, limit=request.limit, at_s=at_s)

    def close(self, wait_s: float) -> Callable[[], None]:
        """Close the source; returns what stops it (within about ``wait_s`` seconds), to be run in a thread."""
        self._opener.cancel()
        session = self._session
        if session.task is not None:
            session.task.cancel()
        session.source = self.current = self.analysis = None
        self._rewind.on = False
        return self._detach(wait_s)

    def _open(self, request: OpenRequest) -> None:
        self._refusal.forget()
        self._opener.open(request, self.text, self._session.live_engine, self._on_engine_event)

    def _note_refused(self, request: OpenRequest, error: Exception) -> None:
        session = self._session
        released = session.engine is not None and not session.engine.alive and not session.has_ended
        show_error = partial(self.failed.emit, error, partial(self._open, request))
        self._refusal.take(show_error, released=released, is_same=request.text == self.asked)

    def _detach(self, wait_s: float) -> Callable[[], None]:
        """Give up the engine and the background pass; returns what stops them."""
        engine, self._session.engine = self.engine, None
        return self.clip_analysis.end(wait_s, engine)

    def _show_opened(self, request: OpenRequest, opened: Opened, task: Task) -> None:
        people = opened.people
        self.playback = self.playback.of_another(request.start_s)
        self.analysis = people.analysis() if people is not None else None
        before, session = self._session, session_of(request, opened, task)
        session.scale = self.scale_of(request, people)
        self.clip_analysis.follow(opened.project)
        awaited = session.awaits(self._settings)
        session.waits = session.can_wait and (awaited or (self.pipeline is None and self.models.loading))
        session.engine = engine = make_engine(
            session,
            self.analysis,
            lambda result: self._mailbox.put((task, result)) if not task.is_cancelled else None,
            self._background.callback(partial(self._on_engine_event, task), self, task),
        )
        engine.set_every_frame(self.playback.every_frame)
        engine.adjust(self._settings)
        if request.at_s is not None:
            engine.seek(request.at_s)
        elif session.shows_first:
            engine.step()
        if before.task is not None:
            before.task.cancel()
        self._background.queue(self._detach(STOP_S), nothing, self._report_error, self)
        self._session, self.current = session, None
        if not (session.recorded or awaited):
            self._analyse()
        self._seeks.clear()
        self._rewind.on = False
        self._background.queue(engine.start, nothing, self._report_error, self)
        self.opened.emit()
        self.playing_changed.emit(self.playing)
        opened.flush_events()
        self._refusal.settle()

    # Moving.

    def play(self) -> None:
        """Play; from the start where the source is at its end."""
        if self.engine is None:
            return
        self._session.waits = self._rewind.on = False
        if self.over:
            self.reopen()
            return
        self.playback.backwards = False
        self.engine.play()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Pause at the shown frame."""
        if self.engine is not None:
            self._rewind.on = False
            self.engine.pause()
            self.playing_changed.emit(False)

    def shuttle(self, backwards: bool) -> None:
        """Play in that direction; called again, faster."""
        if self.engine is None or (backwards and not self.seekable):
            return
        self.playback.shuttle(backwards, self.playing)
        self.set_rate(self.playback.rate)
        if not backwards:
            self.play()
            return
        self.engine.pause()
        self._rewind.start()
        self.playing_changed.emit(self.playing)

    def set_rate(self, rate: float) -> None:
        """Play at ``rate`` times the real speed."""
        self.playback.rate = rate
        if self.engine is not None:
            self.engine.set_rate(rate)

    def set_every_frame(self, every: bool) -> None:
        """Show every frame, or skip frames to keep the pace."""
        self.playback.every_frame = every
        if self.engine is not None:
            self.engine.set_every_frame(every)

    def keep_to_points(self) -> None:
        """Apply the in point, the out point and the loop of ``playback``."""
        if self.engine is not None and self.seekable:
            self.engine.set_range(self.playback.start_s, self.playback.end_s, self.playback.loop)

    def step(self, frames: int) -> None:
        """Show the next (1) or the previous (-1) frame, and pause."""
        if self.engine is None:
            return
        self._rewind.on = False
        self.engine.pause()
        if frames > 0 and not self._before_out_point():
            self.engine.step()
        elif self.current is not None:
            aim = self._seeks.index if self.seeking else None
            self.seek_index((self.current.frame.index if aim is None else aim) + frames)
        self.playing_changed.emit(False)

    def _before_out_point(self) -> bool:
        """Whether the next frame is beyond the out point: reading in order ends there, a seek does not."""
        if self.current is None or not self.seekable:
            return False
        return self.playback.is_last(self.current.frame.time_s, self._fps())

    def seek(self, time_s: float) -> None:
        """Show the frame at ``time_s`` seconds; during another seek only the newest request is kept."""
        time_s = max(time_s, 0.0)
        self._seek(lambda engine: engine.seek(time_s), None)
        self.sought.emit(time_s, self.analysis.index_at(time_s) if self.analysis is not None else None)

    def seek_index(self, index: int) -> None:
        """Show frame number ``index``, likewise; a negative one is taken as 0."""
        index = max(index, 0)
        self._seek(lambda engine: engine.seek_index(index), index)
        known = self.analysis.get(index) if self.analysis is not None else None
        self.sought.emit(known.time_s if known is not None else None, index)

    def _seek(self, seek: Seek, index: int | None) -> None:
        self._seeks.request(self.engine if self.seekable else None, seek, index)

    def _step_back(self) -> None:
        """Show the frame before the shown one; at the in point or the first frame playing backwards ends."""
        if self.current is None or self.seeking:
            return
        frame = self.current.frame
        if frame.index == 0 or frame.time_s <= self.playback.start_s:
            self.pause()
        else:
            self.seek_index(frame.index - 1)

    def _frame_ms(self) -> int:
        """Milliseconds that a frame is shown at the present rate."""
        return round(1000 / self._fps() / self.playback.rate)

    def _fps(self) -> float:
        return (self.source.fps if self.source is not None else None) or DEFAULT_FPS

    def refresh(self) -> None:
        """Process the shown frame again, unless it plays."""
        if not self.playing:
            self._seek_current()

    def _seek_current(self) -> None:
        if self.seeking:  # the person's own seek is not replaced
            self._seeks.repeat(self.engine if self.seekable else None)
        elif self.current is not None:
            self.seek_index(self.current.frame.index)

    # Models and analysis.

    def set_pipeline(self, pipeline: Pipeline, settings: Settings) -> None:
        """Continue with another pipeline."""
        self.pipeline, self._settings = pipeline, settings
        pipeline.adjust(settings)
        if self.engine is not None and not self.recorded:
            self._analyse()
            self.engine.adjust(settings)
            if self._session.waits:
                self.go_on()
            else:
                self.refresh()

    def analyse_again(self) -> None:
        """Discard the people of the source, found or recorded, and analyse it again."""
        self._session.recorded = False
        if self.pipeline is not None:
            self.clip_analysis.forget(self.pipeline)
            self.set_pipeline(self.pipeline, self._settings)

    def go_on(self) -> None:
        """Play a file that waits for the models, whether they are loaded or not; its first frame is processed again."""
        if self._session.waits:
            if self.pipeline is not None:
                if self.analysis is None:  # the settings of a project could not be used
                    self._analyse()
                self._seek_current()
            self.play()

    def adjust(self, settings: Settings) -> None:
        """Continue with other thresholds or another smoothing; a clip is analysed again."""
        before, self._settings = self._settings, settings
        if self.pipeline is not None:
            self.pipeline.adjust(settings)
        if self.engine is not None:
            self.engine.adjust(settings)
            if self.clip_analysis.adjust(before, settings):
                self._analyse(settled=False)

    def _analyse(self, settled: bool = True) -> None:
        """Start a new analysis of the source; see ``ClipAnalysis.begin``."""
        session = self._session
        if session.engine is not None and session.source is not None and self.pipeline is not None:
            request = session.request
            clip = Clip(session.film, self.rotate, request.start_s, request.end_s, request.limit)
            self.analysis = self.clip_analysis.begin(
                session.source, clip, session.engine, self.pipeline, self.analysis, settled=settled
            )

    # Results and events of the engine.

    def _take(self) -> None:
        """Show the newest result."""
        mail: tuple[Task, Result] | None = self._mailbox.take()
        if mail is None or mail[0].is_cancelled:
            return
        result = mail[1]
        self.clip_analysis.watch(result.frame.index)
        self.current = as_shown(self.playback.shown(result), self.analysis)
        self.shown.emit(self.current)
        self._note_shown()
        self._rewind.note_shown()
        self._refresh_unanalysed()

    def show_known(self, index: int | None = None) -> None:
        """Where frame number ``index`` (None: any) is shown, show its people as the analysis has them now."""
        if self.current is not None and index in (None, self.current.frame.index):
            self.current = as_shown(self.current, self.analysis)
            self.shown.emit(self.current)

    def _refresh_unanalysed(self) -> None:
        """Process the shown frame again where it was processed before the pipeline was there."""
        if self.current is not None and not self.current.analysed and self.pipeline is not None and not self.recorded:
            self.refresh()

    def _note_shown(self) -> None:
        self._seeks.note_shown(self.engine if self.seekable else None)

    def _on_engine_event(self, task: Task, event: EngineEvent | SourceEvent) -> None:
        if task is not self._session.task:
            return
        kind = getattr(event, "kind", None) or getattr(event, "state", "")
        if kind == "ended":
            self._take()  # the last frame is shown before the end is
            self._note_shown()
            self._session.has_ended = not self.seekable
            self.playing_changed.emit(False)
            self.ended.emit()
            self._refresh_unanalysed()
        elif kind == "error":
            self._session.has_ended = True
            self.playing_changed.emit(False)
            self.failed.emit(getattr(event, "error", None) or RuntimeError(event.message), self.reopen)
        elif kind == "sink":
            self._report_error(getattr(event, "error", None) or RuntimeError(event.message))
        elif not hasattr(event, "kind"):
            self.clip_analysis.notices.hear(self.source, event)
        else:
            self.notified.emit(kind, event.message)

    def _report_error(self, error: Exception) -> None:
        self.failed.emit(error, None)
