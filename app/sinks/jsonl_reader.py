"""Reads recordings: the JSON lines that ``JsonLines`` writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.analysis import Analysis
from app.analysis.edits import Edits
from app.analysis.facing import WORDS
from app.core.edited import CARRIED, CORRECTED
from app.core.errors import StanceError, message_of
from app.core.json_errors import JSON_ERRORS, json_problem
from app.core.message import Message, foreign
from app.core.people import FramePoses, Person
from app.core.scale_options import AUTO, NO_SCALE, ScaleOptions
from app.core.skeleton import FOLDER, Skeleton, load_skeleton
from app.overlay import mirrored
from app.sinks.film_clock import FilmClock
from app.sinks.jsonl import FORMAT, NAMES


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The people of every frame, and the fields of the header.

    ``size`` is (width, height) in pixels, 0 if unknown. ``skeleton`` is the bundled one with the same keypoints and
    limbs, or else one with names and limbs only. ``facing`` is the side that people face where the user has chosen it,
    by id: -1 left, 1 right, 0 the camera. ``scale`` is what the user has stated about the size of things. ``people``
    are the names of people, by id. ``lifter`` is what gave them points in three dimensions, if not the pose model.
    ``edits`` are changes of ``poses`` that the user can still take back; who is ``hidden`` does not count.
    """

    source: str
    size: tuple[int, int]
    fps: float | None
    skeleton: Skeleton
    pose_model: str
    detector: str
    poses: list[FramePoses]
    facing: dict[int, int] = field(default_factory=dict)
    scale: ScaleOptions = NO_SCALE
    people: dict[int, str] = field(default_factory=dict)
    lifter: str = ""
    edits: Edits = ()
    hidden: frozenset[int] = frozenset()

    @property
    def depth_by(self) -> str:
        """The network that the points in three dimensions come from; empty if that is unknown, or there are none."""
        has_points = any(person.points_3d is not None for poses in self.poses for person in poses.people)
        return (self.lifter or self.pose_model) if has_points else ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keypoints."""
        return self.skeleton.names

    def analysis(self) -> Analysis:
        """The recording as an analysis; of a frame that was recorded twice the later one."""
        analysis = Analysis(self.skeleton)
        for poses in self.poses:
            analysis.add(poses)
        for number, side in self.facing.items():
            analysis.choose_facing(number, side)
        for number, name in self.people.items():
            analysis.rename(number, name)
        analysis.set_edits(self.edits)
        for number in self.hidden:
            analysis.hide(number, True)
        return analysis

    def on_film(self, *, is_mirrored: bool, width: int) -> Recording:
        """The same people at the frames of the video that was written together with this recording.

        The video has one frame per line, its own timestamps, and may be mirrored; ``width`` in pixels is used if the
        recording does not contain the source's.
        """
        clock, frame_width = FilmClock(self.fps), self.size[0] or width
        converted = []
        for number, poses in enumerate(self.poses):
            retimed = FramePoses(number, clock.place_s(poses.time_s), poses.people)
            converted.append(mirrored(retimed, frame_width) if is_mirrored else retimed)
        facing = {number: -side if is_mirrored else side for number, side in self.facing.items()}
        scale = self.scale.mirrored(frame_width) if is_mirrored else self.scale
        return replace(self, poses=converted, facing=facing, scale=scale)


EVENTS = b'{"events":'
"""The beginning of a line that has events and no frame."""
GIVEN = f'{{"{NAMES}":'.encode()
"""The beginning of a line that has names and sides of people and no frame."""
Kind = TypeVar("Kind")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Integers up to 2**53, which every JSON reader represents exactly."""


class _Skeleton(msgspec.Struct):
    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()


class _Scale(msgspec.Struct):
    height_m: float | None = None
    scale: str = ""
    floor: str = AUTO
    floor_line: tuple[float, float, float, float] | None = None


class _Given(msgspec.Struct):
    names: dict[int, str] = {}
    facing: dict[int, Literal["left", "right", "front"]] = {}


class _Header(_Given, kw_only=True):
    format: str
    skeleton: _Skeleton
    source: str = ""
    size: tuple[int, int] = (0, 0)
    fps: float | None = None
    pose_model: str = ""
    detector: str = ""
    lifter: str = ""
    scale: _Scale | None = None


