"""What a spreadsheet or a report says about one person: angles, measures, and the movements that are repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track, gap_s
from app.analysis.angles import ANGLES, angle_keypoints, angle_names, angles
from app.analysis.events import FootSide
from app.analysis.measures import Measures, PersonTrack, measure
from app.analysis.motion_ranges import MotionRange
from app.analysis.part_lengths import body_heights
from app.analysis.repeated_sides import Size, repeated_sides
from app.analysis.repetitions import find_repetitions
from app.analysis.scale import Scale
from app.analysis.series import track_facing
from app.analysis.whole_turns import continuous
from app.core.settings import REPEATED
from app.core.skeleton import Skeleton, side_of

Values = NDArray[np.float64]

OTHER_REPEATED = ("hip", "elbow", "shoulder")
"""Angles of which repetitions are counted where the knees have none, the first with two of them."""


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
        measures: Contacts, gait, jumps, repetitions and ranges of motion.
        cycles: Movements over which curves are averaged: strides, else repetitions; None if there are neither.
        filled: (T, A), angles of which a keypoint was filled in between measured ones; None if there are none.
    """

    track: Track
    name: str
    seconds: float
    height: float
    names: tuple[str, ...]
    angles: Values
    measures: Measures
    cycles: Cycles | None = None
    filled: NDArray[np.bool_] | None = None

    def angle(self, name: str) -> Values:
        """The angle ``name`` (T,) in degrees; NaN where unknown, also if the skeleton does not have it."""
        if name not in self.names:
            return np.full(len(self.track.times_s), np.nan)
        return self.angles[:, self.names.index(name)]

    def is_filled(self, name: str) -> NDArray[np.bool_]:
        """Where (T,) a keypoint of the angle ``name`` was filled in."""
        if self.filled is None or name not in self.names:
            return np.zeros(len(self.track.times_s), bool)
        return np.asarray(self.filled[:, self.names.index(name)])

    def continuous_angles(self) -> Values:
        """The angles (T, A) in degrees, which go on beyond half a turn within each stretch of known values."""
        gap = gap_s(self.track.indices, self.track.times_s)
        columns = [
            continuous(self.track.times_s, column, gap, ANGLES[name].period)
            for name, column in zip(self.names, self.angles.T, strict=True)
        ]
        return np.stack(columns, axis=1) if columns else self.angles

    def range_of(self, name: str) -> MotionRange | None:
        """The range of the angle ``name``; None if it is not known."""
        return next((one for one in self.measures.ranges if one.angle == name), None)


def measure_person(
    track: Track,
    skeleton: Skeleton,
    threshold: float,
    name: str = "",
    scale: Scale | None = None,
    repeated: str = REPEATED,
    size: Size = (0, 0),
) -> PersonFigures:
    """The figures of ``track``, which has at least one frame; keypoints below ``threshold`` are unknown.

    Repetitions are those of the angle ``repeated``; by default, where that one has none, of another joint. ``size``
    (width, height) is that of the pictures, in pixels, (0, 0) if it is unknown.
    """
    names = angle_names(skeleton)
    facing = track_facing(track, skeleton, threshold)
    heights = body_heights(track.times_s, track.keypoints, skeleton, threshold)
    values = angles(track.keypoints, skeleton, names, facing, threshold, heights)
    person = PersonTrack(track.times_s, track.keypoints, facing, skeleton, threshold, size)
    found = measure(person, scale, repeated)
    if repeated == REPEATED:
        found = _with_repetitions(found, person, names, values)
    steps = np.diff(track.times_s)
    return PersonFigures(
        track,
        name or str(track.id),
        seconds=float(steps[steps <= gap_s(track.indices, track.times_s)].sum()),
        height=float(np.median(track.boxes[:, 3] - track.boxes[:, 1])),
        names=names,
        angles=values,
        measures=found,
        cycles=_cycles(found),
        filled=_filled_angles(track, skeleton, names),
    )


def _filled_angles(track: Track, skeleton: Skeleton, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
    if track.filled is None:
        return None
    columns = [track.filled[:, angle_keypoints(skeleton, name)].any(axis=1) for name in names]
    return np.stack(columns, axis=1) if columns else None


def _with_repetitions(found: Measures, track: PersonTrack, names: tuple[str, ...], values: Values) -> Measures:
    """``found`` with repetitions of another joint, where a person who does not walk has none of ``REPEATED``."""
    if found.gait.walks or len(found.repetitions) > 1:
        return found
    for joint in OTHER_REPEATED:
        if {f"left {joint}", f"right {joint}"} <= set(names):
            sides = repeated_sides(names, values, joint, track.keypoints, track.skeleton, track.size)
            repetitions = find_repetitions(track.times_s, *sides)
            if len(repetitions) > 1:
                return replace(found, repeated=joint, repetitions=tuple(repetitions))
    return replace(found, repeated=REPEATED)


def _cycles(found: Measures) -> Cycles | None:
    strides = found.gait.strides
    if strides:

        def of_side(side: FootSide) -> tuple[tuple[float, float], ...]:
            return tuple((one.start_s, one.start_s + one.seconds) for one in strides if one.side == side)

        return Cycles("gait cycle", of_side("left"), of_side("right"))
    if found.repetitions:
        spans = tuple((one.start_s, one.end_s) for one in found.repetitions)
        return Cycles("repetition", spans, spans)
    return None
