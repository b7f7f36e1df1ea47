"""Notes of the user about a clip (names, sides, order, marks, the scale and so on), saved between sessions.

One small file per clip in the user's data folder, named by a fingerprint of the clip's content, so that a copied, moved
or renamed clip is recognized. A file holds the names and points given by the user, boxes by which people are matched,
and the scale (with the path of a calibration file); neither the clip's name or folder nor any image. Clips without
notes have no file.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from uuid import uuid4

import msgspec
import numpy as np

from app.analysis.facing import CAMERA, LEFT, RIGHT, WORDS
from app.analysis.people_notes import PersonNote
from app.core.errors import StanceError
from app.core.scale_options import AUTO, ScaleOptions
from app.project.project_file import open_project
from app.project.store import ProjectStore, folder

log = logging.getLogger(__name__)

MAX_CLIPS = 500
"""Number of clips whose notes are kept; those opened longest ago are deleted first."""
MAX_PEOPLE = 100
MAX_MARKS = 1000
MAX_BYTES = 4_000_000
"""Maximum size of a file of notes, in bytes; a larger one is ignored."""
MAX_COORD = 1e6
"""Limit of box coordinates, in pixels."""
NOTES = "notes"
"""The key of the notes in a project that the user has saved."""
NAME = re.compile(r"^[0-9a-f]{32}\.json$")

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
    """``people`` as written to the file; of more than ``MAX_PEOPLE``, those whom the user has described come first."""
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
        """The notes in the project that the user has saved; without one, those in the data folder."""
        project = store.saved(*self)
        if project is not None:
            try:
                with open_project(project) as opened:
                    value = opened.value(NOTES)
                if value is not None:
                    return msgspec.json.decode(value, type=ClipNotes)
            except (StanceError, msgspec.MsgspecError, ValueError, RecursionError) as error:
                log.warning("the notes in %s cannot be read and are ignored: %s", project, error)
        return load_notes(self.id)

    def save(self, notes: ClipNotes, store: ProjectStore) -> None:
        """Write ``notes`` into the data folder, and into the project that the user has saved, if there is one.

        A failure to write is logged, not raised.
        """
        save_notes(self.id, notes)
        project = store.saved(*self)
        if project is not None:
            try:
                store_notes(notes, project)
            except StanceError as error:
                log.warning("the notes in %s cannot be written: %s", project, error)


def store_notes(notes: ClipNotes, project: Path) -> None:
    """Write ``notes`` into ``project``. Raises StanceError if that fails."""
    with open_project(project) as opened:
        opened.set_value(NOTES, msgspec.json.encode(notes))


def load_notes(clip_id: str) -> ClipNotes:
    """The notes of the clip with this fingerprint; empty if there are none or the file cannot be read."""
    path = folder() / f"{clip_id}.json"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        notes = msgspec.json.decode(data, type=ClipNotes)
    except FileNotFoundError:
        return ClipNotes()
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        log.warning("the notes %s cannot be read and are ignored: %s", path, error)
        return ClipNotes()
    with suppress(OSError):
        os.utime(path)
    return notes


def save_notes(clip_id: str, notes: ClipNotes) -> None:
    """Write ``notes`` of the clip with this fingerprint, in whole or not at all; empty notes delete the file.

    A failure to write is logged, not raised.
    """
    directory = folder()
    path, part = directory / f"{clip_id}.json", directory / f".{uuid4().hex}.part"
    try:
        if notes == ClipNotes(size=notes.size):
            path.unlink(missing_ok=True)
            return
        directory.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(msgspec.json.encode(notes))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _delete_oldest(directory)
    except OSError as error:
        log.warning("the notes %s cannot be written: %s", path, error)
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _delete_oldest(directory: Path) -> None:
    files = [path for path in directory.iterdir() if NAME.match(path.name)]
    if len(files) > MAX_CLIPS:
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[: len(files) - MAX_CLIPS]:
            path.unlink(missing_ok=True)


def _word(note: PersonNote) -> Literal["left", "right", "front"] | None:
    words: dict[int, Literal["left", "right", "front"]] = {LEFT: "left", RIGHT: "right", CAMERA: "front"}
    return None if note.facing is None else words[note.facing]


def _box(numbers: list[float]) -> Box:
    x0, y0, x1, y1 = (round(number, 1) for number in numbers)
    return x0, y0, x1, y1
