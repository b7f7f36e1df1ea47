"""The last thread feeds the sinks: a slow disk never stalls a live picture, nor loses a frame in silence."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.engine.results import Result
from app.errors import StanceError
from app.sinks import Sink

UNWRITTEN, UNWRITTEN_S = 24, 0.5
"""So many finished frames wait, and so many seconds of them, for a kill takes them along; then a file waits too, and a
live source leaves frames unrecorded."""


@dataclass(frozen=True, slots=True, eq=False)
class _Leaving:
    """In the queue: from here on ``sink`` gets nothing any more."""

    sink: Sink
    gone: threading.Event = field(default_factory=threading.Event)


class Writer:
    """Gives finished frames to every sink; ``run`` is the thread's body and ends after ``finish``.

    A sink that fails is closed and left out, and ``failed`` is told; the others go on.
    """

    def __init__(
        self, sinks: list[Sink], failed: Callable[[StanceError], None], wrote: Callable[[float], None]
    ) -> None:
        self._sinks = list(sinks)
        self._failed = failed
        self._wrote = wrote
        self._queue: deque[Result | _Leaving] = deque()
        self._changed = threading.Condition()
        self._finishing = False
        self._done = False

    def put(self, result: Result, patient: bool) -> bool:
        """Queue a frame for all sinks; False where the queue is full and the caller is not ``patient``."""
        with self._changed:
            if not self._sinks:
                return True
            if not patient and self._is_full(result):
                return False
            self._changed.wait_for(lambda: self._done or not self._is_full(result))
            self._queue.append(result)
            self._changed.notify_all()
            return True

    def add(self, sink: Sink) -> None:
        """Feed ``sink`` too, from the next frame that is put."""
        with self._changed:
            self._sinks.append(sink)

    def remove(self, sink: Sink) -> None:
        """Close ``sink`` after what was put so far is written; waits for that."""
        leaving = _Leaving(sink)
        with self._changed:
            self._queue.append(leaving)
            self._changed.notify_all()
            self._changed.wait_for(lambda: leaving.gone.is_set() or self._done)

    def finish(self) -> None:
        """Write what is queued, close every sink, and end."""
        with self._changed:
            self._finishing = True
            self._changed.notify_all()

    def run(self) -> None:
        """Write until ``finish``; the sinks are closed whatever happens."""
        try:
            while (item := self._next()) is not None:
                if isinstance(item, _Leaving):
                    self._let_go(item.sink)
                    item.gone.set()
                else:
                    self._write(item)
                with self._changed:
                    self._queue.popleft()
                    self._changed.notify_all()
        finally:
            for sink in list(self._sinks):
                self._let_go(sink)
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _is_full(self, result: Result) -> bool:
        """Whether there is no room for ``result``; the first in the queue is the one that is being written."""
        first = self._queue[0] if self._queue else None
        late = isinstance(first, Result) and result.frame.time_s - first.frame.time_s > UNWRITTEN_S
        return len(self._queue) >= UNWRITTEN or (late and len(self._queue) > 1)

    def _next(self) -> Result | _Leaving | None:
        """The oldest thing in the queue; it stays there until it is done with."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._queue) or self._finishing)
            return self._queue[0] if self._queue else None

    def _write(self, result: Result) -> None:
        start = time.perf_counter()
        for sink in list(self._sinks):
            try:
                sink.write(result.frame, result.poses, result.name)
            except StanceError as error:
                self._failed(error)
                self._let_go(sink)
        self._wrote((time.perf_counter() - start) * 1000)

    def _let_go(self, sink: Sink) -> None:
        with self._changed:
            if sink not in self._sinks:
                return
            self._sinks.remove(sink)
        try:
            sink.close()
        except StanceError as error:
            self._failed(error)
