"""Keeps the people who count: by id, or the one who is largest, left, right or in the center most of the time."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from app.core.only import Only, Place
from app.core.people import Frame, FramePoses, Person

TAKE_OVER_S = 3.0
"""In live pictures someone takes over who was at the place for this much longer than the chosen person, in seconds: as
long as a person may be out of view and keeps the id."""


class PeopleFilter(Protocol):
    """Returns a frame's poses with only the people who count; gets every frame in order."""

    def __call__(self, frame: Frame, poses: FramePoses) -> FramePoses:
        """``poses`` without the people who do not count."""
        ...


class OnlyIds:
    """Keeps the people with these ``ids``."""

    def __init__(self, ids: tuple[int, ...]) -> None:
        self.present: set[int] = set()
        self._ids = ids

    def __call__(self, frame: Frame, poses: FramePoses) -> FramePoses:
        """``poses`` with these people alone."""
        self.present.update(person.id for person in poses.people)
        return _with_ids(poses, set(self._ids))

    @property
    def counted(self) -> list[int]:
        """The ids that a person has had so far."""
        return [number for number in self._ids if number in self.present]

    @property
    def missing(self) -> list[int]:
        """The ids that no person has had so far."""
        return [number for number in self._ids if number not in self.present]


class PlaceVotes:
    """Counts who is at ``place`` in each frame of a clip."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._votes: Counter[int] = Counter()

    def add(self, frame: Frame, poses: FramePoses) -> None:
        """Count one frame."""
        person = person_at(self._place, poses, frame.size[0])
        if person is not None:
            self._votes[person.id] += 1

    @property
    def winner(self) -> int | None:
        """The id that was at the place in most frames, the lowest of several; None if there were no people."""
        return min(self._votes, key=lambda number: (-self._votes[number], number), default=None)


class LivePlace:
    """Keeps the person who is at ``place``, and changes to another only after ``TAKE_OVER_S``."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._chosen = self._rival = 0
        self._lead_s = 0.0
        self._last_s: float | None = None

    def __call__(self, frame: Frame, poses: FramePoses) -> FramePoses:
        """``poses`` with the chosen person alone, who may be out of view."""
        person = person_at(self._place, poses, frame.size[0])
        step_s = 0.0 if self._last_s is None else max(poses.time_s - self._last_s, 0.0)
        self._last_s = poses.time_s
        if person is not None:
            self._count(person.id, step_s)
        return _with_ids(poses, {self._chosen})

    def _count(self, number: int, step_s: float) -> None:
        """Count a frame of ``step_s`` seconds in which ``number`` is at the place."""
        if number == self._chosen:
            self._lead_s = max(self._lead_s - step_s, 0.0)
            return
        if number != self._rival:
            self._rival, self._lead_s = number, 0.0
        self._lead_s += step_s
        if not self._chosen or self._lead_s > TAKE_OVER_S:
            self._chosen, self._rival, self._lead_s = number, 0, 0.0


class StillPlace:
    """Keeps the person at ``place`` of each picture by itself: pictures do not follow each other in time."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __call__(self, frame: Frame, poses: FramePoses) -> FramePoses:
        """``poses`` with this person alone."""
        person = person_at(self._place, poses, frame.size[0])
        return poses.of(() if person is None else (person,))


def filter_of(only: Only, *, still: bool) -> PeopleFilter:
    """The filter of a run over live or ``still`` pictures, or for ids."""
    if only.ids:
        return OnlyIds(only.ids)
    return StillPlace(only.place) if still else LivePlace(only.place)


def person_at(place: Place, poses: FramePoses, width: int) -> Person | None:
    """Who is at ``place`` in a picture that is ``width`` pixels wide; None if there are no people."""

    def rank(person: Person) -> float:
        x0, y0, x1, y1 = person.box.tolist()
        middle = (x0 + x1) / 2
        ranks = {"largest": -(x1 - x0) * (y1 - y0), "left": middle, "right": -middle}
        return ranks.get(place, abs(middle - (width - 1) / 2))

    return min(poses.people, key=rank, default=None)


def _with_ids(poses: FramePoses, ids: set[int]) -> FramePoses:
    people = tuple(person for person in poses.people if person.id in ids)
    return poses if len(people) == len(poses.people) else poses.of(people)
