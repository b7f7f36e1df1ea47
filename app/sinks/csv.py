"""CSV tables with one row per person and frame."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

import numpy as np

from app.core.people import Frame, FramePoses, Person, mark_fields
from app.sinks import Header, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.output_lock import OutputLock

FRAME_COLUMNS = ("frame", "time_s")
PERSON_COLUMNS = ("id", "score")
BOX_COLUMNS = ("x0", "y0", "x1", "y1")
PIXELS, METERS = "px", "m"


class Csv:
    """Writes ``path`` row by row; a frame without people has no row.

    Columns: frame, time_s, name (for still images), id, score, x0, y0, x1, y1 (the box), then NAME_x, NAME_y and
    NAME_score for every keypoint, and last the unit of the coordinates: px, y down from the first row.

    With a scale in ``header`` the unit is m, x to the right along the floor and y up from it; then the columns of
    coordinates end with _m, and x0_m y0_m is the lower left corner of the box.

    Where people have ``names`` (by id) at the beginning, these are in a column ``person`` after the id.

    Where keypoints may be filled in, a column ``filled`` follows, with the names of those that were, a space between
    them.

    If the first person has points in three dimensions, NAME_x3d, NAME_y3d and NAME_z3d of every keypoint come last, in
    meters from the pelvis (see ``Person``); they are empty where a person has none.
    """

    def __init__(self, path: Path, header: Header, names: Mapping[int, str] = MappingProxyType({})) -> None:
        self.paths = [path]
        self._people = names
        self._has_names = bool(names)
        self._path = path
        self._still = header.still
        self._scale = header.scale
        self._filled = header.filled
        self._names = np.array(header.skeleton.names)
        self._is_spatial: bool | None = None
        self._lock = OutputLock(path)
        with self._lock.creating(), writing(path):
            self._file = path.open("w", encoding="utf-8", errors="replace", newline="", buffering=1)
            self._rows = csv.writer(self._file, lineterminator="\n")
            self._write_names(is_spatial=False)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError if the file cannot be written."""
        with waiting_for_disk(), writing(self._path):
            for person in poses.people:
                if self._is_spatial is None:
                    self._decide(person)
                file_name = [name] if self._still else []
                called = [self._people.get(person.id, "")] if self._has_names else []
                start = [poses.index, round(poses.time_s, 6), *file_name, person.id, *called]
                start.append(round(float(person.score), 4))
                end = [" ".join(self._names[mark_fields(person).get("filled", [])])] if self._filled else []
                unit = PIXELS if self._scale is None else METERS
                points = self._points(person) if self._is_spatial else []
                self._rows.writerow([*start, *self._coordinates(person), unit, *end, *points])
        self._lock.sync()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._lock), writing(self._path):
            self._file.close()

    def _decide(self, first: Person) -> None:
        """Write the names of the columns anew if the ``first`` person has points; there are no other rows yet."""
        self._is_spatial = first.points_3d is not None
        if self._is_spatial:
            self._file.seek(0)
            self._file.truncate()
            self._write_names(is_spatial=True)

    def _write_names(self, is_spatial: bool) -> None:
        """Write the names of the columns, with those of points in three dimensions if ``is_spatial``."""
        unit = "" if self._scale is None else "_m"
        number, *rest = PERSON_COLUMNS
        start = [*FRAME_COLUMNS, *(["name"] if self._still else []), number, *(["person"] if self._has_names else [])]
        start += [*rest, *(f"{name}{unit}" for name in BOX_COLUMNS)]
        keypoints = [f"{name}_{part}" for name in self._names for part in (f"x{unit}", f"y{unit}", "score")]
        end = ["filled"] if self._filled else []
        end += [f"{name}_{axis}3d" for name in self._names for axis in "xyz"] if is_spatial else []
        self._rows.writerow([*start, *keypoints, "unit", *end])

    def _points(self, person: Person) -> list[float | str]:
        """x, y and z of every point, empty if there are none."""
        if person.points_3d is None:
            return [""] * (3 * len(self._names))
        return [_rounded(value, 4) for value in person.points_3d[:, :3].reshape(-1).tolist()]

    def _coordinates(self, person: Person) -> list[float]:
        """The box, and x, y and score of every keypoint."""
        if self._scale is None:
            box = [_rounded(float(value), 2) for value in person.box]
            places, digits = person.keypoints[:, :2].tolist(), 2
        else:
            x0, y0, x1, y1 = person.box.tolist()
            corners = self._scale.to_metres([(x0, y0), (x1, y0), (x0, y1), (x1, y1)])
            box = [_rounded(value, 5) for value in np.concatenate([corners.min(0), corners.max(0)]).tolist()]
            places, digits = self._scale.to_metres(person.keypoints).tolist(), 5
        scores = person.keypoints[:, 2].tolist()
        keypoints = (
            part
            for (x, y), score in zip(places, scores, strict=True)
            for part in (_rounded(x, digits), _rounded(y, digits), round(score, 4))
        )
        return [*box, *keypoints]


def _rounded(value: float, digits: int) -> float:
    """Round to 1/100 pixel or mm, without negative zero."""
    return round(value, digits) + 0.0
