"""People that were recorded before, laid over their video again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StanceError

if TYPE_CHECKING:
    from app.sinks.recorded import Recording

ENDING = ".jsonl"
NETWORK = ("//", "\\\\", "/\\", "\\/")
"""So begins a place on another machine, which a file of strangers' shall not make this one knock at."""


def is_recording(text: str) -> bool:
    """Whether ``text`` names recorded people rather than a picture."""
    return text.lower().endswith(ENDING) and "://" not in text


def video_of(recording: Recording, path: Path, shown: str) -> str:
    """The video that the people in ``path`` were found in, by the name in the file, or beside it; else ``shown``.

    Raises StanceError where there is none of these.
    """
    told = recording.source
    if told == "demo":
        return told
    beside = [path.parent / Path(told.replace("\\", "/")).name, *path.parent.glob(f"{_escaped(path.stem)}.*")]
    for video in ([] if told.startswith(NETWORK) else [Path(told)]) + beside:
        with suppress(OSError, RuntimeError, ValueError):  # a name that no file can have, a home that nobody has
            film = video.expanduser()
            if film.is_file() and film.suffix.lower() != ENDING:
                return str(film)
    if shown:
        return shown
    raise StanceError(f"The video {told} of {path.name} is not there: wanted it beside the file, or opened first.")


def _escaped(name: str) -> str:
    """``name`` as a pattern that matches itself alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
