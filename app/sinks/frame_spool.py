"""Keeps the people of all frames of a run on the disk, for files that are written in a second pass."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from app.core.people import FramePoses

HEAD = "stance-frames-"
"""The beginning of the name of the file, on systems where a file without a name is not possible."""


class FrameSpool:
    """The people of each frame, and the names of still images, in the order in which they were added.

    They are in a file in ``folder`` that the system removes when this process ends, however it ends. A frame of a
    person takes about 1 kB of the disk. Raises OSError if the file cannot be written or read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

    def add(self, poses: FramePoses, name: str) -> None:
        """Append one frame; the keypoints before smoothing are left out."""
        if self._file is None:
            self._file = self._opened()
        people = tuple(replace(person, measured=None) for person in poses.people)
        pickle.dump((replace(poses, people=people), name), self._file, pickle.HIGHEST_PROTOCOL)

    def _opened(self) -> IO[bytes]:
        """A new file in the folder; in that of the system if no file can be made there, though some can be written."""
        try:
            return tempfile.TemporaryFile(dir=self._folder, prefix=HEAD)
        except PermissionError:
            return tempfile.TemporaryFile(prefix=HEAD)

    def __iter__(self) -> Iterator[tuple[FramePoses, str]]:
        """All frames from the first one on; nothing may be added meanwhile."""
        if self._file is None:
            return
        end = self._file.seek(0, 2)
        self._file.seek(0)
        try:
            while self._file.tell() < end:
                yield pickle.load(self._file)
        finally:
            self._file.seek(0, 2)
