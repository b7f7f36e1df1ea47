"""Files about a whole run, which are written at its end."""

from __future__ import annotations

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from app.analysis.measures import Measures
from app.analysis.person_figures import PersonFigures, measure_person
from app.analysis.person_measures import measure_track
from app.analysis.track_builder import TrackBuilder
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks import Header, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.output_lock import OutputLock, hold_temporary


class WholeFile(ABC):
    """Collects the people of all frames, and writes ``path`` when it is closed.

    Until then the file is empty, and an interrupted process leaves it so. Frames that go back in time are ignored. A
    subclass defines ``make``, which writes the file, and may use each frame in ``look``.

    Raises StanceError if ``path`` is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths = [path]
        self.header = header
        self.people = TrackBuilder(header.skeleton)
        self._path = path
        self._is_closed = False
        self._lock = OutputLock(path)
        with self._lock.creating(), writing(path):
            path.write_bytes(b"")

    def look(self, frame: Frame, poses: FramePoses) -> None:  # noqa: B027 - most files need no pictures
        """Use the picture of a frame."""

    def figures(self, style: DrawStyle) -> list[PersonFigures]:
        """The figures of all people, by id, with the names and the threshold of ``style``."""
        chosen, skeleton, scale = self.header.facing, self.header.skeleton, self.header.known_scale
        return [
            measure_person(
                replace(track, facing=chosen.get(track.id)),
                skeleton,
                style.threshold,
                style.names.get(track.id, ""),
                scale,
                self.header.repeated,
                self.header.size,
            )
            for track in self.people.tracks()
        ]

    def measures(self, style: DrawStyle) -> dict[int, Measures]:
        """The measures of all people, by id, with the threshold of ``style``."""
        return measures_of_people(self.people, self.header, style.threshold)

    @abstractmethod
    def make(self, path: Path) -> None:
        """Write the file to ``path``, a temporary name. Raises OSError if that fails."""

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Remember one frame's people."""
        if self.people.add(poses):
            self.look(frame, poses)

    def close(self) -> None:
        """Write the file; idempotent. Raises StanceError if that fails; then the file stays empty."""
        if self._is_closed:
            return
        self._is_closed = True
        with closing(self._lock), waiting_for_disk(), writing(self._path), _replaced(self._path) as temporary:
            self.make(temporary)


def measures_of_people(people: TrackBuilder, header: Header, threshold: float) -> dict[int, Measures]:
    """The measures of all ``people``, by id; keypoints below ``threshold`` are unknown."""
    scale = header.known_scale
    return {
        track.id: measure_track(
            replace(track, facing=header.facing.get(track.id)),
            header.skeleton,
            threshold,
            scale,
            header.repeated,
            header.size,
        )
        for track in people.tracks()
    }


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """A temporary file that replaces ``path`` when the context ends without an error; devices get its content."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.exists() and not target.is_file():
        with tempfile.TemporaryDirectory() as folder:
            temporary = Path(folder) / path.name
            yield temporary
            with temporary.open("rb") as made, target.open("wb", buffering=0) as device:
                shutil.copyfileobj(made, device)
        return
    temporary, release = hold_temporary(target)
    try:
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    finally:
        release()
