"""Keypoints as OpenSim markers (.trc): one table per person, three columns per keypoint."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from app.core.people import Person
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.person_tables import PersonTables, Values, cells

UNKNOWN_RATE = 30.0
"""Frame rate in the header if the source declares none, per second."""
SIDES = {"left": "L", "right": "R"}


class Trc(PersonTables):
    """Writes ``path``, or one file per person (see ``PersonTables``).

    If the first person has points in three dimensions, all coordinates are theirs: meters from the pelvis, x to the
    right, y up, z toward the camera. Else, with a scale in ``header``, they are meters, x to the right along the floor,
    y up from it, z 0. Without, they are pixels, y up from the center of the last row, and the unit in the file is px:
    OpenSim reads the file and treats the unit as unknown. Keypoints that score below the threshold of ``style`` are
    NaN. ``Frame#`` is the frame's index, ``Time`` its own timestamp in seconds; the rate in the header is the nominal
    one. Markers are named as usual in OpenSim for 2D poses: RAnkle, LBigToe, Neck.

    Raises StanceError if a file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self._threshold = style.threshold
        self._scale = header.scale
        self._is_spatial: bool | None = None
        self._bottom = header.size[1] - 1
        self._markers = [marker(name) for name in header.skeleton.names]
        self._rate = f"{header.fps or UNKNOWN_RATE:g}"
        self._title = path.name
        title = self._title.encode(errors="replace")
        beginning = rb"PathFileType\t4\t\(X/Y/Z\)\t" + re.escape(title) + rb"\n"
        super().__init__(path, 3 * len(self._markers), beginning, style.names)

    def head(self, rows: int) -> str:
        """The header for ``rows`` rows."""
        rate, count, markers = self._rate, f"{rows:07d}", self._markers
        unit = "m" if self._is_metric else "px"
        return (
            f"PathFileType\t4\t(X/Y/Z)\t{self._title}\n"
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
            f"{rate}\t{rate}\t{count}\t{len(markers)}\t{unit}\t{rate}\t0\t{count}\n"
            "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t\n"
            "\t\t" + "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1)) + "\n\n"
        )

    def line(self, index: int, time_s: float, values: Values) -> str:
        """Frame number, time in seconds and coordinates to 1/100 pixel or mm."""
        return "\t".join([str(index), f"{time_s:.6f}", *cells(values, 5 if self._is_metric else 2)]) + "\n"

    def values(self, person: Person) -> Values:
        """The x, y, z of every keypoint, in the unit of the file."""
        if self._is_spatial is None:
            self._is_spatial = person.points_3d is not None
        points = np.zeros((len(person.keypoints), 3))
        if self._is_spatial:
            if person.points_3d is None:
                return list(np.full(points.size, np.nan).tolist())
            points[:] = person.points_3d[:, :3]
            points[person.points_3d[:, 3] < self._threshold] = np.nan
            return list(points.reshape(-1).tolist())
        if self._scale is None:
            points[:, 0] = person.keypoints[:, 0]
            points[:, 1] = self._bottom - person.keypoints[:, 1]
        else:
            points[:, :2] = self._scale.to_metres(person.keypoints)
        points[person.keypoints[:, 2] < self._threshold] = np.nan
        return list(points.reshape(-1).tolist())

    @property
    def _is_metric(self) -> bool:
        return bool(self._is_spatial) or self._scale is not None


def marker(name: str) -> str:
    """The marker name of keypoint ``name``: ``left_big_toe`` is LBigToe."""
    words = name.split("_")
    first = SIDES.get(words[0]) if len(words) > 1 else None
    return (first or words[0].capitalize()) + "".join(word.capitalize() for word in words[1:])
