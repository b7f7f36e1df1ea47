"""Tables of one person each, for programs that know one body at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from glob import escape
from pathlib import Path

from app.people import FramePoses, Person
from app.sinks import writing
from app.sinks.held import Held, hold, taken

LONGEST_GAP = 1000
"""So many frames in which somebody was away are told as such."""

Values = list[float]


class PersonTables:
    """``path`` holds the one person that there is; as soon as there are two, everybody has a file NAME_personID.ENDING.

    Every file is whole after each row: ``head(rows)`` is written over itself and is as long for any number of rows.
    ``line(index, time_s, values)`` is a row, ``values(person)`` what it holds, ``columns`` of them. While somebody is
    away between two sights the values are NaN. Rows go forward in time: frames that go back are left out.
    """

    def __init__(
        self,
        path: Path,
        columns: int,
        head: Callable[[int], str],
        line: Callable[[int, float, Values], str],
        values: Callable[[Person], Values],
    ) -> None:
        self.paths = [path]
        self._path = path
        self._head, self._line, self._values = head, line, values
        self._away = [float("nan")] * columns
        self._frames: deque[tuple[int, float]] = deque(maxlen=LONGEST_GAP)
        self._latest: dict[int, float] = {}
        self._rows: dict[int, int] = {}
        self._places: dict[int, Path] = {}
        self._held = Held(path)
        self._refuse_others()
        with writing(path):
            path.write_bytes(self._head_of(0))

    def write(self, poses: FramePoses) -> None:
        """A row for everybody who is there. Raises StanceError where the disk refuses."""
        if self._frames and poses.time_s <= self._frames[-1][1]:
            return
        self._frames.append((poses.index, poses.time_s))
        for person in poses.people:
            since = self._latest.get(person.id, poses.time_s)
            missed = [(index, time_s) for index, time_s in self._frames if since < time_s < poses.time_s]
            lines = [self._line(index, time_s, self._away) for index, time_s in missed]
            lines.append(self._line(poses.index, poses.time_s, self._values(person)))
            self._append(person.id, lines)
            self._latest[person.id] = poses.time_s

    def close(self) -> None:
        """Let others write it; idempotent."""
        self._held.close()

    def _refuse_others(self) -> None:
        """What others hold is named after a person as soon as they have two."""
        for path in self._path.parent.glob(f"{escape(self._path.stem)}_person[0-9]*{escape(self._path.suffix)}"):
            with writing(path):
                release = hold(path)
            if release is None:
                self._held.close()
                raise taken(self._path)
            release()

    def _append(self, person: int, lines: list[str]) -> None:
        """Put ``lines`` at the end, and how many there are now at the head; where that fails neither is done."""
        path = self._place(person)
        rows = self._rows.get(person, 0) + len(lines)
        # A file is open only for as long as it is written to: a crowd has more people than a process may have files.
        with writing(path), path.open("r+b", buffering=0) as file:
            end = file.seek(0, 2)
            try:
                _put(file.write, "".join(lines).encode())
                file.seek(0)
                _put(file.write, self._head_of(rows))
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise
        self._rows[person] = rows

    def _place(self, person: int) -> Path:
        if person not in self._places:
            if not self._places:
                self._places[person] = self._path
                return self._path
            first = next(iter(self._places))
            if self._places[first] == self._path:
                self._places[first] = self._named(first)
                with writing(self._path):
                    self._path.replace(self._places[first])
            self._places[person] = self._named(person)
            with writing(self._places[person]):
                self._places[person].write_bytes(self._head_of(0))
            self.paths[:] = self._places.values()
        return self._places[person]

    def _head_of(self, rows: int) -> bytes:
        """The head for so many rows; a name of bytes that are no text is told as far as it is one."""
        return self._head(rows).encode(errors="replace")

    def _named(self, person: int) -> Path:
        return self._path.with_name(f"{self._path.stem}_person{person}{self._path.suffix}")


def _put(write: Callable[[bytes], int], data: bytes) -> None:
    while data:
        data = data[write(data) :]
