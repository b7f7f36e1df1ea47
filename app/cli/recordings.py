"""Refuses the files of poses that only the window opens."""

from __future__ import annotations

from app.core.address import path_of, quoted
from app.core.errors import StanceError

ENDINGS = (".stance", ".jsonl", ".trc")


def refuse_recordings(source: str) -> None:
    """Raise StanceError if ``source`` is the file of a project, a recording or a motion, which has no pictures."""
    path = path_of(source)
    if path.suffix.lower() in ENDINGS and path.is_file():
        raise StanceError(
            "{source} has no pictures and opens in the window only: wanted a video, images, a camera or a stream.",
            source=quoted(source),
        )
