"""Threads, pacing, dropping, order: makes the pipe run on a source and starts and stops everything.

The reader decodes, the worker estimates and follows, the scout detects, the writer feeds the sinks, each in a thread of
its own; the scout takes a second one where every frame needs the detector.
Frames of a file wait in a short queue; of a live source only the newest waits. Everything that happens reaches the
face by two callbacks, which are called from these threads and must return at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.analysis import Analysis
from app.engine.finder import Finder, adjust
from app.engine.pace import Pace
from app.engine.results import EngineEvent, Result, Statistics
from app.engine.writer import Writer
from app.errors import StanceError
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.settings import Settings
from app.sinks import Sink
from app.sources import Source

log = logging.getLogger(__name__)

AHEAD = 8
"""So many decoded frames of a file wait for the worker."""

STOP_S = 2.0


@dataclass(frozen=True, slots=True)
class _Taken:
    frame: Frame | None
    epoch: int
    taken_s: float


class Engine:
    """Runs a pipeline on a source.

    Without a pipeline frames pass through with nobody in them, until ``use`` brings one. ``real_time`` shows a file
    no faster than it was filmed (``rate`` times as fast; unless ``every_frame``, what is late is left out);
    ``start_s`` and ``end_s`` bound what is read, ``limit`` the number of frames. ``paused`` waits for ``play``,
    ``step`` or ``seek``; a file that comes to its end is paused there when ``stay`` is set (begins again when it
    is to ``loop``), else everything finishes. What is found is kept in an ``analysis``; people that it knows are
    not looked for again.
    """

    def __init__(
        self,
        source: Source,
        pipeline: Pipeline | None = None,
        sinks: list[Sink] | None = None,
        *,
        analysis: Analysis | None = None,
        on_result: Callable[[Result], None] = lambda result: None,
        on_event: Callable[[EngineEvent], None] = lambda event: None,
        real_time: bool = False,
        start_s: float = 0.0,
        end_s: float | None = None,
        limit: int | None = None,
        paused: bool = False,
        stay: bool = False,
    ) -> None:
        self.source = source
        self.statistics = Statistics()
        self.failure: BaseException | None = None
        self.rate = 1.0
        self.every_frame = True
        self._pipeline = pipeline
        self._analysis = analysis
        self._settings: Settings | None = None
        self._on_result = on_result
        self._on_event = on_event
        self._real_time = real_time and not source.live
        self._end_s = end_s
        self._limit = limit
        self._stay = stay
        self._loop = False
        self._pace = Pace()
        self._playing = not paused
        self._steps = 0
        self._start_s = start_s
        self._seek_s: float | None = start_s or None
        self._epoch = 0
        self._at_end = False
        self._stopping = False
        self._reading_done = False
        self._taken: deque[_Taken] = deque()
        self._finder = Finder(source.live, source.still, self._waiting, self._tell_moved)
        self._changed = threading.Condition()
        self._writer = Writer(sinks or [], self._fail, lambda ms: self.statistics.note("write", ms))
        self._threads = [
            threading.Thread(target=self._guard, args=(body,), name=f"stance-{name}", daemon=True)
            for name, body in (("reader", self._read), ("worker", self._work), ("writer", self._writer.run))
        ]

    # What a face may ask for, from any thread.

    def start(self) -> None:
        """Start the threads; once."""
        self.statistics.started_s = time.perf_counter()
        for thread in self._threads:
            thread.start()

    @property
    def playing(self) -> bool:
        """Whether frames go on by themselves."""
        return self._playing

    def play(self) -> None:
        """Go on; from the start again where the file is at its end."""
        with self._changed:
            if self._at_end and not self._playing:
                self._seek(self._start_s)
            self._playing = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Stay at the shown frame."""
        with self._changed:
            self._playing = False
            self._changed.notify_all()

    def step(self) -> None:
        """Show one more frame and stay there."""
        with self._changed:
            self._playing = False
            self._steps += 1
            self._changed.notify_all()

    def seek(self, time_s: float) -> None:
        """Go on from ``time_s``; where it is paused, show that frame and stay."""
        if self.source.live:
            return
        with self._changed:
            self._seek(time_s)
            self._steps = 0 if self._playing else 1
            self._changed.notify_all()

    def bound(self, start_s: float, end_s: float | None, loop: bool) -> None:
        """Play from ``start_s`` to ``end_s``, over and over in a ``loop``; ``seek`` after it."""
        with self._changed:
            self._start_s, self._end_s, self._loop = start_s, end_s, loop

    def use(self, pipeline: Pipeline | None, analysis: Analysis | None = None) -> None:
        """Go on with another pipeline, from the next frame, and keep what it finds in ``analysis``."""
        with self._changed:
            self._pipeline, self._analysis = pipeline, analysis

    def adjust(self, settings: Settings) -> None:
        """Go on with the same networks and other thresholds, smoothing or cadence, from the next frame."""
        with self._changed:
            self._settings = settings

    def add_sink(self, sink: Sink) -> None:
        """Feed ``sink`` too, from the next finished frame."""
        self._writer.add(sink)

    def remove_sink(self, sink: Sink) -> None:
        """Feed ``sink`` no longer and close it, after what was finished so far is written. Waits for that."""
        self._writer.remove(sink)

    def stop(self, wait_s: float = STOP_S) -> None:
        """Stop reading, finish what is in hand, close the sinks and the source; any number of times.

        Waits at most ``wait_s`` seconds; a thread that is still busy then is named in the log.
        """
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.source.close()
        self._join(wait_s)

    def wait(self, wait_s: float | None = None) -> bool:
        """Wait until everything is finished (or ``wait_s`` seconds); True when it is.

        Raises what ended a thread, where something did.
        """
        finished = self._join(wait_s, complain=False)
        if finished and self.failure:
            raise self.failure
        return finished

    # The three threads.

    def _read(self) -> None:
        try:
            while not self._stopping:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping or not self._at_end or self._seek_s is not None)
                    epoch, seek_s, self._seek_s = self._epoch, self._seek_s, None
                    self._at_end = False
                if self._stopping:
                    break
                if seek_s is not None:
                    self.source.seek(seek_s)
                start = time.perf_counter()
                frame = self.source.read()
                self.statistics.note("read", (time.perf_counter() - start) * 1000)
                if frame is not None and self._end_s is not None and frame.time_s >= self._end_s:
                    frame = None
                self._hand_over(_Taken(frame, epoch, time.perf_counter()))
                if frame is None and not self._stay:
                    break
        finally:
            with self._changed:
                self._reading_done = True
                self._changed.notify_all()

    def _hand_over(self, taken: _Taken) -> None:
        with self._changed:
            if taken.epoch != self._epoch:
                return
            if taken.frame is None:
                self._at_end = True
            elif self.source.live:
                self.statistics.dropped += len(self._taken) if self._playing else 0
                self._taken.clear()
            else:
                self._changed.wait_for(lambda: len(self._taken) < AHEAD or self._stopping or taken.epoch != self._epoch)
            self._taken.append(taken)
            self._changed.notify_all()

    def _work(self) -> None:
        epoch = -1
        try:
            while (taken := self._next_taken()) is not None:
                if taken.epoch != epoch or taken.frame is None:
                    self._pace.restart()
                    epoch = taken.epoch
                frame = taken.frame
                # A file waits for whoever looks at it, and is none the older for that.
                taken_s = taken.taken_s if self.source.live else time.perf_counter()
                if frame is None:
                    self._come_to_the_end()
                    continue
                if self._is_left_out(frame):
                    continue
                people, stage_ms = self._people(frame)
                if self._real_time:
                    self._wait_until_due(frame.time_s)
                name = self.source.frame_name(frame.index) if self.source.still else ""
                poses = people or FramePoses(frame.index, frame.time_s, ())
                self._publish(Result(frame, poses, taken_s, stage_ms, name, people is not None), epoch)
                if self._limit is not None and self.statistics.frames >= self._limit:
                    break
        finally:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
            self._writer.finish()
            self._finder.close()

    def _people(self, frame: Frame) -> tuple[FramePoses | None, dict[str, float]]:
        """Who is in ``frame``, and what the stages took: None where nobody can be looked for."""
        with self._changed:
            pipeline, analysis, settings = self._pipeline, self._analysis, self._settings
            if pipeline is not None:
                self._settings = None
        if pipeline is not None and settings is not None:
            adjust(pipeline, settings, analysis)
        # What is looked at in passing has ids of its own, which nobody meets again: it is not kept.
        return self._finder.look(frame, pipeline, analysis, keep=self._playing)

    def _waiting(self) -> list[Frame]:
        with self._changed:
            return [taken.frame for taken in self._taken if taken.frame is not None]

    def _is_left_out(self, frame: Frame) -> bool:
        """Whether there is no time for ``frame``, because the next one is due already."""
        if not self._real_time or self.every_frame or not self._playing:
            return False
        with self._changed:
            follower = self._taken[0].frame if self._taken else None
        if follower is None or not self._pace.is_late(follower.time_s):
            return False
        self.statistics.dropped += 1
        self._finder.leave_out(frame)
        return True

    def _next_taken(self) -> _Taken | None:
        """The next frame to work on, or None when there will be no more."""

        def ready() -> bool:
            going = self._playing or self._steps > 0
            return self._stopping or (bool(self._taken) and going) or (not self._taken and self._reading_done)

        with self._changed:
            while True:
                self._changed.wait_for(ready)
                if self._stopping or not self._taken:
                    return None
                taken = self._taken.popleft()
                self._changed.notify_all()
                if taken.epoch == self._epoch:
                    return taken

    def _come_to_the_end(self) -> None:
        with self._changed:
            if self._loop and self._playing:
                self._seek(self._start_s)
                return
            self._playing = False
            self._steps = 0
        self._on_event(EngineEvent("ended"))

    def _wait_until_due(self, time_s: float) -> None:
        wait_s = self._pace.wait_s(time_s, self.rate)
        with self._changed:
            epoch, steps = self._epoch, self._steps
            self._changed.wait_for(
                lambda: self._stopping or self._epoch != epoch or self._steps != steps or not self._playing,
                timeout=max(wait_s, 0),
            )
        if not self._playing:
            self._pace.restart()

    def _publish(self, result: Result, epoch: int) -> None:
        with self._changed:
            if epoch != self._epoch:
                return
            self._steps = max(self._steps - 1, 0)
            self.statistics.frames += 1
            self.statistics.people += len(result.poses.people)
            for stage, ms in result.stage_ms.items():
                self.statistics.note(stage, ms)
        if not self._writer.put(result, patient=not self.source.live):
            self._note_unrecorded()
        self._on_result(result)

    def _note_unrecorded(self) -> None:
        self.statistics.unrecorded += 1
        if self.statistics.unrecorded == 1:
            self._on_event(EngineEvent("notice", "The disk is too slow: frames are missing from the recording."))

    def _tell_moved(self, reasons: str) -> None:
        device = self._pipeline.device if self._pipeline else ""
        self._on_event(EngineEvent("moved", f"What looks for people runs on {device} now: {reasons}."))

    # Ends and failures.

    def _seek(self, time_s: float) -> None:
        self._epoch += 1
        self._seek_s = time_s
        self._at_end = False
        self._taken.clear()

    def _guard(self, body: Callable[[], None]) -> None:
        try:
            body()
        except StanceError as error:
            self._fail(error)
        except Exception as error:
            log.exception("the thread %s ended with an error", threading.current_thread().name)
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self._on_event(EngineEvent("error", str(error) or type(error).__name__, error))

    def _join(self, wait_s: float | None, complain: bool = True) -> bool:
        deadline = None if wait_s is None else time.monotonic() + wait_s
        for thread in self._threads:
            if thread.ident is None or thread is threading.current_thread():
                continue
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0))
        busy = [thread.name for thread in self._threads if thread.is_alive()]
        if busy and complain:
            log.warning("still busy after %.1f s: %s", wait_s, ", ".join(busy))
        return not busy
