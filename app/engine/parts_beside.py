"""Looks for hands and faces in a thread of its own, where live frames come faster than they are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from app.core.people import Floats, Frame
from app.pose.carried_parts import CarriedParts
from app.pose.found_parts import FoundParts, PartFinder
from app.system.threads import lower_priority, work_alone

MAX_AGE_S = 0.5
"""Oldest parts that are carried to a later frame, in seconds; older ones are lost until they are found again."""
POLL_S = 0.002
"""Interval at which a frame that waits for its parts looks whether it is late, in seconds."""


class _Run(NamedTuple):
    """A finder at work, on the people ``ids`` of a frame at ``time_s``, whose parts are at ``places`` (N, P, 3)."""

    time_s: float
    ids: Sequence[int]
    places: Floats
    found: Future[FoundParts]


class PartsBeside:
    """For live sources: a ``PartRunner``. Frames wait for their hands and faces only until the next frame is there.

    Then they have those of the last frame in which they were found, moved with the wrist or the nose; they are looked
    for in the frame that comes when the search is over. ``is_late`` tells whether the next frame is there. Only the
    first frame waits in any case. Owns its thread until ``close``.
    """

    def __init__(self, is_late: Callable[[], bool]) -> None:
        self._is_late = is_late
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stance-parts", initializer=_give_way)
        self._runs: dict[str, _Run] = {}
        self._last: dict[str, CarriedParts] = {}

    def find(self, finder: PartFinder, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """See ``PartRunner``; ``poses`` (N, K, 3) must not change afterwards."""
        places = finder.places(poses)
        self._take_finished(finder.stage)
        run = self._runs.get(finder.stage)
        if run is None:
            found = self._thread.submit(finder.find, frame, ids, poses)
            run = self._runs[finder.stage] = _Run(frame.time_s, ids, places, found)
        while not (run.found.done() or (finder.stage in self._last and self._is_late())):
            wait([run.found], POLL_S)
        self._take_finished(finder.stage)
        last = self._last[finder.stage]
        if last.places is places:
            return last.found
        is_fresh = 0 <= frame.time_s - last.time_s <= MAX_AGE_S
        return (last if is_fresh else last.of_nobody()).to(ids, places)

    def settle(self) -> None:
        """See ``PartRunner``."""
        wait([run.found for run in self._runs.values()])
        self._runs.clear()
        self._last.clear()

    def close(self) -> None:
        """End the thread after the frame it is working on."""
        self.settle()
        self._thread.shutdown()

    def _take_finished(self, stage: str) -> None:
        """Take what the finder of ``stage`` has found, if it is no longer at work."""
        run = self._runs.get(stage)
        if run is not None and run.found.done():
            del self._runs[stage]
            self._last[stage] = CarriedParts(run.time_s, run.ids, run.places, run.found.result())


def _give_way() -> None:
    """Leave the rest of the processor to the poses: halves of a batch would take a second core from them."""
    lower_priority()
    work_alone()
