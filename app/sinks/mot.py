"""Joint and segment angles as OpenSim motions (.mot): one table per person, one column per angle."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.analysis.angles import angle_names, angles, looks_left
from app.core.errors import StanceError
from app.core.people import Person
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.person_tables import PersonTables, Values, cells

BEGINNING = rb"Coordinates\nversion=1\nnRows=\d{7}\nnColumns=\d+\ninDegrees=yes\nendheader\ntime\t"
"""OpenSim itself does not pad the number of rows with zeros."""


class Mot(PersonTables):
    """Writes ``path``, or one file per person (see ``PersonTables``).

    Angles are in degrees, NaN where a keypoint scores below the threshold of ``style``. The columns are ``angle_names``
    with underscores, because OpenSim ends a name at a space.

    Raises StanceError if the skeleton has no angles, and if a file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self._skeleton = header.skeleton
        self._threshold = style.threshold
        self._left: dict[int, bool] = {}
        self._names = angle_names(header.skeleton)
        if not self._names:
            raise StanceError(
                "The output {path} is for joint angles, but {skeleton} has none: wanted a body skeleton.",
                path=path,
                skeleton=header.skeleton.name,
            )
        super().__init__(path, len(self._names), BEGINNING)

    def head(self, rows: int) -> str:
        """The header for ``rows`` rows."""
        return (
            f"Coordinates\nversion=1\nnRows={rows:07d}\nnColumns={len(self._names) + 1}\ninDegrees=yes\nendheader\n"
            + "\t".join(["time", *(name.replace(" ", "_") for name in self._names)])
            + "\n"
        )

    def line(self, index: int, time_s: float, values: Values) -> str:
        """Time in seconds and angles to 1/10000 degree."""
        return "\t".join([f"{time_s:.6f}", *cells(values, 4)]) + "\n"

    def values(self, person: Person) -> Values:
        """The angles in degrees, in the order of the columns."""
        keypoints = person.keypoints[np.newaxis]
        left = looks_left(keypoints, self._skeleton, self._threshold, self._left.get(person.id, False))
        self._left[person.id] = bool(left[0])
        return list(angles(keypoints, self._skeleton, self._names, self._threshold, left)[0].tolist())
