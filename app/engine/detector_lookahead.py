"""Runs the detector in threads of its own while poses are estimated in other frames."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from app.core.people import Frame
from app.detection.proposer import Detections
from app.pipeline import Pipeline
from app.system.threads import lower_priority

MAX_PARALLEL = 2
"""Frames in which the detector runs at the same time, where every frame needs it."""


class LookaheadDetector:
    """For files: runs the detector in the frames that will probably need it next.

    The results are the same as without; a wrong guess costs only time. Owns its threads until ``close``.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._threads = _threads(MAX_PARALLEL)
        self._running: dict[int, Future[Detections]] = {}
        self._needs_in_a_row = 0

    def start_ahead(self, now: Frame, waiting: Sequence[Frame]) -> None:
        """Start the detector in the first of the ``waiting`` frames that needs it, unless it is running already.

        ``now`` is the frame processed next. Where it needs the detector itself, one frame is started ahead after the
        second need in a row, two after the third.
        """
        needed = self._pipeline.needs_detection(now)
        self._needs_in_a_row = self._needs_in_a_row + 1 if needed else 0
        for index in [index for index in self._running if index < now.index]:
            self._running.pop(index).cancel()
        running = self._running.keys() - {now.index}
        if needed:
            ahead = [frame for frame in waiting[: self._needs_in_a_row - 1] if frame.index not in running]
        else:
            ahead = [] if running else [frame for frame in waiting if self._pipeline.needs_detection(frame)][:1]
        for frame in ahead[: max(MAX_PARALLEL - len(running), 0)]:
            self._running[frame.index] = self._threads.submit(self._pipeline.find, frame)

    def find(self, frame: Frame, wanted: bool) -> Detections | None:
        """The detections in ``frame`` where they are ``wanted``, else None; waits for a running detector."""
        if not wanted:
            return None
        running = self._running.get(frame.index)
        return running.result() if running else self._pipeline.find(frame)

    def close(self) -> None:
        """End the threads after the frames they are working on."""
        self._threads.shutdown(cancel_futures=True)


class AsyncDetector:
    """For live sources: frames do not wait for the detector; its detections come with a later frame.

    Owns its thread until ``close``.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._thread = _threads(1)
        self._running: Future[Detections] | None = None

    def find(self, frame: Frame, wanted: bool) -> Detections | None:
        """New detections of an earlier frame, else None; starts with ``frame`` where detections are ``wanted``."""
        if self._running and self._running.done():
            found, self._running = self._running.result(), None
            return found
        if wanted and not self._running:
            self._running = self._thread.submit(self._pipeline.find, frame)
        return None

    def close(self) -> None:
        """End the thread after the frame it is working on."""
        self._thread.shutdown(cancel_futures=True)


def _threads(count: int) -> ThreadPoolExecutor:
    """Threads of low priority: every frame waits for its poses, but rarely for the detector."""
    return ThreadPoolExecutor(count, thread_name_prefix="stance-scout", initializer=lower_priority)
