"""Recordings read back: the JSON lines that ``JsonLines`` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import numpy as np

from app.analysis import Analysis
from app.errors import StanceError
from app.people import FramePoses, Person
from app.sinks.jsonl import FORMAT
from app.skeleton import FOLDER, Skeleton, load_skeleton


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The people of every frame, and what the head says of the run; ``size`` (width, height), 0 where it is not told.

    ``skeleton`` is the one that ships with these keypoints, or else knows names and limbs alone.
    """

    source: str
    size: tuple[int, int]
    fps: float | None
    skeleton: Skeleton
    pose_model: str
    detector: str
    poses: list[FramePoses]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keypoints."""
        return self.skeleton.names

    def analysis(self) -> Analysis:
        """All of it as what was found in a source so far; of a frame that was recorded twice the later one."""
        found = Analysis(self.skeleton)
        for poses in self.poses:
            found.add(poses)
        return found


Kind = TypeVar("Kind")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Larger whole numbers are not the same in every reader of JSON."""


class _Skeleton(msgspec.Struct):
    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()


class _Head(msgspec.Struct):
    format: str
    skeleton: _Skeleton
    source: str = ""
    size: tuple[int, int] = (0, 0)
    fps: float | None = None
    pose_model: str = ""
    detector: str = ""


class _Person(msgspec.Struct):
    id: Number
    score: float
    box: tuple[float, float, float, float]
    keypoints: list[tuple[float, float, float]]
    state: Literal["estimated", "predicted"] = "estimated"


class _Line(msgspec.Struct):
    frame: Number
    time_s: float
    people: list[_Person]


def read_recording(path: Path) -> Recording:
    """The recording in ``path``; a last line that was broken off is left out, as a kill leaves it.

    Raises StanceError where it cannot be read or is something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StanceError(f"The recording {path} cannot be read: {error.strerror}.") from None
    lines = data.splitlines()
    head = _decoded(lines[0] if lines else b"", _Head, 1, path)
    if head.format != FORMAT:
        raise StanceError(f"The recording {path} is of format {head.format!r}: wanted {FORMAT!r}.")
    skeleton = _skeleton(head.skeleton, path)
    if not data.endswith(b"\n") and len(lines) > 1 and not _is_whole(lines[-1]):
        lines.pop()
    poses = [_poses(line, number, len(skeleton.names), path) for number, line in enumerate(lines[1:], start=2)]
    return Recording(head.source, head.size, head.fps, skeleton, head.pose_model, head.detector, poses)


def _poses(line: bytes, number: int, keypoints: int, path: Path) -> FramePoses:
    frame = _decoded(line, _Line, number, path)
    for person in frame.people:
        if len(person.keypoints) != keypoints:
            raise StanceError(
                f"Line {number} of {path} has a person with {len(person.keypoints)} keypoints: "
                f"wanted the {keypoints} of its head."
            )
    return FramePoses(frame.frame, frame.time_s, tuple(_person(person) for person in frame.people))


def _decoded(line: bytes, kind: type[Kind], number: int, path: Path) -> Kind:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StanceError(f"Line {number} of {path} is no line of a recording: {error}.") from None


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _skeleton(told: _Skeleton, path: Path) -> Skeleton:
    """The skeleton of these names and limbs that ships, for it knows left from right; else one of just these."""
    for file in sorted(FOLDER.glob("*.json")):
        known = load_skeleton(file.stem)
        if known.names == told.names and known.limbs == told.limbs:
            return known
    try:
        return Skeleton("recorded", told.names, told.limbs)
    except ValueError as error:
        raise StanceError(f"The head of {path} is that of no recording: {error}.") from None


def _person(person: _Person) -> Person:
    return Person(
        person.id,
        person.score,
        np.array(person.box, np.float32),
        np.array(person.keypoints, np.float32),
        person.state,
    )
