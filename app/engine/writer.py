"""The writer thread feeds the sinks: a slow disk neither stalls live video nor loses frames unnoticed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.core.errors import StanceError
from app.engine.results import Result
from app.sinks import Sink, catching_errors
from app.sinks.disk_time import DiskTime

MAX_QUEUED, MAX_QUEUED_S = 24, 0.5
"""Longest queue, in frames and in seconds that its first frame waits; short, because a killed process loses it. When it
is full, a file waits and frames of a live source are not recorded."""


@dataclass(frozen=True, slots=True, eq=False)
class _RemoveRequest:
    """Queue entry: close ``sink`` when the frames before are written."""

    sink: Sink
    done: threading.Event = field(default_factory=threading.Event)


class Writer:
    """Gives finished frames to every sink; ``run`` is the thread's body and ends after ``finish``.

    Owns the sinks and closes each of them once. A sink that fails in any way is closed and reported to ``failed``; the
    others continue.
    """

    def __init__(
        self, sinks: Sequence[Sink], failed: Callable[[StanceError], None], wrote: Callable[[float], None]
    ) -> None:
        self._sinks = list(sinks)
        self._failed = failed
        self._wrote = wrote
        self._queue: deque[tuple[float, Result | _RemoveRequest]] = deque()  # with the time at which each was put in
        self._changed = threading.Condition()
        self._started = self._finishing = self._done = False
        self._disk_time = DiskTime()

    @property
    def waits_for_disk(self) -> bool:
        """Whether it spends most of its time on waiting for the disk, not on drawing and encoding."""
        return self._disk_time.mostly_disk

    @property
    def records(self) -> bool:
        """Whether a sink keeps what it gets; those with ``is_passing`` set, as the replay buffer, do not."""
        return any(not getattr(sink, "is_passing", False) for sink in list(self._sinks))

    def put(self, result: Result, patient: bool) -> bool:
        """Queue a frame for all sinks; False if the queue is full and the caller is not ``patient``."""
        with self._changed:
            if not self._sinks:
                return True
            if not patient and self._is_full():
                return False
            self._changed.wait_for(lambda: self._done or not self._is_full())
            self._append(result)
            return True

    def add(self, sink: Sink) -> bool:
        """Feed ``sink`` too, from the next frame on; False, and the sink is closed, if no frame will come."""
        with self._changed:
            if not self._finishing:
                self._sinks.append(sink)
                return True
        self._close(sink)
        return False

    def remove(self, sink: Sink) -> None:
        """Close ``sink`` after the frames queued so far are written; waits for that unless the writer has ended."""
        with self._changed:
            if self._started and not self._done:
                request = _RemoveRequest(sink)
                self._append(request)
                self._changed.wait_for(lambda: request.done.is_set() or self._done)
                return
        self._close_sink(sink)

    def finish(self) -> None:
        """Write the queue, close every sink, and end."""
        with self._changed:
            self._finishing = True
            self._changed.notify_all()

    def run(self) -> None:
        """Write until ``finish``; the sinks are closed in any case."""
        with self._changed:
            self._started = True
        try:
            while (item := self._next()) is not None:
                if isinstance(item, _RemoveRequest):
                    self._close_sink(item.sink)
                    item.done.set()
                else:
                    self._write(item)
                with self._changed:
                    self._queue.popleft()
                    self._changed.notify_all()
        finally:
            for sink in list(self._sinks):
                self._close_sink(sink)
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _append(self, item: Result | _RemoveRequest) -> None:
        self._queue.append((time.monotonic(), item))
        self._changed.notify_all()

    def _is_full(self) -> bool:
        """Whether the queue has no room for another frame; its first entry is being written."""
        late = len(self._queue) > 1 and time.monotonic() - self._queue[0][0] > MAX_QUEUED_S
        return late or len(self._queue) >= MAX_QUEUED

    def _next(self) -> Result | _RemoveRequest | None:
        """The first entry of the queue, which stays there until it is written; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._queue) or self._finishing)
            return self._queue[0][1] if self._queue else None

    def _write(self, result: Result) -> None:
        start = time.perf_counter()
        with self._disk_time.frame():
            for sink in list(self._sinks):
                with catching_errors(sink, partial(self._leave_out, sink)):
                    sink.write(result.frame, result.poses, result.name)
        self._wrote((time.perf_counter() - start) * 1000)

    def _close_sink(self, sink: Sink) -> None:
        with self._changed:
            if sink not in self._sinks:
                return
            self._sinks.remove(sink)
        self._close(sink)

    def _leave_out(self, sink: Sink, error: StanceError) -> None:
        self._failed(error)
        self._close_sink(sink)

    def _close(self, sink: Sink) -> None:
        with catching_errors(sink, self._failed):
            sink.close()
