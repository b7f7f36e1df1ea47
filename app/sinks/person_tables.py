"""Tables with one file per person, for programs that support one body per file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from math import isfinite
from pathlib import Path

from app.core.people import Frame, FramePoses, Person
from app.sinks import writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.person_files import PersonFiles

LONGEST_GAP = 1000
"""Maximum number of frames of a person's absence that are written as rows."""
Values = list[float]


class PersonTables(PersonFiles, ABC):
    """Writes a table for each person to ``path`` or to files of their own (see ``PersonFiles``).

    Every file is complete after each row: the header is overwritten in place and has the same length for any number of
    rows. A file without rows is empty while it is written, because programs hang on a header alone. In frames between
    two appearances of a person the values are NaN. Rows are in order of time: frames that go back in time are ignored.

    A subclass defines ``head``, ``line`` and ``values``; ``columns`` is the number of values in a row and ``beginning``
    matches the first bytes of every file of this output.

    Raises StanceError if ``path``, or a file of one of its people, is locked or cannot be written.
    """

    def __init__(self, path: Path, columns: int, beginning: bytes, names: Mapping[int, str]) -> None:
        self._absent = [float("nan")] * columns
        self._frames: deque[tuple[int, float]] = deque(maxlen=LONGEST_GAP)
        self._last_seen_s: dict[int, float] = {}
        self._rows: dict[int, int] = {}
        super().__init__(path, beginning, names)

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

    def _encoded_head(self, rows: int) -> bytes:
        """The header as UTF-8; bytes of a file name that are not valid text are replaced."""
        return self.head(rows).encode(errors="replace")


def cells(values: Values, digits: int) -> list[str]:
    """``values`` as text with ``digits`` decimals, NaN for values that are not finite."""
    return [f"{value:z.{digits}f}" if isfinite(value) else "NaN" for value in values]


def _write_all(file: FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]
