"""Annotations on the picture of a clip, as they are stored in its project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import msgspec

from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.message import foreign
from app.core.settings import Rotate
from app.overlay import Annotations
from app.overlay.turned_annotations import turned
from app.project.project_file import open_project
from app.project.store import folder
from app.sources.file import VideoFile
from app.sources.orientation import CLOCKWISE, Orientation

ANNOTATIONS = "annotations"
"""The key of the annotations in a project."""
ROTATION = "annotations-rotate"
"""The key of how the pictures were rotated on which they were drawn; without it as the file says."""


def save_annotations(file: Path, plain: Sequence[object], rotate: Rotate = "auto") -> None:
    """Store annotations, as ``to_plain`` returns them, in the project ``file``. Raises StanceError.

    They were drawn on pictures that are rotated by ``rotate``.
    """
    with open_project(file, create=file.parent == folder()) as project:
        project.set_value(ANNOTATIONS, msgspec.json.encode(plain))
        project.set_value(ROTATION, rotate.encode())


def read_annotations(file: Path, clip: Path, rotate: Rotate, size: tuple[int, int]) -> Annotations:
    """The annotations in the project ``file``; none if there is no such file.

    They are turned for the pictures of ``clip`` that are rotated by ``rotate`` and then have this ``size`` (width,
    height). Raises StanceError if the file or the annotations cannot be read.
    """
    if not file.exists():
        return Annotations()
    with open_project(file) as project:
        value, drawn_as = project.value(ANNOTATIONS), (project.value(ROTATION) or b"auto").decode()
    try:
        found = Annotations.from_plain([] if value is None else msgspec.json.decode(value))
    except JSON_ERRORS as error:
        raise StanceError("The annotations cannot be read: {reason}.", reason=foreign(str(error))) from None
    if drawn_as == rotate or not len(found) or drawn_as not in get_args(Rotate):
        return found
    return turned(found, _orientation(clip, cast(Rotate, drawn_as)), _orientation(clip, rotate), size)


def _orientation(clip: Path, rotate: Rotate) -> Orientation:
    if rotate != "auto":
        return CLOCKWISE[rotate]
    film = VideoFile(clip)
    try:
        return film.orientation
    finally:
        film.close()
