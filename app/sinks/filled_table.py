"""A table beside a file whose format has no field for it: what was filled in between measured keypoints."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from app.analysis.angles import angle_keypoints, angle_names
from app.core.message import Message
from app.core.people import Frame, FramePoses, Person, mark_fields
from app.core.skeleton import Skeleton
from app.sinks import KINOVEA, Sink, unwritten, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.kinovea import point_keypoints
from app.sinks.trc import marker

ENDING = ".filled.csv"
"""Added to the name of the file: walk.trc.filled.csv."""
COLUMNS = ("frame", "time_s", "id", "filled")
HEAD = ",".join(COLUMNS) + "\n"

Marks = Callable[[Person], Sequence[str]]


class WithFilledTable:
    """Passes frames to ``sink``, and lists in a table beside its file ``path`` what was filled in.

    ``filled`` are names of columns of the file, a space between them, as ``marks`` gives them for a person; a person of
    whom nothing was filled in has no row, and there is no table without a row. It is readable after every row.

    Raises StanceError if the table cannot be written.
    """

    def __init__(self, sink: Sink, path: Path, marks: Marks) -> None:
        self._sink = sink
        self._marks = marks
        self._path = table_path(path)
        self._file: TextIOWrapper | None = None

    @property
    def paths(self) -> Sequence[Path]:
        """The files created so far."""
        return [*self._sink.paths, *([self._path] if self._file is not None else [])]

    @property
    def unwritten(self) -> Message:
        """Why the sink created no file; empty if it did."""
        return next(iter(unwritten([self._sink])), Message(""))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame. Raises StanceError if a file cannot be written."""
        self._sink.write(frame, poses, name)
        found = ((person.id, self._marks(person)) for person in poses.people if person.filled is not None)
        rows = [(poses.index, round(poses.time_s, 6), number, " ".join(names)) for number, names in found if names]
        if rows:
            with waiting_for_disk(), writing(self._path):
                csv.writer(self._opened(), lineterminator="\n").writerows(rows)

    def close(self) -> None:
        """Finish both files; idempotent."""
        try:
            self._sink.close()
        finally:
            if self._file is not None:
                with writing(self._path):
                    self._file.close()

    def _opened(self) -> TextIOWrapper:
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="", buffering=1)
            self._file.write(HEAD)
        return self._file


def table_path(path: Path) -> Path:
    """The table beside the file ``path``."""
    return path.with_name(path.name + ENDING)


def remove_earlier(path: Path) -> None:
    """Remove the table that an earlier run has left beside ``path``."""
    table = table_path(path)
    with suppress(OSError):
        if table.is_file() and not table.is_symlink():
            with table.open(encoding="utf-8", errors="replace", newline="") as file:
                is_own = file.readline(len(HEAD)) == HEAD
            if is_own:
                table.unlink()


def marks_of(ending: str, skeleton: Skeleton) -> Marks:
    """What names the columns of a file of the kind ``ending`` (.trc, .mot or .kinovea.trc) that were filled in.

    A marker or an angle was, if one of the keypoints that it is made from was.
    """
    if ending == ".mot":
        names = angle_names(skeleton)
        columns = [name.replace(" ", "_") for name in names]
        keypoints = [angle_keypoints(skeleton, name) for name in names]
    elif ending == KINOVEA:
        columns, keypoints = point_keypoints(skeleton)
    else:
        columns = [marker(name) for name in skeleton.names]
        keypoints = [[number] for number in range(len(columns))]
    return lambda person: [columns[place] for place in mark_fields(person, keypoints).get("filled", [])]
