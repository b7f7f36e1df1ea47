"""Recordings of people, and the videos that they belong to."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import StanceError
from app.window.widgets.file_dialogs import VIDEO_ENDINGS

if TYPE_CHECKING:
    from app.sinks.jsonl_reader import Recording

ENDING = ".jsonl"
NETWORK = ("//", "\\\\", "/\\", "\\/")
"""Prefixes of network paths, which are not opened: a file from elsewhere must not cause network access."""


def is_recording(text: str) -> bool:
    """Whether ``text`` names a recording of people."""
    return text.lower().endswith(ENDING) and "://" not in text


def video_of(recording: Recording, path: Path, shown: str) -> str:
    """The video of the recording in ``path``: as named in the file, or beside it, else the video ``shown`` now.

    Raises StanceError if there is none of these.
    """
    name = recording.source
    if name == "demo":
        return name
    films = sorted(path.parent.glob(f"{_escaped(path.stem)}.*"), key=_video_first)
    beside = [path.parent / Path(name.replace("\\", "/")).name, *films]
    for video in ([] if name.startswith(NETWORK) else [Path(name)]) + beside:
        with suppress(OSError, RuntimeError, ValueError):  # an invalid file name, an unknown home folder
            film = video.expanduser()
            if film.is_file() and film.suffix.lower() != ENDING:
                return str(film)
    if shown:
        return shown
    raise StanceError(
        "The video {name} of {file} is not there: wanted it beside the file, or opened first.",
        name=name,
        file=path.name,
    )


def _video_first(path: Path) -> tuple[bool, str]:
    """Sort key: videos before other files of that name, such as tables and images."""
    return path.suffix.lower() not in VIDEO_ENDINGS.split(), path.name


def _escaped(name: str) -> str:
    """``name`` as a glob pattern that matches only itself."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
