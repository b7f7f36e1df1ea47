"""A JSON file with a list in it that grows and is whole all the time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from app.sinks import writing
from app.sinks.held import Held


class GrowingList:
    """Writes ``path`` as ``before``, the items and ``after``; it is whole after every addition, so neither a kill nor a
    full disk spoils it.
    """

    def __init__(self, path: Path, before: bytes = b"[", after: bytes = b"\n]\n") -> None:
        self._path = path
        self._after = after
        self._start = self._end = len(before)
        self._held = Held(path)
        with writing(path):
            self._file = path.open("wb", buffering=0)
            self._put(before + after)

    def add(self, items: Sequence[str]) -> None:
        """Put ``items``, each of them JSON, at the end. Raises StanceError where the disk refuses."""
        if not items:
            return
        text = (("\n" if self._end == self._start else ",\n") + ",\n".join(items)).encode(errors="replace")
        with writing(self._path):
            self._file.seek(self._end)
            try:
                self._put(text + self._after)
            except OSError:
                with suppress(OSError):
                    self._file.seek(self._end)
                    self._put(self._after)
                    self._file.truncate()
                raise
        self._end += len(text)
        self._held.settle()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._held), writing(self._path):
            self._file.close()

    def _put(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]
