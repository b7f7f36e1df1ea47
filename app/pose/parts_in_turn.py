"""Looks for hands and faces in every third live frame where they take longer than a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.core.people import Floats, Frame
from app.pose.carried_parts import CarriedParts
from app.pose.found_parts import FoundParts, PartFinder

MAX_AGE_S = 0.25
"""Longest time in which parts are carried to later frames, in seconds."""
CARRIED_FRAMES = 2
"""Frames without a search after one that ended late; in more of them quick fingers would be drawn beside the hand."""


class _Late(NamedTuple):
    """What a search that ended late has found, and in how many later frames it has been shown."""

    parts: CarriedParts
    frames: int = 0


class PartsInTurn:
    """For live sources: a ``PartRunner``. After a search that ends late, the next two frames do without one.

    They have what it has found, moved with the wrist or the nose. ``is_late`` tells whether the next frame is there.
    """

    def __init__(self, is_late: Callable[[], bool]) -> None:
        self._is_late = is_late
        self._late: dict[str, _Late] = {}

    def find(self, finder: PartFinder, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """See ``PartRunner``; ``poses`` (N, K, 3) must not change afterwards."""
        places = finder.places(poses)
        late = self._late.pop(finder.stage, None)
        if late is not None and late.frames < CARRIED_FRAMES and frame.time_s - late.parts.time_s <= MAX_AGE_S:
            self._late[finder.stage] = _Late(late.parts, late.frames + 1)
            return late.parts.to(ids, places)
        found = finder.find(frame, ids, poses)
        if self._is_late():
            self._late[finder.stage] = _Late(CarriedParts(frame.time_s, ids, places, found))
        return found

    def forget(self) -> None:
        """See ``PartRunner``."""
        self._late.clear()
