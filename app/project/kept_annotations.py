"""Annotations on the picture of a clip, as they are stored in its project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.message import foreign
from app.overlay import Annotations
from app.project.project_file import open_project
from app.project.store import folder

ANNOTATIONS = "annotations"
"""The key of the annotations in a project."""


def save_annotations(file: Path, plain: Sequence[object]) -> None:
    """Store annotations, as ``to_plain`` returns them, in the project ``file``. Raises StanceError."""
    with open_project(file, create=file.parent == folder()) as project:
        project.set_value(ANNOTATIONS, msgspec.json.encode(plain))


def read_annotations(file: Path) -> Annotations:
    """The annotations in the project ``file``; none if there is no such file.

    Raises StanceError if the file or the annotations cannot be read.
    """
    if not file.exists():
        return Annotations()
    with open_project(file) as project:
        value = project.value(ANNOTATIONS)
    try:
        return Annotations.from_plain([] if value is None else msgspec.json.decode(value))
    except JSON_ERRORS as error:
        raise StanceError("The annotations cannot be read: {reason}.", reason=foreign(str(error))) from None
