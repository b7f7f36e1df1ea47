"""Joint and segment angles as OpenSim motions (.mot): one table per person, one column per angle."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.analysis.analysis import gap_s
from app.analysis.angles import ANGLES, Degrees, angle_names, angles
from app.analysis.facing import Facing, LiveFacing, facing_of
from app.analysis.part_lengths import body_heights
from app.analysis.whole_turns import continuous
from app.core.errors import StanceError
from app.core.people import Floats, Frame, FramePoses, Person
from app.overlay import DrawStyle
from app.sinks import Header, write_whole, writing
from app.sinks.person_tables import PersonTables, Values, cells

BEGINNING = rb"Coordinates\nversion=1\nnRows=\d{7}\nnColumns=\d+\ninDegrees=yes\nendheader\ntime\t"
"""OpenSim itself does not pad the number of rows with zeros."""


KEPT_BYTES = 200_000_000
"""Keypoints up to this size are kept, to compute the angles again once it is known which way people face."""


@dataclass(slots=True, eq=False)
class _Seen:
    """A person's frames so far: times in seconds, frame indices and keypoints."""

    live: LiveFacing
    times_s: list[float] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    keypoints: list[Floats] = field(default_factory=list)


class Mot(PersonTables):
    """Writes ``path``, or one file per person (see ``PersonTables``).

    Angles are in degrees, NaN where a keypoint scores below the threshold of ``style``. The columns are ``angle_names``
    with underscores, because OpenSim ends a name at a space. Rows are written for the side that a person faces and
    the body height as far as they are known by then; at the end, they are written again by what the whole clip shows,
    without leaps of whole turns (see ``whole_turns``), as long as their keypoints are within ``KEPT_BYTES``.

    Raises StanceError if the skeleton has no angles, and if a file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self._skeleton = header.skeleton
        self._threshold = style.threshold
        self._chosen = header.facing
        self._seen: dict[int, _Seen] = {}
        self._now = (0, 0.0)
        self._kept_bytes = 0
        self._names = angle_names(header.skeleton)
        if not self._names:
            raise StanceError(
                "The output {path} is for joint angles, but {skeleton} has none: wanted a body skeleton.",
                path=path,
                skeleton=header.skeleton.name,
            )
        super().__init__(path, len(self._names), BEGINNING, style.names)

    def head(self, rows: int) -> str:
        """The header for ``rows`` rows."""
        return (
            f"Coordinates\nversion=1\nnRows={rows:07d}\nnColumns={len(self._names) + 1}\ninDegrees=yes\nendheader\n"
            + "\t".join(["time", *(name.replace(" ", "_") for name in self._names)])
            + "\n"
        )

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write a row for every person in the frame. Raises StanceError if a file cannot be written."""
        self._now = (poses.index, poses.time_s)
        super().write(frame, poses, name)

    def close(self) -> None:
        """Write rows again by what the whole clip shows, and release the lock; idempotent.

        Raises StanceError if a file cannot be written, or an empty file, or an earlier run's, cannot be removed.
        """
        try:
            while self._seen:
                self._correct(*self._seen.popitem())
        finally:
            super().close()

    def line(self, index: int, time_s: float, values: Values) -> str:
        """Time in seconds and angles to 1/10000 degree."""
        return "\t".join([f"{time_s:.6f}", *cells(values, 4)]) + "\n"

    def values(self, person: Person) -> Values:
        """The angles in degrees, in the order of the columns."""
        seen = self._seen.get(person.id)
        if seen is None:
            seen = self._seen[person.id] = _Seen(LiveFacing(self._skeleton, self._threshold))
        index, time_s = self._now
        facing = self._chosen.get(person.id, seen.live.update(time_s, person.keypoints))
        self._kept_bytes += person.keypoints.nbytes
        if self._kept_bytes <= KEPT_BYTES:
            seen.times_s.append(time_s)
            seen.indices.append(index)
            seen.keypoints.append(person.keypoints)
        heights = np.array([seen.live.height])
        row: Values = self._angles(person.keypoints[np.newaxis], np.array([facing], np.int8), heights)[0].tolist()
        return row

    def _angles(self, keypoints: Floats, facing: Facing, heights: Degrees) -> Degrees:
        """Of ``keypoints`` (T, K, 3) of a person with this ``facing`` (T,) and ``heights`` (T,) in pixels: (T, A)."""
        return angles(keypoints, self._skeleton, self._names, facing, self._threshold, heights)

    def _correct(self, number: int, seen: _Seen) -> None:
        """Write the rows of a person again as the whole clip shows them, where that differs from what was known."""
        path = self._person_paths.get(number)
        if path is None or not path.is_file() or not seen.times_s:
            return
        times_s, keypoints = np.array(seen.times_s), np.stack(seen.keypoints)
        chosen = self._chosen.get(number)
        known = facing_of(times_s, keypoints, self._skeleton, self._threshold) if chosen is None else chosen
        facing = np.full(len(times_s), known, np.int8)
        heights = body_heights(times_s, keypoints, self._skeleton, self._threshold)
        values = self._angles(keypoints, facing, heights)
        once = np.unique(times_s, return_index=True)[1]  # frames that go back in time have no row
        times_s, values, indices = times_s[once], values[once], np.array(seen.indices)[once]
        for column, name in enumerate(self._names):
            values[:, column] = continuous(times_s, values[:, column], gap_s(indices, times_s), ANGLES[name].period)
        rows = zip(indices.tolist(), times_s.tolist(), values.tolist(), strict=True)
        corrected = {f"{time_s:.6f}": self.line(index, time_s, cells) for index, time_s, cells in rows}
        with writing(path):
            lines = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
        better = [corrected.get(line.partition("\t")[0], line) for line in lines]
        if better != lines:
            write_whole(path, "".join(better).encode())
