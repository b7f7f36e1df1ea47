"""Collects the people of frames that pass by into tracks, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track
from app.analysis.stacking import unknown_points
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import Skeleton

ROW_BYTES = 36
"""What a frame of a person takes besides the keypoints."""


class TrackBuilder:
    """The tracks of all people in the frames added so far.

    A frame of a person takes about 350 bytes with 26 keypoints: an hour of one person at 30 frames per second 40 MB.
    ``frames`` is the number of frames added, ``first_s`` and ``last_s`` are their first and last timestamp in seconds.
    With ``max_bytes`` no further frames are added when these are full. ``version`` increases with every frame.
    """

    def __init__(self, skeleton: Skeleton, max_bytes: float = inf) -> None:
        self.skeleton = skeleton
        self.frames = 0
        self._max_bytes = max_bytes
        self._bytes = 0
        self.first_s = self.last_s = 0.0
        self._rows: dict[int, _Rows] = {}
        self._filled: dict[tuple[int, int], NDArray[np.bool_]] = {}
        self._points: dict[tuple[int, int], Floats] = {}

    def add(self, poses: FramePoses) -> bool:
        """Add the people of one frame; a frame that is not later than the one before is left out (returns False)."""
        if (self.frames and poses.time_s <= self.last_s) or self._bytes >= self._max_bytes:
            return False
        if not self.frames:
            self.first_s = poses.time_s
        self.frames += 1
        self.last_s = poses.time_s
        for person in poses.people:
            self._rows.setdefault(person.id, _Rows()).add(poses, person)
            self._bytes += person.keypoints.nbytes + ROW_BYTES
            if person.filled is not None:
                self._filled[person.id, poses.index] = person.filled
            if person.points_3d is not None:
                self._points[person.id, poses.index] = person.points_3d
                self._bytes += person.points_3d.nbytes
        return True

    @property
    def has_points_3d(self) -> bool:
        """Whether anybody has points in three dimensions."""
        return bool(self._points)

    @property
    def version(self) -> int:
        """The number of frames added."""
        return self.frames

    def largest(self) -> Track | None:
        """The track whose sum of box heights is largest; None without people."""
        number = max(self._rows, key=lambda number: self._rows[number].height, default=None)
        return None if number is None else self._track(number)

    def tracks(self) -> list[Track]:
        """The tracks of all people, by id."""
        return [self._track(number) for number in sorted(self._rows)]

    def _track(self, number: int) -> Track:
        track = self._rows[number].track(number, len(self.skeleton.names))
        return replace(track, filled=self._mask(number), points_3d=self._points_3d(number))

    def _mask(self, number: int) -> NDArray[np.bool_] | None:
        """The keypoints (T, K) of person ``number`` that were filled in; None if there are none."""
        if not any(person == number for person, _ in self._filled):
            return None
        none = np.zeros(len(self.skeleton.names), bool)
        return np.stack([self._filled.get((number, index), none) for index in self._rows[number].indices])

    def _points_3d(self, number: int) -> Floats | None:
        """The points (T, K, 4) of person ``number`` in three dimensions, see ``Track``."""
        if not any(person == number for person, _ in self._points):
            return None
        unknown = unknown_points(len(self.skeleton.names))
        return np.stack([self._points.get((number, index), unknown) for index in self._rows[number].indices])

    def filled(self, number: int, index: int) -> tuple[str, ...]:
        """Names of the keypoints of person ``number`` that were filled in between measured ones in frame ``index``."""
        flags = self._filled.get((number, index))
        return () if flags is None else tuple(np.array(self.skeleton.names)[flags].tolist())

    def filled_share(self, number: int, start_s: float = -inf, end_s: float = inf) -> float:
        """The fraction of the keypoints of person ``number`` that were filled in from ``start_s`` to ``end_s``."""
        rows = self._rows[number]
        inside = slice(bisect_left(rows.times_s, start_s), bisect_right(rows.times_s, end_s))
        found = [self._filled.get((number, index)) for index in rows.indices[inside]]
        count = sum(int(flags.sum()) for flags in found if flags is not None)
        return count / (max(len(found), 1) * len(self.skeleton.names))


class _Rows:
    """The values of one person, one after the other."""

    def __init__(self) -> None:
        self.indices, self.times_s = array("q"), array("d")
        self.scores, self.boxes, self.keypoints = array("f"), array("f"), array("f")
        self.height = 0.0

    def add(self, poses: FramePoses, person: Person) -> None:
        self.indices.append(poses.index)
        self.times_s.append(poses.time_s)
        self.scores.append(person.score)
        self.height += float(person.box[3] - person.box[1])
        self.boxes.frombytes(np.asarray(person.box, np.float32).tobytes())
        self.keypoints.frombytes(np.asarray(person.keypoints, np.float32).tobytes())

    def track(self, number: int, count: int) -> Track:
        return Track(
            number,
            np.array(self.indices, np.int64),
            np.array(self.times_s, np.float64),
            np.array(self.scores, np.float32),
            np.array(self.boxes, np.float32).reshape(-1, 4),
            np.array(self.keypoints, np.float32).reshape(-1, count, 3),
        )
