"""The people of some frames as bytes, and back, to the bit.

A block is a header (number of frames, of people, of keypoints) and one array after the other, in little-endian order:
of the frames index, time and number of people; of the people id, score, flags, box and keypoints; and then the arrays
that only some people have, for those people. Where frames have others, their number in each frame, scores and boxes
follow: privacy needs no more of them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.people import FramePoses, Person

HEADER = struct.Struct("<3I")
PREDICTED = 1
"""Flag of a person whose state is "predicted"."""
OPTIONAL = ((2, "points_3d", (4,), "<f4"), (4, "measured", (3,), "<f4"), (8, "filled", (), "|b1"))
"""Flag, attribute, numbers of a keypoint and type of the arrays that only some people have."""


def encode_block(frames: Sequence[FramePoses], keypoints: int) -> bytes:
    """The people of ``frames``, each with ``keypoints`` keypoints, as bytes."""
    people = [person for poses in frames for person in poses.people]
    flags = [_flags(person) for person in people]
    parts = [
        HEADER.pack(len(frames), len(people), keypoints),
        _bytes([poses.index for poses in frames], "<i8"),
        _bytes([poses.time_s for poses in frames], "<f8"),
        _bytes([len(poses.people) for poses in frames], "<u4"),
        _bytes([person.id for person in people], "<i8"),
        _bytes([person.score for person in people], "<f8"),
        _bytes(flags, "|u1"),
        _bytes([person.box for person in people], "<f4"),
        _bytes([person.keypoints for person in people], "<f4"),
    ]
    for _, name, _, kind in OPTIONAL:
        parts.append(_bytes([values for person in people if (values := getattr(person, name)) is not None], kind))
    if others := [person for poses in frames for person in poses.others]:
        parts.append(_bytes([len(poses.others) for poses in frames], "<u4"))
        parts.append(_bytes([person.score for person in others], "<f8"))
        parts.append(_bytes([person.box for person in others], "<f4"))
    return b"".join(parts)


class PoseBlock:
    """A block that was read: its arrays are checked, and its people are made only when ``frames`` is called.

    Raises ValueError if ``data`` is no whole block of people with that many ``keypoints``.
    """

    def __init__(self, data: bytes, keypoints: int) -> None:
        if len(data) < HEADER.size:
            raise ValueError("the block is too short")
        frames, count, found = HEADER.unpack_from(data)
        if found != keypoints:
            raise ValueError(f"the people have {found} keypoints")
        arrays = _Arrays(data, HEADER.size)
        self._indices = arrays.take("<i8", frames)
        self._times_s = arrays.take("<f8", frames)
        self._counts = arrays.take("<u4", frames)
        if int(self._counts.sum()) != count or not np.isfinite(self._times_s).all():
            raise ValueError("the frames are not valid")
        self._people = _People(arrays, count, keypoints)
        self._others = None if arrays.is_empty else _Others(arrays, frames, keypoints)

    def frames(self) -> list[FramePoses]:
        """The frames of the block, in order."""
        people = iter(self._people.made())
        others = [()] * len(self._counts) if self._others is None else self._others.by_frame()
        return [
            FramePoses(index, time_s, tuple(islice(people, here)), beside)
            for index, time_s, here, beside in zip(
                self._indices.tolist(), self._times_s.tolist(), self._counts.tolist(), others, strict=True
            )
        ]


def decode_block(data: bytes, keypoints: int) -> list[FramePoses]:
    """The frames of a block. Raises ValueError as ``PoseBlock`` does."""
    return PoseBlock(data, keypoints).frames()


class _Arrays:
    """Takes one array after the other from ``data``."""

    def __init__(self, data: bytes, offset: int) -> None:
        self._data = data
        self._offset = offset

    @property
    def is_empty(self) -> bool:
        """Whether all bytes were taken."""
        return self._offset >= len(self._data)

    def take(self, kind: str, *shape: int) -> NDArray[Any]:
        """The next array, writable. Raises ValueError if there are not enough bytes."""
        size = int(np.prod(shape, dtype=np.int64))
        values = np.frombuffer(self._data, kind, size, self._offset) if size else np.empty(0, kind)
        self._offset += values.nbytes
        return values.reshape(shape).copy()


class _People:
    """The arrays of ``count`` people."""

    def __init__(self, arrays: _Arrays, count: int, keypoints: int) -> None:
        self._ids, self._scores = arrays.take("<i8", count), arrays.take("<f8", count)
        self._flags = arrays.take("|u1", count)
        self._boxes, self._poses = arrays.take("<f4", count, 4), arrays.take("<f4", count, keypoints, 3)
        if not all(np.isfinite(values).all() for values in (self._scores, self._boxes, self._poses)):
            raise ValueError("a value of a person is not finite")
        self._optional = []
        for flag, _, width, kind in OPTIONAL:
            having = self._flags & flag != 0
            self._optional.append((having.tolist(), arrays.take(kind, int(having.sum()), keypoints, *width)))

    def made(self) -> list[Person]:
        """All of them, in order."""
        optional = []
        for having, values in self._optional:
            rows = iter(values)
            optional.append([next(rows) if has else None for has in having])
        columns = self._ids.tolist(), self._scores.tolist(), self._flags.tolist(), self._boxes, self._poses
        return [
            Person(number, score, box, pose, "predicted" if flag & PREDICTED else "estimated", *rest)
            for number, score, flag, box, pose, *rest in zip(*columns, *optional, strict=True)
        ]


class _Others:
    """The arrays of the others of each frame, without a seen keypoint."""

    def __init__(self, arrays: _Arrays, frames: int, keypoints: int) -> None:
        self._counts = arrays.take("<u4", frames)
        total = int(self._counts.sum())
        self._scores, self._boxes = arrays.take("<f8", total), arrays.take("<f4", total, 4)
        if not (np.isfinite(self._scores).all() and np.isfinite(self._boxes).all()):
            raise ValueError("a value of a person is not finite")
        self._unseen = np.zeros((keypoints, 3), np.float32)

    def by_frame(self) -> list[tuple[Person, ...]]:
        """The others, frame by frame."""
        scores, unseen = self._scores.tolist(), self._unseen
        people = (Person(0, score, box, unseen) for score, box in zip(scores, self._boxes, strict=True))
        return [tuple(islice(people, here)) for here in self._counts.tolist()]


def _flags(person: Person) -> int:
    state = PREDICTED if person.state == "predicted" else 0
    return state + sum(flag for flag, name, _, _ in OPTIONAL if getattr(person, name) is not None)


def _bytes(values: Sequence[Any], kind: str) -> bytes:
    return np.array(values, kind).tobytes()
