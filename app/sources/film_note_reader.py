"""Reads the note that Stance stores in the videos that it writes."""

from __future__ import annotations

from pathlib import Path

import av
import av.error

from app.core.film_note import FilmNote, from_comment


def read_note(path: Path) -> FilmNote | None:
    """The note in the video at ``path``; None if Stance did not write it or it cannot be read."""
    try:
        with av.open(f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
            notes = (from_comment(text) for key, text in container.metadata.items() if key.lower() == "comment")
            return next((note for note in notes if note is not None), None)
    except (av.error.FFmpegError, UnicodeError, OSError):
        return None
