"""Recordings read back: the JSON lines that ``app/sinks/jsonl.py`` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from app.errors import StanceError
from app.people import FramePoses, Person
from app.sinks.jsonl import FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The people of every frame and the names of their keypoints."""

    names: tuple[str, ...]
    poses: list[FramePoses]


Kind = TypeVar("Kind")


class _Skeleton(msgspec.Struct):
    names: tuple[str, ...]


class _Head(msgspec.Struct):
    format: str
    skeleton: _Skeleton


class _Person(msgspec.Struct):
    id: int
    score: float
    box: tuple[float, float, float, float]
    keypoints: list[tuple[float, float, float]]


class _Line(msgspec.Struct):
    frame: int
    time_s: float
    people: list[_Person]


def read_recording(path: Path) -> Recording:
    """The recording in ``path``. Raises StanceError where it cannot be read or is something else."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise StanceError(f"The recording {path} cannot be read: {error.strerror}.") from None
    head = _decoded(lines[0] if lines else b"", _Head, 1, path)
    if head.format != FORMAT:
        raise StanceError(f"The recording {path} is of format {head.format!r}: wanted {FORMAT!r}.")
    poses = []
    for number, line in enumerate(lines[1:], start=2):
        frame = _decoded(line, _Line, number, path)
        for person in frame.people:
            if len(person.keypoints) != len(head.skeleton.names):
                raise StanceError(
                    f"Line {number} of {path} has a person with {len(person.keypoints)} keypoints: "
                    f"wanted the {len(head.skeleton.names)} of its head."
                )
        poses.append(FramePoses(frame.frame, frame.time_s, tuple(_person(person) for person in frame.people)))
    return Recording(head.skeleton.names, poses)


def _decoded(line: bytes, kind: type[Kind], number: int, path: Path) -> Kind:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise StanceError(f"Line {number} of {path} is no line of a recording: {error}.") from None


def _person(person: _Person) -> Person:
    return Person(
        person.id,
        person.score,
        np.array(person.box, np.float32),
        np.array(person.keypoints, np.float32),
    )
