"""The detector's own threads: they look at frames while poses are estimated in others."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from app.people import Frame
from app.pipeline import Found, Pipeline
from app.priority import give_way

ABREAST = 2
"""So many frames are looked at side by side where each one needs it."""


class ScoutAhead:
    """For files: looks at the frames in which the detector will be wanted next, as far as that can be foretold.

    What comes out is the same as without it; a guess that was wrong costs time and nothing else.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._threads = _threads(ABREAST)
        self._looking: dict[int, Future[Found]] = {}
        self._in_a_row = 0

    def look(self, now: Frame, waiting: Sequence[Frame]) -> None:
        """Begin with the first of the frames ``waiting`` that will need it, unless one is being looked at already.

        ``now`` is worked on next: where it needs the detector itself, only a second need in a row foretells a third,
        and a third two more.
        """
        needed = self._pipeline.needs_detection(now)
        self._in_a_row = self._in_a_row + 1 if needed else 0
        for index in [index for index in self._looking if index < now.index]:
            self._looking.pop(index).cancel()
        looking = self._looking.keys() - {now.index}
        if needed:
            ahead = [frame for frame in waiting[: self._in_a_row - 1] if frame.index not in looking]
        else:
            ahead = [] if looking else [frame for frame in waiting if self._pipeline.needs_detection(frame)][:1]
        for frame in ahead[: max(ABREAST - len(looking), 0)]:
            self._looking[frame.index] = self._threads.submit(self._pipeline.find, frame)

    def find(self, frame: Frame, wanted: bool) -> Found | None:
        """What is in this very ``frame``, where it is ``wanted``; waits for it."""
        if not wanted:
            return None
        looking = self._looking.get(frame.index)
        return looking.result() if looking else self._pipeline.find(frame)

    def close(self) -> None:
        """End the threads, after what they are doing."""
        self._threads.shutdown(cancel_futures=True)


class ScoutBeside:
    """For live sources: no frame waits for the detector; what it found comes with a later frame."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._thread = _threads(1)
        self._looking: Future[Found] | None = None

    def find(self, frame: Frame, wanted: bool) -> Found | None:
        """What has been found in an earlier frame and not been told yet; begins with ``frame`` where it is wanted."""
        if self._looking and self._looking.done():
            found, self._looking = self._looking.result(), None
            return found
        if wanted and not self._looking:
            self._looking = self._thread.submit(self._pipeline.find, frame)
        return None

    def close(self) -> None:
        """End the thread, after what it is doing."""
        self._thread.shutdown(cancel_futures=True)


def _threads(count: int) -> ThreadPoolExecutor:
    """Poses are waited for in every frame, the detector hardly ever: it gives way to them."""
    return ThreadPoolExecutor(count, thread_name_prefix="stance-scout", initializer=give_way)
