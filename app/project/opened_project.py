"""Projects as files of the user: saved beside a clip, and opened again."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.core.errors import StanceError
from app.core.message import foreign
from app.core.people import FramePoses
from app.project.fingerprint import fingerprint
from app.project.kept_edits import UserChanges, decode_edits
from app.project.project_file import KeptRun, copy_project, open_project
from app.project.run_info import ClipPart
from app.project.store import ENDING, ProjectStore, clip_entry, find_clip, kept_file, note_saved, set_clip


class MissingClipError(StanceError):
    """The clip of the project in ``project`` was not found; ``clip_id`` is its fingerprint."""

    project: Path
    clip_id: str


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """A project with its clip, whose fingerprint is ``clip_id``.

    ``run`` is the analysis used last, of those that are complete and of the whole clip if there are any.
    """

    path: Path
    clip: Path
    clip_id: str
    run: KeptRun | None

    def people(self, run: KeptRun) -> tuple[list[FramePoses], UserChanges]:
        """The people of ``run`` as they were found, and what the user has changed in them.

        Raises StanceError if the file cannot be read any more.
        """
        with open_project(self.path) as project:
            return project.frames(run), decode_edits(project.edits(run.key))


def read_project(path: Path) -> OpenedProject:
    """The project that the user has saved in ``path``.

    Raises StanceError if it cannot be read, MissingClipError if its clip is neither where it was nor beside it.
    """
    with open_project(path) as project:
        entry, runs = clip_entry(project), project.runs()
    if entry is None:
        raise StanceError("The project {path} names no clip: wanted one saved by Save project as.", path=path)
    clip = find_clip(path, entry)
    if clip is None:
        error = MissingClipError(
            "The clip {name} of the project {path} was not found: wanted it beside the project.",
            name=entry.path,
            path=path,
        )
        error.project, error.clip_id = path, entry.id
        raise error
    runs.sort(key=lambda run: (not run.complete, run.info.part != ClipPart()))
    return OpenedProject(path, clip, entry.id, runs[0] if runs else None)


def relink(path: Path, clip: Path) -> None:
    """State that ``clip`` is the clip of the project in ``path``. Raises StanceError if it is another one."""
    with open_project(path) as project:
        entry = clip_entry(project)
        if entry is None or _fingerprint(clip) != entry.id:
            raise StanceError(
                "{clip} is not the clip of the project {path}: wanted the same video, unchanged.", clip=clip, path=path
            )
        set_clip(project, clip, entry.id)


def save_project(clip: Path, into: Path, store: ProjectStore, move: Callable[[Path, Callable[[], None]], None]) -> Path:
    """Save everything that is kept of ``clip`` in ``into``, which is the clip's project from then on; returns ``into``.

    ``move`` gets the file and a function that writes it, which it calls while nothing else is written. The file is
    replaced as a whole. Raises StanceError if the clip cannot be read or the file cannot be written.
    """
    into = into if into.suffix.lower() == ENDING else into.with_name(into.name + ENDING)
    clip_id = _fingerprint(clip)
    kept = store.file_of(clip, clip_id)
    part = into.with_name(f".{uuid4().hex}.part")

    def write() -> None:
        try:
            if kept.exists() and not (into.exists() and kept.samefile(into)):
                copy_project(kept, part)
            if into.exists() and not part.exists():
                copy_project(into, part)
            with open_project(part, create=True) as project:
                set_clip(project, clip, clip_id)
            os.replace(part, into)
        except OSError as error:
            raise StanceError(
                "The project {path} cannot be written: {reason}.", path=into, reason=foreign(error.strerror or error)
            ) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        store.choose(clip_id, into)
        if kept_file(clip_id).exists():
            with suppress(StanceError), open_project(kept_file(clip_id)) as project:
                note_saved(project, into)

    move(into, write)
    return into


def _fingerprint(clip: Path) -> str:
    try:
        return fingerprint(clip)
    except OSError as error:
        raise StanceError("{path} cannot be read: {reason}.", path=clip, reason=foreign(error.strerror)) from None
