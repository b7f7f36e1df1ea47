"""The people of every frame that was analysed, kept for whoever goes back, looks over it all, or exports it."""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.people import Floats, FramePoses, Person
from app.skeleton import Skeleton

MOST_FRAMES = 300_000
"""Nearly three hours at 30 frames a second: beyond, the earliest are forgotten."""

WAY = 16
"""So many frames are looked through for one that is known."""

GAP_S, GAP_FRAMES = 0.25, 2.5
"""Somebody who is missing for no longer than that, in seconds or in frames, was there all the time."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person over time, in T frames: ``indices`` (T,), ``times_s`` (T,), ``scores`` (T,), ``boxes`` (T, 4) and
    ``keypoints`` (T, K, 3) = x y score, in pixels.
    """

    id: int
    indices: NDArray[np.int64]
    times_s: NDArray[np.float64]
    scores: Floats
    boxes: Floats
    keypoints: Floats


class Analysis:
    """Frames with their people, by the frame's index; any thread may add and ask.

    ``version`` grows with every change, for whoever shows it. A source without end keeps its last ``most`` frames.
    """

    def __init__(self, skeleton: Skeleton, most: int = MOST_FRAMES) -> None:
        self.skeleton = skeleton
        self.version = 0
        self._most = most
        self._lock = threading.Lock()
        self._frames: dict[int, FramePoses] = {}
        self._people: dict[int, dict[int, Person]] = {}
        self._names: dict[int, str] = {}
        self._order: list[int] = []

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, poses: FramePoses) -> None:
        """Keep one frame; what was known of it is replaced."""
        with self._lock:
            self._drop(poses.index)
            if len(self._frames) >= self._most:
                self._drop(next(iter(self._frames)))
            self._frames[poses.index] = poses
            for person in poses.people:
                if person.id not in self._people:
                    self._people[person.id] = {}
                    self._order.append(person.id)
                self._people[person.id][poses.index] = person
            self.version += 1

    def get(self, index: int) -> FramePoses | None:
        """The people of a frame; None where it was not analysed."""
        return self._frames.get(index)

    def between(self, index: int) -> FramePoses | None:
        """Who must be in a frame that was left out: on the way from the frame before it to the one after it.

        None where these are not known, or further apart than ``GAP_S``.
        """
        with self._lock:
            before = next((self._frames[i] for i in range(index - 1, index - WAY, -1) if i in self._frames), None)
            after = next((self._frames[i] for i in range(index + 1, index + WAY) if i in self._frames), None)
        if before is None or after is None or after.time_s - before.time_s > GAP_S:
            return None
        share = (index - before.index) / (after.index - before.index)
        later = {person.id: person for person in after.people}
        people = [_on_the_way(person, later[person.id], share) for person in before.people if person.id in later]
        return FramePoses(index, before.time_s + share * (after.time_s - before.time_s), tuple(people))

    def clear(self) -> None:
        """Forget everybody, their names too."""
        with self._lock:
            for kept in (self._frames, self._people, self._names, self._order):
                kept.clear()
            self.version += 1

    def frames(self) -> list[FramePoses]:
        """Every analysed frame in order of its index."""
        with self._lock:
            return [self._frames[index] for index in sorted(self._frames)]

    def covers(self, indices: range) -> bool:
        """Whether each of these frames was analysed."""
        with self._lock:
            return all(index in self._frames for index in indices)

    # People.

    def ids(self) -> list[int]:
        """Everybody who was seen, in the order that a person gave them (else in which they came)."""
        with self._lock:
            return list(self._order)

    def name(self, number: int) -> str:
        """What the person is called: the given name, else the number."""
        return self._names.get(number, str(number))

    def rename(self, number: int, name: str) -> None:
        """Call somebody ``name`` (empty: by the number again)."""
        with self._lock:
            if name.strip():
                self._names[number] = name.strip()
            else:
                self._names.pop(number, None)
            self.version += 1

    def names(self) -> dict[int, str]:
        """The names that were given, by id."""
        with self._lock:
            return dict(self._names)

    def put_first(self, ids: list[int]) -> None:
        """Order people: these first, in this order, the others after them as they were."""
        with self._lock:
            known = [number for number in ids if number in self._people]
            self._order = [*known, *(number for number in self._order if number not in known)]
            self.version += 1

    def track(self, number: int, last_s: float = inf) -> Track:
        """Everything that is known of one person, in order of time; T is 0 where that is nobody.

        ``last_s`` leaves out what is so many seconds older than the newest frame.
        """
        with self._lock:
            seen = self._people.get(number, {})
            indices = sorted(seen)
            if indices and last_s < inf:
                since_s = self._frames[next(reversed(self._frames))].time_s - last_s
                indices = indices[bisect_left(indices, since_s, key=lambda index: self._frames[index].time_s) :]
            people = [seen[index] for index in indices]
            times = [self._frames[index].time_s for index in indices]
        count = len(self.skeleton.names)
        return Track(
            number,
            np.array(indices, np.int64),
            np.array(times, np.float64),
            np.array([person.score for person in people], np.float32),
            np.array([person.box for person in people], np.float32).reshape(-1, 4),
            np.array([person.keypoints for person in people], np.float32).reshape(-1, count, 3),
        )

    def spans(self) -> dict[int, list[tuple[float, float]]]:
        """For every id the times from when until when it was seen, in seconds; short gaps are closed."""
        with self._lock:
            sights = {
                number: [(index, self._frames[index].time_s) for index in sorted(seen)]
                for number, seen in self._people.items()
            }
        found = {}
        for number, seen in sights.items():
            indices, stamps = np.array(seen).T
            breaks = np.flatnonzero(np.diff(stamps) > gap_s(indices, stamps))
            starts, ends = [0, *(breaks + 1)], [*breaks, len(stamps) - 1]
            found[number] = [(float(stamps[a]), float(stamps[b])) for a, b in zip(starts, ends, strict=True)]
        return found

    def seen_spans(self) -> list[tuple[float, float]]:
        """From when until when the source was analysed, in seconds; frames that follow one another are one span."""
        with self._lock:
            indices = np.array(sorted(self._frames), np.int64)
            times = [self._frames[int(index)].time_s for index in indices]
        if not times:
            return []
        breaks = np.flatnonzero(np.diff(indices) > 1)
        return [(times[a], times[b]) for a, b in zip([0, *(breaks + 1)], [*breaks, len(times) - 1], strict=True)]

    def _drop(self, index: int) -> None:
        poses = self._frames.pop(index, None)
        for person in poses.people if poses else ():
            seen = self._people.get(person.id, {})
            seen.pop(index, None)
            if not seen and person.id in self._people:
                del self._people[person.id]
                self._order.remove(person.id)


def gap_s(indices: NDArray[Any], times_s: NDArray[np.float64]) -> float:
    """How many seconds may lie between two sights of one person without a break: ``GAP_S``, or ``GAP_FRAMES`` where the
    source has its frames further apart. The person was seen in the frames ``indices`` (T,) at ``times_s`` (T,).
    """
    if len(indices) < 2:
        return GAP_S
    return max(GAP_S, GAP_FRAMES * float(np.median(np.diff(times_s) / np.diff(indices))))


def _on_the_way(before: Person, after: Person, share: float) -> Person:
    """Somebody between two frames; nothing is claimed that was not seen in both."""
    box = before.box + np.float32(share) * (after.box - before.box)
    keypoints = before.keypoints + np.float32(share) * (after.keypoints - before.keypoints)
    keypoints[:, 2] = np.minimum(before.keypoints[:, 2], after.keypoints[:, 2])
    return Person(before.id, min(before.score, after.score), box, keypoints, "predicted")
