"""A JSON file with a growing list that is valid JSON at any time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from app.sinks import writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.output_lock import OutputLock


class JsonArrayFile:
    """Writes ``path`` as ``before``, the items and ``after``.

    The file is valid JSON after every addition, even after a kill or on a full disk.
    """

    def __init__(self, path: Path, before: bytes = b"[", after: bytes = b"\n]\n") -> None:
        self._path = path
        self._after = after
        self._start = self._end = len(before)
        self._lock = OutputLock(path)
        with self._lock.creating(), writing(path):
            self._file = path.open("wb", buffering=0)
            self._write_all(before + after)

    def add(self, items: Sequence[str]) -> None:
        """Append ``items``, each a JSON text. Raises StanceError if the file cannot be written."""
        if not items:
            return
        text = (("\n" if self._end == self._start else ",\n") + ",\n".join(items)).encode(errors="replace")
        with waiting_for_disk(), writing(self._path):
            self._file.seek(self._end)
            try:
                self._write_all(text + self._after)
            except OSError:
                with suppress(OSError):
                    self._file.seek(self._end)
                    self._write_all(self._after)
                    self._file.truncate()
                raise
        self._end += len(text)
        self._lock.sync()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._lock), writing(self._path):
            self._file.close()

    def _write_all(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]