class _Person(msgspec.Struct):
    id: Number
    score: float
    box: tuple[float, float, float, float]
    keypoints: list[tuple[float, float, float]]
    state: Literal["estimated", "predicted"] = "estimated"
    points_3d: list[tuple[float, float, float, float]] | None = None
    filled: list[Number] = []
    corrected: list[Number] = []
    carried: list[Number] = []


class _Line(msgspec.Struct):
    frame: Number
    time_s: float
    people: list[_Person]


def read_recording(path: Path) -> Recording:
    """Read the recording in ``path``; an incomplete last line, as a kill leaves it, is ignored.

    Raises StanceError if the file cannot be read or is no recording.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StanceError(
            "The pose data file {path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror)
        ) from None
    lines = data.splitlines()
    head = _decode(lines[0] if lines else b"", _Header, 1, path)
    if head.format != FORMAT:
        raise StanceError(
            "The pose data file {path} has format {format!r}: wanted {wanted!r}.",
            path=path,
            format=head.format,
            wanted=FORMAT,
        )
    skeleton = _skeleton(head.skeleton, path)
    if not data.endswith(b"\n") and len(lines) > 1 and not _is_whole(lines[-1]):
        lines.pop()
    given: _Given = head
    poses: list[FramePoses] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.startswith(GIVEN):
            given = _decode(line, _Given, number, path)
        elif not line.startswith(EVENTS):
            poses.append(_poses(line, number, len(skeleton.names), path))
    return Recording(
        head.source,
        head.size,
        head.fps,
        skeleton,
        head.pose_model,
        head.detector,
        poses,
        {number: WORDS[word] for number, word in given.facing.items()},
        NO_SCALE if head.scale is None else ScaleOptions(**msgspec.structs.asdict(head.scale)),
        given.names,
        head.lifter,
    )


def _poses(line: bytes, number: int, keypoints: int, path: Path) -> FramePoses:
    frame = _decode(line, _Line, number, path)
    for person in frame.people:
        counts = {len(person.keypoints), keypoints if person.points_3d is None else len(person.points_3d)}
        if counts != {keypoints}:
            raise StanceError(
                "Line {number} of {path} has a person with {found} keypoints: wanted {keypoints}, as in its header.",
                number=number,
                path=path,
                found=(counts - {keypoints}).pop(),
                keypoints=keypoints,
            )
    return FramePoses(frame.frame, frame.time_s, tuple(_person(person) for person in frame.people))


def _decode(line: bytes, kind: type[Kind], number: int, path: Path) -> Kind:
    try:
        return msgspec.json.decode(line, type=kind)
    except JSON_ERRORS as error:
        raise StanceError(
            "Line {number} of {path} is not valid pose data: {reason}.",
            number=number,
            path=path,
            reason=json_problem(error, line, kind, Message("a line that Stance has written")),
        ) from None


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except JSON_ERRORS:
        return False
    return True


def _skeleton(header: _Skeleton, path: Path) -> Skeleton:
    """The bundled skeleton with these names and limbs, which has flip pairs and sigmas; else one with these only."""
    for file in sorted(FOLDER.glob("*.json")):
        known = load_skeleton(file.stem)
        if known.names == header.names and known.limbs == header.limbs:
            return known
    try:
        return Skeleton("recorded", header.names, header.limbs)
    except ValueError as error:
        raise StanceError(
            "The header of {path} is not that of a pose data file: {reason}.", path=path, reason=message_of(error)
        ) from None


def _person(person: _Person) -> Person:
    return Person(
        person.id,
        person.score,
        np.array(person.box, np.float32),
        np.array(person.keypoints, np.float32),
        person.state,
        None if person.points_3d is None else np.array(person.points_3d, np.float32),
        filled=np.isin(np.arange(len(person.keypoints)), person.filled) if person.filled else None,
        edited=_edited(person),
    )


def _edited(person: _Person) -> NDArray[np.uint8] | None:
    if not person.corrected and not person.carried:
        return None
    numbers = np.arange(len(person.keypoints))
    edited = np.zeros(len(numbers), np.uint8)
    edited[np.isin(numbers, person.carried)] = CARRIED
    edited[np.isin(numbers, person.corrected)] = CORRECTED
    return edited
