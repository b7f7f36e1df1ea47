"""A table: one row a person a frame."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

from app.people import Frame, FramePoses
from app.sinks import Header, writing
from app.sinks.held import Held

PERSON_COLUMNS = ("frame", "time_s", "id", "score", "x0", "y0", "x1", "y1")


class Csv:
    """Writes ``path`` row by row; a frame without people has none.

    Columns: frame, time_s, id, score, the box in pixels, then NAME_x, NAME_y, NAME_score for every keypoint.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths = [path]
        self._path = path
        self._held = Held(path)
        with writing(path):
            self._file = path.open("w", encoding="utf-8", newline="", buffering=1)
            self._rows = csv.writer(self._file, lineterminator="\n")
            keypoints = [f"{name}_{part}" for name in header.skeleton.names for part in ("x", "y", "score")]
            self._rows.writerow([*PERSON_COLUMNS, *keypoints])

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError where the disk refuses."""
        with writing(self._path):
            for person in poses.people:
                box = (round(float(value), 2) for value in person.box)
                keypoints = (
                    part
                    for x, y, score in person.keypoints.tolist()
                    for part in (round(x, 2), round(y, 2), round(score, 4))
                )
                self._rows.writerow(
                    [poses.index, round(poses.time_s, 6), person.id, round(float(person.score), 4), *box, *keypoints]
                )
        self._held.settle()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._held), writing(self._path):
            self._file.close()
