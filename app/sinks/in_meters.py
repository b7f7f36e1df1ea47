"""Writes files in meters whose scale is known only when everybody has been seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.analysis.space_size import sized_poses
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.sinks import Header, Sink, writing
from app.sinks.clip_scale import ClipScale, Collecting
from app.sinks.disk_time import waiting_for_disk
from app.sinks.staging import Staging

NO_IMAGE = np.empty((0, 0, 3), np.uint8)


class InMeters(Collecting):
    """Writes ``path`` in pixels frame by frame, and anew in meters when it is closed: what is killed is in pixels.

    ``make`` opens the sink for a path and a header. Where the scale stays unknown, the file in pixels remains. Points
    in three dimensions become those of a person of the stated height.
    """

    def __init__(self, path: Path, header: Header, clip: ClipScale, make: Callable[[Path, Header], Sink]) -> None:
        self._path = path
        self._header = replace(header, measure=None)
        self._make = make
        self._is_closed = False
        clip.keep_frames(path.parent)
        super().__init__(make(path, self._header), clip)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame in pixels. Raises StanceError if a file cannot be written."""
        with waiting_for_disk(), writing(self._path):
            self._clip.add(poses, name)
        self._sink.write(frame, poses, name)

    def close(self) -> None:
        """Write the file in meters; idempotent. Raises StanceError if that fails: then it stays in pixels."""
        self._sink.close()
        if self._is_closed:
            return
        self._is_closed = True
        scale = self._clip.find()
        if (scale is None and not self._clip.sizes()) or self.unwritten:
            return
        header = replace(self._header, scale=scale)
        if self._path.is_symlink() or any(not path.is_file() for path in self._sink.paths):  # a link or a device
            self._write_anew(self._path, header)
            return
        with Staging([self._path]) as staged:
            try:
                made = self._write_anew(staged.paths[0], header)
            except StanceError as error:
                raise StanceError(staged.named(error.message)) from None
            staged.finish(made)

    def _write_anew(self, path: Path, header: Header) -> Sequence[Path]:
        sink, sizes = self._make(path, header), self._clip.sizes()
        try:
            for poses, name in self._clip.spool or ():
                sink.write(Frame(poses.index, poses.time_s, NO_IMAGE), sized_poses(poses, sizes), name)
        finally:
            sink.close()
        return sink.paths
