"""Where the projects of clips are: one that the user has saved, else one in the user's data folder.

Projects in the data folder are named by the fingerprint of the clip, so that a copied, moved or renamed clip is
recognized.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from pathlib import Path

import msgspec

from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.message import Message
from app.project.fingerprint import fingerprint
from app.project.project_file import SAVED, ProjectFile, open_project

log = logging.getLogger(__name__)

ENDING = ".stance"
MAX_TOTAL_BYTES = 4_000_000_000
"""Size limit of all projects in the data folder; above it the results of those used longest ago are deleted."""
MAX_BESIDE = 200
"""Number of projects in a clip's folder that are looked at."""
MAX_FILES = 2000
"""Number of files in a project's folder that are looked at when its clip has another name."""
NAME = re.compile(r"^[0-9a-f]{32}\.stance$")
CLIP = "clip"
"""The key of ``ClipEntry`` in a project."""


class ClipEntry(msgspec.Struct, frozen=True):
    """The clip of a project that the user has saved: its path relative to the project, and its fingerprint."""

    path: str
    id: str


def folder() -> Path:
    """The folder of what is kept of clips: in STANCE_DATA or STANCE_HOME if set, else in the user data folder."""
    if chosen := os.environ.get("STANCE_DATA") or os.environ.get("STANCE_HOME"):
        return Path(chosen).expanduser().absolute() / "clips"
    import platformdirs

    return platformdirs.user_data_path("stance", appauthor=False) / "clips"


class ProjectStore:
    """Finds the project of a clip, by the clip's path and fingerprint; any thread may use it."""

    def __init__(self, max_total_bytes: int = MAX_TOTAL_BYTES) -> None:
        self._max_total_bytes = max_total_bytes
        self._chosen: dict[str, Path] = {}

    def choose(self, clip_id: str, project: Path) -> None:
        """Use ``project``, which the user has opened or saved, for the clip with this fingerprint."""
        self._chosen[clip_id] = project

    def saved(self, clip: Path, clip_id: str) -> Path | None:
        """The project that the user has saved for ``clip``: the one opened last, or one beside it; None without."""
        chosen = self._chosen.get(clip_id)
        if chosen is not None and chosen.is_file():
            return chosen
        return _beside(clip, clip_id)

    def file_of(self, clip: Path, clip_id: str) -> Path:
        """The file of the project of ``clip``; it may not exist yet."""
        return self.saved(clip, clip_id) or kept_file(clip_id)

    def trim(self, used: Path) -> None:
        """Delete results in the data folder beyond the size limit, those used longest ago first; never in ``used``.

        What the user has changed in a project stays. Projects that the user has saved are not touched.
        """
        with suppress(OSError):
            os.utime(used)
        files = []
        for path in _listed(folder()):
            with suppress(OSError):
                if NAME.match(path.name):
                    stat = path.stat()
                    files.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._max_total_bytes:
                break
            if path != used:
                total -= size - _shrink(path)


def kept_file(clip_id: str) -> Path:
    """The project in the data folder of the clip with this fingerprint."""
    return folder() / f"{clip_id}{ENDING}"


def is_project(text: str) -> bool:
    """Whether ``text`` names the file of a project."""
    return text.lower().endswith(ENDING) and "://" not in text


def clip_entry(project: ProjectFile) -> ClipEntry | None:
    """Which clip the user has saved the project for; None if that is not stated."""
    value = project.value(CLIP)
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=ClipEntry)
    except JSON_ERRORS:
        return None


def set_clip(project: ProjectFile, clip: Path, clip_id: str) -> None:
    """State the clip of the project, by its path relative to the project's folder."""
    try:
        path = Path(os.path.relpath(clip.absolute(), project.path.absolute().parent)).as_posix()
    except ValueError:  # on another drive
        path = clip.name
    project.set_value(CLIP, msgspec.json.encode(ClipEntry(path, clip_id)))


def note_saved(project: ProjectFile, saved: Path | None) -> None:
    """State in the ``project`` in the data folder that the user has saved its clip's project as ``saved``."""
    value = str(saved.absolute()).encode() if saved is not None else b""
    if (project.value(SAVED) or b"") != value:
        project.set_value(SAVED, value)


def gone_project(kept: Path) -> Path | None:
    """The project that the user has saved for the clip of ``kept``, if it is not there any more; told once."""
    found = None
    with suppress(StanceError), open_project(kept) as project:
        value = (project.value(SAVED) or b"").decode(errors="replace")
        if value and not os.path.lexists(value):
            found = Path(value)
            note_saved(project, None)
    return found


def gone_message(project: Path) -> Message:
    """What the user is told when a ``project`` that they have saved is gone."""
    return StanceError(
        "The project {path} is gone: what you change is kept in the data folder of Stance until you save it again.",
        path=project,
    ).message


def find_clip(path: Path, entry: ClipEntry) -> Path | None:
    """The clip of the project in ``path``: at the stated place, beside the project, or by its content; None if gone.

    Files of the project's folder are compared by their content where no name fits.
    """
    stated = entry.path.replace("\\", "/")
    names = [] if stated.startswith("/") or ":" in stated else [Path(os.path.normpath(path.parent / stated))]
    for clip in [*names, path.parent / Path(stated).name]:
        if _is(clip, entry.id):
            return clip
    files = [file for file in _listed(path.parent)[:MAX_FILES] if file.suffix.lower() != ENDING]
    files.sort(key=lambda file: file.suffix.lower() != Path(stated).suffix.lower())
    return next((file for file in files if _is(file, entry.id)), None)


def _is(file: Path, clip_id: str) -> bool:
    try:
        return file.is_file() and fingerprint(file) == clip_id
    except (OSError, ValueError):
        return False


def _beside(clip: Path, clip_id: str) -> Path | None:
    """The project of the clip with this fingerprint in the folder of ``clip``, the one named like it first."""
    if clip.parent == folder():
        return None
    found = [path for path in _listed(clip.parent) if path.suffix.lower() == ENDING]
    found.sort(key=lambda path: (path.stem not in (clip.stem, clip.name), path.name))
    for path in found[:MAX_BESIDE]:
        with suppress(StanceError), open_project(path) as project:
            entry = clip_entry(project)
            if entry is not None and entry.id == clip_id:
                return path
    return None


def _listed(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _shrink(path: Path) -> int:
    """Delete the results in ``path``, and the file itself if the user has changed nothing; returns its new size."""
    try:
        with open_project(path) as project:
            has_own = project.has_own
            if has_own:
                project.drop_results()
        if not has_own:
            path.unlink()
        return path.stat().st_size if has_own else 0
    except (StanceError, OSError) as error:
        log.warning("the results in %s cannot be deleted: %s", path, error)
        return 0
