"""What a spreadsheet or a report says about one person: angles, their ranges, and the course over a cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track, gap_s
from app.analysis.angles import angle_names, angles
from app.analysis.part_lengths import body_heights
from app.analysis.series import track_facing
from app.core.skeleton import Skeleton, side_of

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AngleRange:
    """Lowest, highest and mean value of one angle, in degrees, over ``count`` frames in which it is known."""

    name: str
    lowest: float
    highest: float
    mean: float
    count: int

    @property
    def extent(self) -> float:
        """Range of motion in degrees: from the lowest to the highest value."""
        return self.highest - self.lowest


@dataclass(frozen=True, slots=True)
class Cycles:
    """Repeated movements of one person, as pairs of start and end in seconds.

    ``kind`` says what they are. A repetition of both sides at once is in ``left`` and in ``right``.
    """

    kind: Literal["gait cycle", "repetition"]
    left: tuple[tuple[float, float], ...]
    right: tuple[tuple[float, float], ...]

    def of_angle(self, name: str) -> tuple[tuple[float, float], ...]:
        """The cycles over which the angle ``name`` is averaged: those of its side; the right ones without a side."""
        return self.left if side_of(name) == "left" else self.right


@dataclass(frozen=True, slots=True, eq=False)
class PersonFigures:
    """The values of one person.

    Attributes:
        track: The person's T frames.
        name: The given name, or the id as text.
        seconds: Time in which the person was seen; absences are left out.
        height: Median height of the box, in pixels.
        names: Names of the A angles.
        angles: (T, A), degrees; NaN where unknown.
        ranges: Ranges of the angles that are known anywhere, in the order of ``names``.
        cycles: Repeated movements; None if none were found.
    """

    track: Track
    name: str
    seconds: float
    height: float
    names: tuple[str, ...]
    angles: Values
    ranges: tuple[AngleRange, ...]
    cycles: Cycles | None = None

    def angle(self, name: str) -> Values:
        """The angle ``name`` (T,) in degrees; NaN where unknown, also if the skeleton does not have it."""
        if name not in self.names:
            return np.full(len(self.track.times_s), np.nan)
        return self.angles[:, self.names.index(name)]

    def range_of(self, name: str) -> AngleRange | None:
        """The range of the angle ``name``; None if it is unknown in every frame."""
        return next((one for one in self.ranges if one.name == name), None)


def measure_person(track: Track, skeleton: Skeleton, threshold: float, name: str = "") -> PersonFigures:
    """The figures of ``track``, which has at least one frame; keypoints below ``threshold`` are unknown."""
    names = angle_names(skeleton)
    heights = body_heights(track.times_s, track.keypoints, skeleton, threshold)
    values = angles(track.keypoints, skeleton, names, track_facing(track, skeleton, threshold), threshold, heights)
    steps = np.diff(track.times_s)
    return PersonFigures(
        track,
        name or str(track.id),
        seconds=float(steps[steps <= gap_s(track.indices, track.times_s)].sum()),
        height=float(np.median(track.boxes[:, 3] - track.boxes[:, 1])),
        names=names,
        angles=values,
        ranges=tuple(_range(one, column) for one, column in zip(names, values.T, strict=True) if _is_known(column)),
    )


def symmetry(left: float, right: float) -> float:
    """Difference between two sides in percent of their mean, positive where the left is larger; NaN if both are 0.

    The symmetry index of Robinson, Herzog and Nigg (1987), 0 for equal sides.
    """
    mean = (abs(left) + abs(right)) / 2
    return 100 * (left - right) / mean if mean else float("nan")


def _is_known(values: Values) -> bool:
    return bool(np.isfinite(values).any())


def _range(name: str, values: Values) -> AngleRange:
    known = values[np.isfinite(values)]
    return AngleRange(name, float(known.min()), float(known.max()), float(known.mean()), len(known))
