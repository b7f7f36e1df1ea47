"""Runs the pipeline on a source: builds the threads, controls them, and ends them.

The reader thread decodes (``reader``), the worker thread estimates and tracks (``worker``), the detector threads detect
ahead (``detector_lookahead``), the writer thread feeds the sinks (``writer``). Results and events are reported by two
callbacks, which are called from these threads and must return at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from app.analysis import Analysis
from app.analysis.only_people import PeopleFilter
from app.core.errors import StanceError, message_of
from app.core.settings import Settings
from app.engine.frame_processor import Ahead
from app.engine.frame_queue import FrameQueue
from app.engine.reader import Reader
from app.engine.results import EngineEvent, Result, Statistics
from app.engine.state import Lifecycle, State
from app.engine.worker import Worker
from app.engine.writer import Writer
from app.pipeline import Pipeline
from app.sinks import Sink
from app.sources import Source

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 2.0

READ_S = 0.5
"""Longest wait for a blocked read after everything else has ended, in seconds; the reader is abandoned after that."""


class Engine:
    """Runs a pipeline on a source.

    Owns the source and three threads (reader, worker, writer) until ``stop``, or until all frames are processed; its
    ``state`` only moves forward. The worker owns the pipeline while it uses it, the writer owns the sinks.

    Without a pipeline frames pass through without people, until ``set_pipeline``. ``real_time`` plays a file at
    ``rate`` times the real speed (late frames are skipped unless ``every_frame``); ``start_s`` and ``end_s`` bound the
    range that is read, ``limit`` the number of frames. ``paused`` waits for ``play``, ``step`` or ``seek``. A file
    pauses at its end where ``pause_at_end`` is set (or starts again in a loop), else everything finishes. Frames that
    ``analysis`` has are not processed again; people of live sources and still pictures are added to it, those of a clip
    are previews (see ``set_pipeline``). Results and sinks get only the people that ``only`` lets pass.
    """

    def __init__(
        self,
        source: Source,
        pipeline: Pipeline | None = None,
        sinks: Sequence[Sink] = (),
        *,
        analysis: Analysis | None = None,
        on_result: Callable[[Result], None] = lambda result: None,
        on_event: Callable[[EngineEvent], None] = lambda event: None,
        real_time: bool = False,
        start_s: float = 0.0,
        end_s: float | None = None,
        limit: int | None = None,
        paused: bool = False,
        pause_at_end: bool = False,
        only: PeopleFilter | None = None,
    ) -> None:
        self.source = source
        self.statistics = Statistics()
        self.failure: BaseException | None = None
        self._on_event = on_event
        self._life = Lifecycle()
        self._running_threads = 2  # worker and writer; the engine ends with the later one
        self._has_failed = False
        self._lock = threading.Lock()
        self._queue = FrameQueue(source, self.statistics, start_s=start_s, end_s=end_s, paused=paused)
        self._reader = Reader(source, self._queue, self.statistics, pause_at_end)
        self._writer = Writer(sinks, self._leave_out_sink, lambda ms: self.statistics.note("write", ms))
        self._worker = Worker(
            source,
            self._queue,
            self._writer,
            self.statistics,
            pipeline,
            analysis,
            on_result,
            on_event,
            real_time=real_time and not source.live,
            limit=limit,
            only=only,
        )
        self._threads = [
            threading.Thread(target=self._guard, args=(body,), name=f"stance-{name}", daemon=True)
            for name, body in (("reader", self._reader.run), ("worker", self._work), ("writer", self._writer.run))
        ]

    # State.

    @property
    def state(self) -> State:
        """The present state; any thread may ask."""
        return self._life.state

    @property
    def alive(self) -> bool:
        """Whether frames may still come and sinks can be added."""
        return self._life.alive

    def start(self) -> None:
        """Start the threads; once, and not after ``stop``."""
        if not self._life.start():
            return
        self.statistics.started_s = time.perf_counter()
        for thread in self._threads:
            thread.start()

    def stop(self, wait_s: float = STOP_TIMEOUT_S) -> None:
        """Stop reading, finish the frame in progress, close the sinks and the source; idempotent.

        Waits at most ``wait_s`` seconds; a warning says what is not finished then.
        """
        self._queue.stop()
        unstarted = self._life.drain()
        self.source.close()
        if unstarted:  # no writer thread will close the sinks
            self._writer.finish()
            self._writer.run()
            self._life.end(failed=False)
        self._join(wait_s)

    def wait(self, wait_s: float | None = None) -> bool:
        """Wait until everything is finished, at most ``wait_s`` seconds; True when it is.

        A blocked read is not waited for. Raises the exception that ended a thread or a sink, if any.
        """
        finished = self._join(wait_s, warn=False)
        if finished and self.failure:
            raise self.failure
        return finished

    # Control, from any thread.

    @property
    def playing(self) -> bool:
        """Whether it plays (False: paused)."""
        return self._queue.playing

    def play(self) -> None:
        """Play; from the start where the file is at its end."""
        self._queue.play()

    def pause(self) -> None:
        """Pause at the shown frame."""
        self._queue.pause()

    def step(self) -> None:
        """Process one more frame, and pause."""
        self._queue.step()

    def seek(self, time_s: float) -> None:
        """Continue at ``time_s`` seconds; while paused, only that frame is processed. Live sources cannot seek."""
        if not self.source.live:
            self._queue.seek(partial(self.source.seek, time_s))

    def seek_index(self, index: int) -> None:
        """Continue at frame number ``index``; while paused, only that frame is processed."""
        if not self.source.live:
            self._queue.seek(partial(self.source.seek_index, index))

    def set_range(self, start_s: float, end_s: float | None, loop: bool) -> None:
        """Play from ``start_s`` to ``end_s``, again and again in a ``loop``; see ``FrameQueue.set_range``."""
        self._queue.set_range(start_s, end_s, loop)

    def set_rate(self, rate: float) -> None:
        """Play a file at ``rate`` times its real speed."""
        self._worker.rate = rate

    def set_every_frame(self, every_frame: bool) -> None:
        """Show every frame, even if that is slower than ``rate``; else late frames are skipped."""
        self._worker.every_frame = every_frame

    def set_pipeline(
        self, pipeline: Pipeline | None, analysis: Analysis | None = None, ahead: Ahead | None = None
    ) -> None:
        """Use another pipeline and ``analysis`` from the next frame on.

        ``ahead`` fills the analysis of a clip and calls ``wake`` after each frame: frames that it will analyse soon are
        waited for, others are previewed by ``pipeline``.
        """
        self._worker.set_pipeline(pipeline, analysis, ahead)

    def wake(self) -> None:
        """Check again for the frame that is waited for."""
        self._queue.wake()

    def adjust(self, settings: Settings) -> None:
        """Use other thresholds, smoothing or detection interval from the next frame on."""
        self._worker.adjust(settings)

    def add_sink(self, sink: Sink) -> None:
        """Feed ``sink`` too, from the next finished frame.

        Raises StanceError where no further frame will come; the sink is then closed.
        """
        if not self._writer.add(sink):
            raise StanceError("{source} has ended and can no longer be recorded.", source=self.source.name)

    def remove_sink(self, sink: Sink) -> None:
        """Close ``sink`` after the frames finished so far are written; waits for that.

        Returns at once where the writer has ended or has closed the sink itself.
        """
        self._writer.remove(sink)

    # Ends and failures.

    def _work(self) -> None:
        try:
            self._worker.run()
        finally:
            self._life.drain()
            self._queue.stop()
            self._writer.finish()
            self.source.close()  # ends a read that the reader may be blocked in
            self._worker.close()

    def _guard(self, body: Callable[[], None]) -> None:
        """Run the ``body`` of a thread; the state becomes ended or failed with the last of worker and writer."""
        reading = body == self._reader.run
        try:
            body()
        except Exception as error:
            if reading and not self.alive:
                log.info("the source failed after it was stopped: %s", error)
            else:
                if not isinstance(error, StanceError):
                    log.exception("the thread %s ended with an error", threading.current_thread().name)
                self._fail(error)
        finally:
            if not reading:
                with self._lock:
                    self._running_threads -= 1
                    last = self._running_threads == 0
                if last:
                    self._life.end(self._has_failed)

    def _fail(self, error: BaseException) -> None:
        self._has_failed = True
        self.failure = self.failure or error
        self._on_event(EngineEvent("error", message_of(error), error))

    def _leave_out_sink(self, error: StanceError) -> None:
        """A sink has failed and is closed: all else continues, and ``wait`` raises the error at the end."""
        self.failure = self.failure or error
        self._on_event(EngineEvent("sink", error.message, error))

    def _join(self, wait_s: float | None, warn: bool = True) -> bool:
        if threading.current_thread() in self._threads:
            return False
        deadline = None if wait_s is None else time.monotonic() + wait_s
        over = self._life.wait(wait_s)
        abandon_s = (self._life.ended_s or 0.0) + READ_S
        if over:
            until_s = abandon_s if deadline is None else min(abandon_s, deadline)
            for thread in self._threads:
                if thread.ident is not None:
                    thread.join(max(until_s - time.monotonic(), 0))
        busy = [thread.name for thread in self._threads if thread.is_alive()]
        abandoned = over and time.monotonic() >= abandon_s
        if busy and (abandoned or (warn and wait_s)):  # no warning where the caller did not wait
            self._warn(busy)
        return not busy or abandoned

    def _warn(self, busy: Sequence[str]) -> None:
        """Log what is no longer waited for; ``busy`` are the names of threads."""
        if list(busy) == [self._threads[0].name]:
            log.warning("%s does not answer; Stance goes on without waiting for its next frame.", self.source.name)
        else:
            log.warning(
                "A frame of %s is still being analysed or written; Stance goes on, and finishes that meanwhile.",
                self.source.name,
            )
        log.info("threads that are not waited for any longer: %s", ", ".join(busy))
