"""Tables with one file per person, for programs that support one body per file."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import closing, suppress
from glob import escape
from io import FileIO
from math import isfinite
from pathlib import Path

from app.core.message import Message
from app.core.people import Frame, FramePoses, Person
from app.sinks import ENDINGS, KINOVEA, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.earlier_run import remove_rest
from app.sinks.name_in_file import file_texts
from app.sinks.output_lock import OutputLock, hold, locked_error

LONGEST_GAP = 1000
"""Maximum number of frames of a person's absence that are written as rows."""
BEGINNING = 1000
"""Number of bytes in which the beginning of a file is looked for; file names have at most 255."""

DOUBLE_ENDINGS = tuple(ending for ending in ENDINGS if ending.count(".") > 1)
"""What a person must not be called in a file name: ``walk.kinovea.trc`` is an output of its own."""

Values = list[float]


class PersonTables(ABC):
    """Writes the only person to ``path``; as soon as there are two, each has a file NAME_personID.ENDING.

    People with one of ``names`` (by id) have NAME.PERSON.ENDING from the beginning, also alone (see ``file_texts``).

    Every file is complete after each row: the header is overwritten in place and has the same length for any number of
    rows. A file without rows is empty while it is written, because programs hang on a header alone, and is removed at
    the end; ``unwritten`` then says so. In frames between two appearances of a person the values are NaN. Rows are in
    order of time: frames that go back in time are ignored.

    At the end, files that an earlier run wrote for other people without a name are removed.

    A subclass defines ``head``, ``line`` and ``values``; ``columns`` is the number of values in a row and ``beginning``
    matches the first bytes of every file of this output.

    Raises StanceError if ``path``, or a file of one of its people, is locked or cannot be written.
    """

    def __init__(self, path: Path, columns: int, beginning: bytes, names: Mapping[int, str]) -> None:
        self.paths = [path]
        self.unwritten = Message("")
        self._path = path
        self._texts = file_texts(names, tuple(ending.split(".")[1] for ending in DOUBLE_ENDINGS))
        self._absent = [float("nan")] * columns
        self._frames: deque[tuple[int, float]] = deque(maxlen=LONGEST_GAP)
        self._last_seen_s: dict[int, float] = {}
        self._rows: dict[int, int] = {}
        self._person_paths: dict[int, Path] = {}
        self._beginning = beginning
        self._lock = OutputLock(path)
        self._check_person_files()
        with writing(path):
            path.write_bytes(b"")

    @abstractmethod
    def head(self, rows: int) -> str:
        """The header for ``rows`` rows, of the same length for any number."""

    @abstractmethod
    def line(self, index: int, time_s: float, values: Values) -> str:
        """The row of frame number ``index`` at ``time_s`` seconds, with a newline."""

    @abstractmethod
    def values(self, person: Person) -> Values:
        """The values of ``person`` in a row; NaN where they are unknown."""

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write a row for every person in the frame. Raises StanceError if a file cannot be written."""
        if self._frames and poses.time_s <= self._frames[-1][1]:
            return
        self._frames.append((poses.index, poses.time_s))
        for person in poses.people:
            since = self._last_seen_s.get(person.id, poses.time_s)
            missed = [(index, time_s) for index, time_s in self._frames if since < time_s < poses.time_s]
            lines = [self.line(index, time_s, self._absent) for index, time_s in missed]
            lines.append(self.line(poses.index, poses.time_s, self.values(person)))
            self._append(person.id, lines)
            self._last_seen_s[person.id] = poses.time_s

    def close(self) -> None:
        """Release the lock; idempotent. Raises StanceError if an empty file, or an earlier run's, cannot be removed."""
        with closing(self._lock):
            stem, ending = split_name(self._path)
            names = re.compile(rf"{re.escape(stem)}_person[1-9]\d*{re.escape(ending)}")
            remove_rest(self._path.parent, names, self._is_own, self._person_paths.values())
            if self._person_paths or self.unwritten:
                return
            self.unwritten = Message("The output {path} was not written: no people were found.", path=self._path)
            self.paths.clear()
            if self._path.is_file():  # not a device
                with writing(self._path):
                    self._path.unlink()

    def _is_own(self, path: Path) -> bool:
        """Whether ``path`` is a file of this output."""
        with path.open("rb") as file:
            return re.match(self._beginning, file.read(BEGINNING)) is not None

    def _check_person_files(self) -> None:
        """Refuse ``path`` if another writer's file was renamed for a person: its lock is on the renamed file."""
        stem, ending = split_name(self._path)
        numbered = self._path.parent.glob(f"{escape(stem)}_person[0-9]*{escape(ending)}")
        named = filter(Path.exists, map(self._own_path, self._texts))
        for path in (*numbered, *named):
            with writing(path):
                release = hold(path)
            if release is None:
                self._lock.close()
                raise locked_error(self._path)
            release()

    def _append(self, person: int, lines: list[str]) -> None:
        """Append ``lines`` and update the number of rows in the header; if either fails, the file is unchanged.

        The first lines are written together with the header, so that no reader sees a header without rows.
        """
        path = self._path_of(person)
        rows = self._rows.get(person, 0) + len(lines)
        # The file is open only while it is written: a crowd has more people than a process can have open files.
        with waiting_for_disk(), writing(path), path.open("r+b", buffering=0) as file:
            end = file.seek(0, 2)
            text = "".join(lines).encode()
            try:
                _write_all(file, text if end else self._encoded_head(rows) + text)
                if end:
                    file.seek(0)
                    _write_all(file, self._encoded_head(rows))
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise
        self._rows[person] = rows

    def _path_of(self, person: int) -> Path:
        """The file of ``person``, created if it is new; a second person renames the file of the first."""
        if person not in self._person_paths:
            if not self._person_paths:
                self._person_paths[person] = self._path
                if person in self._texts:
                    self._rename(person)
                return self._person_paths[person]
            first = next(iter(self._person_paths))
            if self._person_paths[first] == self._path:
                self._rename(first)
            self._person_paths[person] = self._own_path(person)
            with writing(self._person_paths[person]):
                self._person_paths[person].write_bytes(b"")
            self.paths[:] = self._person_paths.values()
        return self._person_paths[person]

    def _rename(self, person: int) -> None:
        """Give the file of ``person``, which has the name of the whole output, a name of its own."""
        self._person_paths[person] = self._own_path(person)
        with writing(self._path):
            self._path.replace(self._person_paths[person])
        self.paths[:] = self._person_paths.values()

    def _encoded_head(self, rows: int) -> bytes:
        """The header as UTF-8; bytes of a file name that are not valid text are replaced."""
        return self.head(rows).encode(errors="replace")

    def _own_path(self, person: int) -> Path:
        """The file that ``person`` has among several."""
        stem, ending = split_name(self._path)
        text = self._texts.get(person)
        return self._path.with_name(f"{stem}_person{person}{ending}" if text is None else f"{stem}.{text}{ending}")


def split_name(path: Path) -> tuple[str, str]:
    """The name of ``path`` before its ending, and the ending, which may be a double one."""
    length = len(KINOVEA if path.name.lower().endswith(KINOVEA) else path.suffix)
    return path.name[: len(path.name) - length], path.name[len(path.name) - length :]


def cells(values: Values, digits: int) -> list[str]:
    """``values`` as text with ``digits`` decimals, NaN for values that are not finite."""
    return [f"{value:z.{digits}f}" if isfinite(value) else "NaN" for value in values]


def _write_all(file: FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]
