"""Keypoints as Kinovea imports them (.kinovea.trc): the file that its importer for Sports2D reads, one per person."""

from __future__ import annotations

import re
from itertools import count
from math import isfinite
from pathlib import Path

from app.analysis.landmarks import keypoint_indices
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import Skeleton
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.person_tables import PersonTables, Values, cells
from app.sinks.trc import UNKNOWN_RATE, marker

LEG = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
ARM = ("shoulder", "elbow", "wrist")
POINTS = (
    "hip",
    *(f"{side}_{part}" for side in ("right", "left") for part in LEG),
    *("neck", "head", "nose"),
    *(f"{side}_{part}" for side in ("right", "left") for part in ARM),
)
"""The points of Kinovea's drawing BodyWithFeet (HALPE without eyes and ears) in its order: the importer takes the
markers of a file for these points, one after the other, and fails at further ones."""
NEAREST = {"big_toe": "ankle", "small_toe": "ankle", "heel": "ankle", "head": "nose"}
"""Where a point lies, by its name without side, if the skeleton lacks it."""
BLOCK = 1000
"""Number of rows that are written at a time."""


class Kinovea(PersonTables):
    """Writes ``path``, or one file per person (see ``PersonTables``).

    As in Sports2D, coordinates are pixels / 1000 with y negative downward, and no blank line precedes the rows. Kinovea
    takes the first row for the first frame of the video and every further row for the next frame, and reads numbers
    only: there is a row for every frame from the first one on, and a keypoint that scores below the threshold of
    ``style``, or a person who is absent, stays where it was seen last (before that, where it is first seen). A point
    that the skeleton lacks lies at the nearest one.

    Raises StanceError if the skeleton is not that of a body, and if a file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self._threshold = style.threshold
        self._points = [_indices(header.skeleton, name) for name in POINTS]
        missing = [name for name, rows in zip(POINTS, self._points, strict=True) if not rows]
        if missing:
            raise StanceError(
                "The output {path} needs the keypoint {name}, which {skeleton} lacks: wanted a body skeleton.",
                path=path,
                name=missing[0],
                skeleton=header.skeleton.name,
            )
        self._rate = header.fps or UNKNOWN_RATE
        self._written = count() if header.live else None
        self._held: dict[int, Values] = {}
        self._next: dict[int, int] = {}
        self._title = path.name
        title = self._title.encode(errors="replace")
        beginning = rb"PathFileType\t4\t\(X/Y/Z\)\t" + re.escape(title) + rb"\n"
        super().__init__(path, 3 * len(POINTS), beginning, style.names)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write the rows up to this frame for every person in it. Raises StanceError if a file cannot be written.

        The frames of a live source are those of the video that is recorded beside it.
        """
        number = poses.index if self._written is None else next(self._written)
        for person in poses.people:
            first = self._next.get(person.id, 0)
            if number < first:
                continue
            values = self.values(person)
            before = self._held.get(person.id, values)
            for start in range(first, number, BLOCK):
                rows = range(start, min(start + BLOCK, number))
                self._append(person.id, [self.line(row, row / self._rate, before) for row in rows])
            self._append(person.id, [self.line(number, number / self._rate, values)])
            self._held[person.id], self._next[person.id] = values, number + 1

    def head(self, rows: int) -> str:
        """The header for ``rows`` rows."""
        rate, total, markers = f"{self._rate:g}", f"{rows:07d}", [marker(name) for name in POINTS]
        return (
            f"PathFileType\t4\t(X/Y/Z)\t{self._title}\n"
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
            f"{rate}\t{rate}\t{total}\t{len(markers)}\tpx/1000\t{rate}\t0\t{total}\n"
            "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t\n"
            "\t\t" + "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1)) + "\n"
        )

    def line(self, index: int, time_s: float, values: Values) -> str:
        """Frame number, time in seconds and coordinates to 1/100 pixel."""
        return "\t".join([str(index), f"{time_s:.6f}", *cells(values, 5)]) + "\n"

    def values(self, person: Person) -> Values:
        """The x, y, z of every point; where it is not seen, as before."""
        held, found = self._held.get(person.id), []
        for number, rows in enumerate(self._points):
            x, y, score = person.keypoints[rows].mean(axis=0, dtype=float).tolist()
            lowest = float(person.keypoints[rows, 2].min())
            if (lowest >= self._threshold and isfinite(x + y + score)) or held is None:
                found += [x / 1000, -y / 1000, 0.0]
            else:
                found += held[3 * number : 3 * number + 3]
        return [value if isfinite(value) else 0.0 for value in found]


def point_keypoints(skeleton: Skeleton) -> tuple[list[str], list[list[int]]]:
    """The names of the points as markers, and the keypoints of ``skeleton`` that each is made from."""
    return [marker(name) for name in POINTS], [_indices(skeleton, name) for name in POINTS]


def _indices(skeleton: Skeleton, name: str) -> list[int]:
    """The keypoints of ``skeleton`` whose mean is the point ``name``; empty if it has none."""
    side, part = name.split("_", 1) if name.startswith(("left_", "right_")) else ("", name)
    nearest = NEAREST.get(part, part)
    return keypoint_indices(skeleton, name) or keypoint_indices(skeleton, f"{side}_{nearest}" if side else nearest)
