"""Files of a whole run that are about people in three dimensions."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from app.analysis.track_builder import TrackBuilder
from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import FramePoses
from app.core.skeleton import Skeleton
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.motion.moving import frame_rate
from app.sinks.whole_file import WholeFile

PATIENCE = 100
"""Frames after which the first points in three dimensions must have come."""


class PeopleFile(WholeFile):
    """A file that is written when it is closed, and not at all if there are no people; ``unwritten`` then says so.

    Raises StanceError if ``path`` is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        super().__init__(path, header)
        self.unwritten = Message("")
        self._style = style

    @property
    def rate(self) -> float:
        """Frames per second of the file."""
        return frame_rate(self.header, self.people.frames, self.people.last_s - self.people.first_s)

    def close(self) -> None:
        """Write the file; idempotent. Raises StanceError if that fails; then the file stays empty."""
        if self._is_closed or self.people.tracks():
            super().close()
            return
        self._is_closed = True
        self._lock.close()
        self.unwritten = Message("The output {path} was not written: no people were found.", path=self._path)
        self.paths.clear()
        if self._path.is_file():  # not a device
            with suppress(OSError):
                self._path.unlink()


def needs_depth(path: Path) -> StanceError:
    """The error of an output ``path`` for people who have no points in three dimensions."""
    return StanceError(
        "The output {path} needs points in three dimensions: add --lift, or choose a third dimension in the settings.",
        path=path,
    )


def check_depth(path: Path, people: TrackBuilder, poses: FramePoses) -> None:
    """Raise StanceError if nobody of ``people`` has points in three dimensions after a while.

    So that a long run does not write a file for nothing; ``poses`` are the last frame's.
    """
    if people.frames > PATIENCE and poses.people and not people.has_points_3d:
        raise needs_depth(path)


def needs_hips(path: Path, skeleton: Skeleton) -> StanceError:
    """The error of an output ``path`` for joints of a body, of which ``skeleton`` has no hips, or none are seen."""
    return StanceError(
        "The output {path} needs the keypoints of the hips, which were not seen or which {skeleton} lacks:"
        " wanted a body skeleton.",
        path=path,
        skeleton=skeleton.name,
    )
