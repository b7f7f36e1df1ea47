"""Joint and segment angles as OpenSim's motions (.mot): one table a person, a column an angle."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import numpy as np

from app.analysis.angles import angle_names, angles, looks_left
from app.errors import StanceError
from app.overlay import Look
from app.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.person_tables import PersonTables, Values


class Mot:
    """Writes ``path``, or a file for each person (see ``PersonTables``); degrees, NaN where a keypoint is not seen.

    The columns are ``angle_names`` with underscores, for OpenSim takes a blank for the end of a name.
    Raises StanceError where the skeleton has no angles.
    """

    def __init__(self, path: Path, header: Header, look: Look) -> None:
        self._skeleton = header.skeleton
        self._threshold = look.threshold
        self._left: dict[int, bool] = {}
        names = self._names = angle_names(header.skeleton)
        if not names:
            raise StanceError(
                f"The output {path} is for joint angles, which {header.skeleton.name} has none of: wanted a body."
            )

        def head(rows: int) -> str:
            return (
                f"Coordinates\nversion=1\nnRows={rows:07d}\nnColumns={len(names) + 1}\ninDegrees=yes\nendheader\n"
                + "\t".join(["time", *(name.replace(" ", "_") for name in names)])
                + "\n"
            )

        self._tables = PersonTables(path, len(names), head, _line, self._values)
        self.paths = self._tables.paths

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError where the disk refuses."""
        self._tables.write(poses)

    def close(self) -> None:
        """Let others write it; idempotent."""
        self._tables.close()

    def _values(self, person: Person) -> Values:
        keypoints = person.keypoints[np.newaxis]
        left = looks_left(keypoints, self._skeleton, self._threshold, self._left.get(person.id, False))
        self._left[person.id] = bool(left[0])
        return list(angles(keypoints, self._skeleton, self._names, self._threshold, left)[0].tolist())


def _line(index: int, time_s: float, values: Values) -> str:
    return "\t".join([f"{time_s:.6f}", *(f"{value:.4f}" if isfinite(value) else "NaN" for value in values)]) + "\n"
