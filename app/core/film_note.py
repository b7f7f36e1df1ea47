"""The note in a video container's comment: that Stance wrote the video, and what its frames contain."""

from __future__ import annotations

import json
from typing import Literal

import msgspec

PREFIX = "Stance: "


class FilmNote(msgspec.Struct, frozen=True):
    """What Stance stores about a video that it wrote.

    ``people`` tells whether the poses are drawn into the frames, ``mirrored`` whether the frames are mirrored.
    ``data`` is the name of the JSON lines file that was written with the video, empty if there is none. ``edited``:
    times or places in the video are not those of the source.
    """

    people: Literal["drawn", "clean"]
    mirrored: bool = False
    data: str = ""
    edited: bool = False


def to_comment(note: FilmNote) -> str:
    """``note`` as an ASCII comment that ``from_comment`` parses."""
    return PREFIX + json.dumps(msgspec.structs.asdict(note))


def from_comment(comment: str) -> FilmNote | None:
    """The note in ``comment``, or None if it contains none."""
    if not comment.startswith(PREFIX):
        return None
    try:
        return msgspec.json.decode(comment.removeprefix(PREFIX), type=FilmNote)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
