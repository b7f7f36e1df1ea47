"""Points over time for biomechanics (.c3d), as motion capture systems write them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.core.errors import StanceError
from app.sinks import writing
from app.sinks.motion.moving import MovingPerson, people_in_plane, people_in_space, titles_of
from app.sinks.motion.people_file import PeopleFile
from app.sinks.name_in_file import file_texts
from app.sinks.trc import marker

MAX_FRAMES = 65_535
"""Frames that the format's header can count."""
MOST_IN_LIST = 255
"""Texts that a parameter of the format can have: further labels are in LABELS2, LABELS3 ..."""
MM_PER_M = 1000.0
BLOCK, POINT_BYTES = 512, 16
"""Bytes of a block of the file, and of a point in a frame."""
FIRST_BLOCK = slice(16, 18)
"""Where the header has the number of the points' first block, counted from 1."""
FACE = "face"
"""Beginning of the names of the keypoints of a face."""


class C3d(PeopleFile):
    """Writes ``path`` when it is closed: all people in one file, every frame from the first to the last of the run.

    The unit is mm, y up. Without points in three dimensions the points are flat (z 0): with a scale in mm, else in
    pixels with the unit px. A point that is not seen, or scores below the threshold of the style, has the residual -1.
    Points are named as in ``.trc``; with several people, or a name, ``Anna:RKnee``. Points of faces are left out where
    nothing places them in space. The file of a single person with a name is NAME.PERSON.c3d, as in ``.trc``.

    Raises StanceError if the file is locked or cannot be written, and if there are more frames than it can count.
    """

    def close(self) -> None:
        """See ``PeopleFile``."""
        was_closed = self._is_closed
        super().close()
        numbers = [track.id for track in self.people.tracks()]
        text = file_texts(self._style.names).get(numbers[0]) if len(numbers) == 1 else None
        if text is None or was_closed or not self._path.is_file():  # a device keeps its name
            return
        named = self._path.with_name(f"{self._path.stem}.{text}{self._path.suffix}")
        with writing(named):
            self._path.replace(named)
        self.paths[:] = [named]

    def make(self, path: Path) -> None:
        """Write the file. Raises OSError if that fails, StanceError for too many frames."""
        import ezc3d

        tracks = self.people.tracks()
        people = people_in_space(tracks, self.header, self._style)
        is_metric = bool(people) or self.header.known_scale is not None
        people = people or people_in_plane(tracks, self.header, self._style)
        points, labels = self._points(people)
        file = ezc3d.c3d()
        known = file["parameters"]["POINT"]
        known["RATE"]["value"] = np.array([self.rate])
        known["LABELS"]["value"] = labels
        if len(labels) <= MOST_IN_LIST:  # it splits longer lists of labels, but not of descriptions
            known["DESCRIPTIONS"]["value"] = labels
        known["UNITS"]["value"] = ["mm" if is_metric else "px"]
        file.add_parameter("POINT", "X_SCREEN", "+X")
        file.add_parameter("POINT", "Y_SCREEN", "+Y")
        file.add_parameter("SUBJECTS", "NAMES", [title or "person" for title in titles_of(people)])
        file.add_parameter("SUBJECTS", "USED", len(people))
        seen = np.isfinite(points).all(axis=0)
        file["data"]["points"] = np.concatenate([points * (MM_PER_M if is_metric else 1.0), np.ones((1, *seen.shape))])
        file["data"]["meta_points"]["residuals"] = np.where(seen, 0.0, -1.0)[None]
        with tempfile.TemporaryDirectory() as folder:  # it writes names that end in .c3d only
            made = Path(folder) / "points.c3d"
            file.write(str(made))
            _check_whole(made, points.shape[1] * points.shape[2])
            shutil.copyfile(made, path)

    def _points(self, people: Sequence[MovingPerson]) -> tuple[np.ndarray, list[str]]:
        """The coordinates (3, N, T) of the points of all ``people``, and their N labels."""
        rate, start_s = self.rate, self.people.first_s
        count = round((self.people.last_s - start_s) * rate) + 1
        if count > MAX_FRAMES:
            raise StanceError(
                "The output {path} cannot have {count} frames: wanted at most {most}, as of a part of the clip.",
                path=self._path,
                count=count,
                most=MAX_FRAMES,
            )
        names = self.header.skeleton.names
        found = [person.regular(start_s, rate, count) for person in people]
        placed = np.any([np.isfinite(points).any(axis=(0, 2)) for points in found], axis=0)
        rows = [row for row, name in enumerate(names) if placed[row] or not name.startswith(FACE)]
        labels = [
            f"{title}:{marker(names[row])}" if title else marker(names[row])
            for title in titles_of(people)
            for row in rows
        ]
        return np.concatenate([points[:, rows] for points in found], axis=1).transpose(2, 1, 0), labels


def _check_whole(path: Path, count: int) -> None:
    """Raise OSError if the file at ``path`` ends before its ``count`` points: ezc3d is silent about a full disk."""
    start = path.read_bytes()[:BLOCK] if path.is_file() else b""
    first_block = int.from_bytes(start[FIRST_BLOCK], "little")
    if len(start) < BLOCK or path.stat().st_size < (first_block - 1) * BLOCK + count * POINT_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
