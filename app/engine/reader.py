"""The reader thread decodes the source's frames."""

from __future__ import annotations

import time

from app.engine.frame_queue import FrameQueue, QueuedFrame
from app.engine.results import Statistics
from app.sources import Source


class Reader:
    """Reads ``source`` into ``queue``; ``run`` is the body of the engine's reader thread, which alone reads and seeks.

    Reading ends with the source, unless ``pause_at_end`` is set: then the next seek continues it. A seek beyond the end
    of the range leaves the range: from there the source is read to its own end.
    """

    def __init__(self, source: Source, queue: FrameQueue, statistics: Statistics, pause_at_end: bool) -> None:
        self._source = source
        self._queue = queue
        self._statistics = statistics
        self._pause_at_end = pause_at_end

    def run(self) -> None:
        """Read until the end of the source, or until the queue is stopped."""
        try:
            self._read_all()
        finally:
            self._queue.end_reading()

    def _read_all(self) -> None:
        epoch, beyond = 0, False
        while not self._queue.stopping:
            order = self._queue.wait_to_read()
            if self._queue.stopping:
                break
            if order is not None and order.go is not None:
                order.go()
            start = time.perf_counter()
            frame = self._source.read()
            self._statistics.note("read", (time.perf_counter() - start) * 1000)
            end_s = self._queue.end_s
            is_past = frame is not None and end_s is not None and frame.time_s >= end_s
            if order is not None:
                epoch, beyond = order.epoch, is_past if order.beyond is None else order.beyond
            if is_past and not beyond:
                frame = None
            self._queue.put(QueuedFrame(frame, epoch, time.perf_counter()))
            if frame is None and not self._pause_at_end:
                break
