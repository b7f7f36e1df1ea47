"""One person's motion as a pattern for another: which moments belong together, how far they differ, its shape there.

Bodies differ in size and stand at other places, so a pose is compared by its angles, and drawn scaled to the other
body with the hips in the same place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Analysis
from app.analysis.angles import ANGLES, angle_names, angles, wrapped
from app.analysis.body_size import pixels_per_meter
from app.analysis.motion_ranges import MotionRange, ranges_of_motion
from app.analysis.part_lengths import body_heights
from app.analysis.person_measures import measure_track
from app.analysis.series import track_facing
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

NEAREST_S = 0.1
"""A moment without a frame is that of the last frame before it, up to this many seconds earlier."""
KNEE = "right knee", "left knee"


@dataclass(frozen=True, slots=True)
class AnglePair:
    """An angle of two people in degrees, and the first minus the other; NaN where unknown."""

    name: str
    first: float
    other: float
    difference: float


@dataclass(frozen=True, slots=True)
class RangePair:
    """The lowest and highest value of an angle of two people in degrees, and the difference of the two ranges."""

    name: str
    first: tuple[float, float]
    other: tuple[float, float]

    @property
    def difference(self) -> float:
        """The range of the first minus that of the other, in degrees."""
        return (self.first[1] - self.first[0]) - (self.other[1] - self.other[0])


class Motion:
    """The angles of id ``number`` of ``analysis``; keypoints below ``threshold`` are unknown.

    ``last_s`` limits it to the frames of the last seconds.
    """

    def __init__(self, analysis: Analysis, number: int, threshold: float = 0.3, last_s: float = inf) -> None:
        self.analysis = analysis
        self.number = number
        self.skeleton = analysis.skeleton
        track = analysis.track(number, last_s)
        self.times_s = track.times_s
        self.size = pixels_per_meter(track.keypoints, self.skeleton, threshold)
        self._indices = track.indices
        self._times: list[float] = track.times_s.tolist()
        facing = track_facing(track, self.skeleton, threshold)
        names = angle_names(self.skeleton)
        heights = body_heights(track.times_s, track.keypoints, self.skeleton, threshold)
        values = angles(track.keypoints, self.skeleton, names, facing, threshold, heights)
        self.angles: dict[str, Values] = dict(zip(names, values.T, strict=True))

    def row_at(self, time_s: float) -> int | None:
        """The row of the frame at ``time_s`` seconds; None if there is none within ``NEAREST_S`` before it."""
        row = bisect_right(self._times, time_s + 1e-6) - 1
        return row if row >= 0 and time_s - self._times[row] <= NEAREST_S else None

    def person_at(self, time_s: float) -> Person | None:
        """The person at ``time_s`` seconds, likewise."""
        row = self.row_at(time_s)
        poses = self.analysis.get(int(self._indices[row])) if row is not None else None
        people = poses.people if poses is not None else ()
        return next((person for person in people if person.id == self.number), None)


def compare_moments(first: Motion, first_s: float, other: Motion, other_s: float) -> list[AnglePair]:
    """Every angle that both have, at ``first_s`` seconds of the first and ``other_s`` seconds of the other."""
    row, other_row = first.row_at(first_s), other.row_at(other_s)
    pairs = []
    for name in first.angles.keys() & other.angles.keys():
        a = float(first.angles[name][row]) if row is not None else nan
        b = float(other.angles[name][other_row]) if other_row is not None else nan
        apart = float(wrapped(np.array([a - b]), ANGLES[name].period)[0]) if isfinite(a) and isfinite(b) else nan
        pairs.append(AnglePair(name, a, b, apart))
    return sorted(pairs, key=lambda pair: list(ANGLES).index(pair.name))


def compare_ranges(first: Motion, other: Motion) -> list[RangePair]:
    """The ranges of motion of every angle that is known of both."""
    ranges = [{one.angle: (one.lowest, one.highest) for one in _ranges(motion)} for motion in (first, other)]
    return [
        RangePair(name, ranges[0][name], ranges[1][name]) for name in ANGLES if name in ranges[0] and name in ranges[1]
    ]


def first_contact(motion: Motion, threshold: float = 0.3) -> float | None:
    """The time of the first foot contact that was seen to begin, in seconds; None if there is none."""
    track = motion.analysis.track(motion.number)
    measures = measure_track(track, motion.skeleton, threshold=threshold)
    starts = [contact.start_s for contact in measures.contacts if isfinite(contact.start_s)]
    return min(starts, default=None)


def deepest_squat(motion: Motion) -> float | None:
    """The time at which the knees are bent most, in seconds; None if no knee was seen."""
    known = [motion.angles[name] for name in KNEE if name in motion.angles and len(motion.angles[name])]
    if not known:
        return None
    bent = np.array(known)
    # A knee that is hidden for a moment must not decide, so the mean is over those that are seen.
    seen = np.isfinite(bent)
    mean = np.where(seen, bent, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    mean[~seen.any(axis=0)] = -np.inf
    return float(motion.times_s[int(mean.argmax())]) if seen.any() else None


SYNC_EVENTS: dict[str, Callable[[Motion], float | None]] = {
    "first contact": first_contact,
    "deepest squat": deepest_squat,
}
"""Moments that can be found in two motions, and so belong together."""


def fitted(person: Person, skeleton: Skeleton, onto: Person, onto_skeleton: Skeleton, scale: float) -> Person | None:
    """``person`` scaled by ``scale``, with the middle of the hips where that of ``onto`` is.

    None if the hips of one of them were not found.
    """
    hips, aim = hips_of(person.keypoints, skeleton), hips_of(onto.keypoints, onto_skeleton)
    if hips is None or aim is None:
        return None
    moved = person.keypoints.copy()
    moved[:, :2] = (moved[:, :2] - hips) * scale + aim
    corners = (person.box.reshape(2, 2) - hips) * scale + aim
    return replace(person, keypoints=moved, box=corners.astype(np.float32).reshape(4), points_3d=None, measured=None)


def relative_size(motion: Motion, person: Person, onto: Motion | None, onto_person: Person) -> float:
    """By how much ``person`` has to be scaled to be as large as ``onto_person``: by their legs, else by their boxes."""
    if onto is not None and isfinite(onto.size) and isfinite(motion.size):
        return onto.size / motion.size
    heights = [float(one.box[3] - one.box[1]) for one in (onto_person, person)]
    return heights[0] / max(heights[1], 1.0)


def retimed(analysis: Analysis, number: int, later_s: float) -> Analysis:
    """An analysis with id ``number`` only, whose frames are ``later_s`` seconds later, for curves over each other."""
    moved = Analysis(analysis.skeleton)
    for poses in analysis.frames():
        people = tuple(person for person in poses.people if person.id == number)
        moved.add(FramePoses(poses.index, poses.time_s + later_s, people))
    if (side := analysis.chosen_facing().get(number)) is not None:
        moved.choose_facing(number, side)
    return moved


def _ranges(motion: Motion) -> list[MotionRange]:
    names = tuple(motion.angles)
    return ranges_of_motion(motion.times_s, names, np.array([motion.angles[name] for name in names]).T)


def hips_of(keypoints: Floats, skeleton: Skeleton) -> Values | None:
    """The middle of the hips, (2,), in pixels; None if none was found."""
    numbers = [skeleton.names.index(name) for name in ("left_hip", "right_hip") if name in skeleton.names]
    found = keypoints[[number for number in numbers if keypoints[number, 2] > 0], :2]
    return found.astype(np.float64).mean(axis=0) if len(found) else None
