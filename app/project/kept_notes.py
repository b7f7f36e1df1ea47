"""Notes of the user about a clip (names, sides, order, marks, the scale and so on), as they are kept in its project.

They hold the names and points given by the user, boxes by which people are matched, and the scale (with the path of a
calibration file); neither the clip's name or folder nor any image.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np

from app.analysis.facing import CAMERA, LEFT, RIGHT, WORDS
from app.analysis.people_notes import PersonNote
from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.scale_options import AUTO, ScaleOptions
from app.project.project_file import open_project
from app.project.store import ProjectStore, folder, kept_file

log = logging.getLogger(__name__)

MAX_PEOPLE = 100
MAX_MARKS = 1000
MAX_BYTES = 4_000_000
"""Maximum size of notes, in bytes; larger ones are ignored."""
MAX_COORD = 1e6
"""Limit of box coordinates, in pixels."""
NOTES = "notes"
"""The key of the notes in a project."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
Frame = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
Box = tuple[float, float, float, float]


class PersonEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person: the name (empty if none was given), boxes in some frames, and the side chosen by the user."""

    name: Annotated[str, msgspec.Meta(max_length=1000)]
    frames: list[Frame]
    boxes: list[Box]
    facing: Literal["left", "right", "front"] | None = None


class ScaleEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user has stated as ``ScaleOptions``, for frames of ``size`` (width, height)."""

    size: tuple[int, int]
    height_m: float | None = None
    scale: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    floor: Annotated[str, msgspec.Meta(max_length=100)] = AUTO
    floor_line: tuple[float, float, float, float] | None = None

    def options(self, size: tuple[int, int]) -> ScaleOptions | None:
        """The options for frames of ``size``; without the drawn floor, if that is another. None if not valid."""
        line = self.floor_line if size == self.size else None
        try:
            return ScaleOptions(self.height_m, self.scale, self.floor, line)
        except StanceError as error:
            log.warning("the scale in the notes is ignored: %s", error)
            return None


class MarkEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marked moment, in seconds; the name is empty if none was given."""

    time_s: Seconds
    name: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class ClipNotes(msgspec.Struct, frozen=True, omit_defaults=True):
    """Notes about one clip: points, marks, pinned frame index, people, and whether the user has ``ordered`` them.

    ``size`` (width, height) is that of the frames in whose pixels the boxes are. ``scale`` is None if the user has
    stated nothing about it.
    """

    size: tuple[int, int] = (0, 0)
    in_s: Seconds | None = None
    out_s: Seconds | None = None
    pinned: Frame | None = None
    ordered: bool = False
    people: list[PersonEntry] = []
    scale: ScaleEntry | None = None
    marks: Annotated[list[MarkEntry], msgspec.Meta(max_length=MAX_MARKS)] = []

    def person_notes(self) -> list[PersonNote]:
        """The people with valid boxes, as the matcher takes them; boxes (N, 4) float32."""
        notes = [
            PersonNote(
                one.name,
                np.array(one.frames, np.int64),
                np.clip(one.boxes, -MAX_COORD, MAX_COORD).astype(np.float32),
                None if one.facing is None else WORDS[one.facing],
            )
            for one in self.people
            if one.frames and len(one.frames) == len(one.boxes)
        ]
        return [note for note in notes if (np.abs(note.boxes) < MAX_COORD).all()]


def entries_of(people: list[PersonNote]) -> list[PersonEntry]:
    """``people`` as they are stored; of more than ``MAX_PEOPLE``, those whom the user has described come first."""
    if len(people) > MAX_PEOPLE:
        people = sorted(people, key=lambda note: not is_described(note))[:MAX_PEOPLE]
    return [
        PersonEntry(note.name[:1000], note.indices.tolist(), [_box(box) for box in note.boxes.tolist()], _word(note))
        for note in people
    ]


def is_described(note: PersonNote) -> bool:
    """Whether the user has given the person a name or a side."""
    return bool(note.name) or note.facing is not None


class NotedClip(NamedTuple):
    """The file that notes are about, and its fingerprint."""

    path: Path
    id: str

    def load(self, store: ProjectStore) -> ClipNotes:
        """The notes in the project that the user has saved, else in the one in the data folder; empty without any.

        Notes that cannot be read are logged and ignored.
        """
        for project in dict.fromkeys((store.file_of(*self), kept_file(self.id))):
            notes = _stored(project)
            if notes is not None:
                return notes
        return self._take_over()

    def save(self, notes: ClipNotes, store: ProjectStore) -> None:
        """Write ``notes`` into the project in the data folder, and into the one that the user has saved, if any.

        A failure to write is logged, not raised.
        """
        for project in dict.fromkeys((kept_file(self.id), store.file_of(*self))):  # the first stays if the other goes
            try:
                store_notes(notes, project)
                if project == kept_file(self.id):
                    self._former.unlink(missing_ok=True)
            except (StanceError, OSError) as error:
                log.warning("the notes in %s cannot be written: %s", project, error)

    @property
    def _former(self) -> Path:
        """The file that held the notes alone, before projects did."""
        return folder() / f"{self.id}.json"

    def _take_over(self) -> ClipNotes:
        """The notes in the former file, which is replaced by the project in the data folder."""
        try:
            with self._former.open("rb") as file:
                notes = _decoded(file.read(MAX_BYTES + 1))
            store_notes(notes, kept_file(self.id))
            self._former.unlink()
        except FileNotFoundError:
            return ClipNotes()
        except (*JSON_ERRORS, OSError, StanceError) as error:
            log.warning("the notes %s cannot be taken over into the project: %s", self._former, error)
            return ClipNotes()
        return notes


def store_notes(notes: ClipNotes, project: Path) -> None:
    """Write ``notes`` into ``project``; one in the data folder is made for them, and has none if they are empty.

    Raises StanceError or OSError if that fails.
    """
    is_kept = project.parent == folder()
    is_empty = is_kept and notes == ClipNotes(size=notes.size)
    if is_empty and not project.exists():
        return
    with open_project(project, create=is_kept) as opened:
        if is_empty:
            opened.delete_value(NOTES)
        else:
            opened.set_value(NOTES, msgspec.json.encode(notes))


def _stored(project: Path) -> ClipNotes | None:
    """The notes in ``project``; None without any that can be read."""
    if not project.exists():
        return None
    try:
        with open_project(project) as opened:
            value = opened.value(NOTES)
        return None if value is None else _decoded(value)
    except (*JSON_ERRORS, StanceError) as error:
        log.warning("the notes in %s cannot be read and are ignored: %s", project, error)
        return None


def _decoded(data: bytes) -> ClipNotes:
    if len(data) > MAX_BYTES:
        raise msgspec.ValidationError(f"more than {MAX_BYTES} bytes")
    return msgspec.json.decode(data, type=ClipNotes)


def _word(note: PersonNote) -> Literal["left", "right", "front"] | None:
    words: dict[int, Literal["left", "right", "front"]] = {LEFT: "left", RIGHT: "right", CAMERA: "front"}
    return None if note.facing is None else words[note.facing]


def _box(numbers: list[float]) -> Box:
    x0, y0, x1, y1 = (round(number, 1) for number in numbers)
    return x0, y0, x1, y1
