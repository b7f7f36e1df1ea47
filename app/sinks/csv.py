"""CSV tables with one row per person and frame."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

from app.core.people import Frame, FramePoses
from app.sinks import Header, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.output_lock import OutputLock

FRAME_COLUMNS = ("frame", "time_s")
PERSON_COLUMNS = ("id", "score", "x0", "y0", "x1", "y1")


class Csv:
    """Writes ``path`` row by row; a frame without people has no row.

    Columns: frame, time_s, name (for still images), id, score, x0, y0, x1, y1 (the box in pixels), then NAME_x, NAME_y
    and NAME_score for every keypoint.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths = [path]
        self._path = path
        self._still = header.still
        self._lock = OutputLock(path)
        with self._lock.creating(), writing(path):
            self._file = path.open("w", encoding="utf-8", errors="replace", newline="", buffering=1)
            self._rows = csv.writer(self._file, lineterminator="\n")
            keypoints = [f"{name}_{part}" for name in header.skeleton.names for part in ("x", "y", "score")]
            self._rows.writerow([*FRAME_COLUMNS, *(["name"] if self._still else []), *PERSON_COLUMNS, *keypoints])

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError if the file cannot be written."""
        with waiting_for_disk(), writing(self._path):
            for person in poses.people:
                box = (_rounded(float(value)) for value in person.box)
                keypoints = (
                    part
                    for x, y, score in person.keypoints.tolist()
                    for part in (_rounded(x), _rounded(y), round(score, 4))
                )
                file_name = [name] if self._still else []
                start = [poses.index, round(poses.time_s, 6), *file_name, person.id, round(float(person.score), 4)]
                self._rows.writerow([*start, *box, *keypoints])
        self._lock.sync()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._lock), writing(self._path):
            self._file.close()


def _rounded(pixels: float) -> float:
    """Round to 1/100 pixel, without negative zero."""
    return round(pixels, 2) + 0.0
