"""Outputs with one file per person, for programs that support one body per file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from glob import escape
from pathlib import Path

from app.core.message import Message
from app.sinks import ENDINGS, KINOVEA, writing
from app.sinks.earlier_run import remove_rest
from app.sinks.name_in_file import file_texts
from app.sinks.output_lock import OutputLock, hold, locked_error

BEGINNING = 1000
"""Number of bytes in which the beginning of a file is looked for; file names have at most 255."""

DOUBLE_ENDINGS = tuple(ending for ending in ENDINGS if ending.count(".") > 1)
"""What a person must not be called in a file name: ``walk.kinovea.trc`` is an output of its own."""


class PersonFiles:
    """The only person has the file ``path``; as soon as there are two, each has a file NAME_personID.ENDING.

    People with one of ``names`` (by id) have NAME.PERSON.ENDING from the beginning, also alone (see ``file_texts``).
    ``path`` is empty until a person has it, and is removed at the end if none has; ``unwritten`` then says so. At the
    end, files that an earlier run wrote for other people without a name are removed: those whose first bytes match
    ``beginning``.

    Raises StanceError if ``path``, or a file of one of its people, is locked or cannot be written.
    """

    def __init__(self, path: Path, beginning: bytes, names: Mapping[int, str]) -> None:
        self.paths = [path]
        self.unwritten = Message("")
        self._path = path
        self._texts = file_texts(names, tuple(ending.split(".")[1] for ending in DOUBLE_ENDINGS))
        self._person_paths: dict[int, Path] = {}
        self._beginning = beginning
        self._lock = OutputLock(path)
        self._check_person_files()
        with writing(path):
            path.write_bytes(b"")

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

    def _own_path(self, person: int) -> Path:
        """The file that ``person`` has among several."""
        stem, ending = split_name(self._path)
        text = self._texts.get(person)
        return self._path.with_name(f"{stem}_person{person}{ending}" if text is None else f"{stem}.{text}{ending}")


def split_name(path: Path) -> tuple[str, str]:
    """The name of ``path`` before its ending, and the ending, which may be a double one."""
    length = len(KINOVEA if path.name.lower().endswith(KINOVEA) else path.suffix)
    return path.name[: len(path.name) - length], path.name[len(path.name) - length :]
