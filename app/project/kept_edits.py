"""What the user has changed in the people of one analysis, as it is stored: edits, and who is hidden."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from app.analysis import Analysis
from app.analysis.edits import Edits, from_plain, to_plain
from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.message import foreign
from app.project.project_file import KeptRun, open_project


class UserChanges(NamedTuple):
    """The ``edits`` of an analysis, and the ids of those who are ``hidden``."""

    edits: Edits = ()
    hidden: frozenset[int] = frozenset()


class _Stored(msgspec.Struct, omit_defaults=True):
    edits: list[dict[str, object]] = []
    hidden: list[int] = []


def encode_edits(analysis: Analysis, further: Edits = ()) -> bytes:
    """The user's changes of ``analysis`` and ``further`` edits as JSON; empty if there are none."""
    stored = _Stored(to_plain((*analysis.edits, *further)), sorted(analysis.hidden()))
    return b"" if stored == _Stored() else msgspec.json.encode(stored)


def read_analysis(file: Path, run: KeptRun) -> Analysis:
    """The analysis ``run`` of the project ``file``, with the user's changes. Raises StanceError."""
    with open_project(file) as project:
        frames, edits = project.frames(run), project.edits(run.key)
    analysis = Analysis(run.info.skeleton)
    restore_edits(analysis, edits)
    for poses in frames:
        analysis.add(poses)
    return analysis


def restore_edits(analysis: Analysis, data: bytes) -> None:
    """Apply the stored changes to ``analysis``, unless it has some. Raises StanceError if ``data`` is not valid."""
    if not data or analysis.edits or analysis.hidden():
        return
    changes = decode_edits(data)
    analysis.set_edits(changes.edits)
    for number in changes.hidden:
        analysis.hide(number, True)


def decode_edits(data: bytes) -> UserChanges:
    """What ``encode_edits`` returned. Raises StanceError if ``data`` is something else."""
    if not data:
        return UserChanges()
    try:
        stored = msgspec.json.decode(data, type=_Stored)
    except JSON_ERRORS as error:
        raise StanceError("The edits cannot be read: {reason}.", reason=foreign(str(error))) from None
    return UserChanges(from_plain(stored.edits), frozenset(stored.hidden))


def save_edits(file: Path, run: KeptRun, edits: bytes) -> None:
    """Write the user's changes, encoded, of the analysis ``run`` of the project ``file``. Raises StanceError."""
    with open_project(file) as project:
        project.set_edits(run.key, edits)
