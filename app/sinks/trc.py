"""Keypoints as OpenSim's markers (.trc): one table a person, three columns a keypoint."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import numpy as np

from app.overlay import Look
from app.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.person_tables import PersonTables, Values

UNKNOWN_RATE = 30.0
SIDES = {"left": "L", "right": "R"}


class Trc:
    """Writes ``path``, or a file for each person (see ``PersonTables``).

    A pixel is told as a millimetre, for no scale is known: x to the right, y up from the middle of the picture's last
    row, z 0. A keypoint of a score under the look's threshold is NaN. ``Frame#`` is the frame's index, ``Time`` its own
    time stamp; the rate at the head is the nominal one (30 where there is none). Markers are named as OpenSim's users
    of 2D poses do: RAnkle, LBigToe, Neck.
    """

    def __init__(self, path: Path, header: Header, look: Look) -> None:
        self._threshold = look.threshold
        self._bottom = header.size[1] - 1
        names = [marker(name) for name in header.skeleton.names]
        rate = f"{header.fps or UNKNOWN_RATE:g}"
        title = path.name

        def head(rows: int) -> str:
            count = f"{rows:07d}"
            return (
                f"PathFileType\t4\t(X/Y/Z)\t{title}\n"
                "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
                f"{rate}\t{rate}\t{count}\t{len(names)}\tmm\t{rate}\t0\t{count}\n"
                "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t\n"
                "\t\t" + "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(names) + 1)) + "\n\n"
            )

        self._tables = PersonTables(path, 3 * len(names), head, _line, self._values)
        self.paths = self._tables.paths

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError where the disk refuses."""
        self._tables.write(poses)

    def close(self) -> None:
        """Let others write it; idempotent."""
        self._tables.close()

    def _values(self, person: Person) -> Values:
        places = np.zeros((len(person.keypoints), 3))
        places[:, 0] = person.keypoints[:, 0]
        places[:, 1] = self._bottom - person.keypoints[:, 1]
        places[person.keypoints[:, 2] < self._threshold] = np.nan
        return list(places.reshape(-1).tolist())


def marker(name: str) -> str:
    """``left_big_toe`` is LBigToe."""
    words = name.split("_")
    first = SIDES.get(words[0]) if len(words) > 1 else None
    return (first or words[0].capitalize()) + "".join(word.capitalize() for word in words[1:])


def _line(index: int, time_s: float, values: Values) -> str:
    cells = [f"{value:.2f}" if isfinite(value) else "NaN" for value in values]
    return "\t".join([str(index), f"{time_s:.6f}", *cells]) + "\n"
