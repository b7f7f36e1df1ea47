"""Contacts of the feet: when each foot is put down and lifted, and where it stands.

A foot is down while one of its points rests. Heel and toes are taken together and compared with where they rest, not
with a floor, so that walking, running, stairs and landing from a jump are one case. For other ways to find contacts
without forces, and how far they are from those, see J. A. Zeni, J. G. Richards, J. S. Higginson (Gait & Posture 27,
2008), C. M. O'Connor et al. (Gait & Posture 25, 2007) and D. A. Bruening, S. T. Ridge (Gait & Posture 39, 2014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.analysis.body_size import pixels_per_meter
from app.analysis.contact_timing import FootCourse, contact_timing
from app.analysis.local_fit import fit_lines
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
FootSide = Literal["left", "right"]
SIDES: tuple[FootSide, ...] = get_args(FootSide)

FOOT = ("heel", "big_toe", "small_toe")
"""Points of a foot. A skeleton without them is measured at the ankles, which also move while the foot stands."""
SIGMA_S, FINE_SIGMA_S = 0.04, 0.03
"""Standard deviations of the weights by which speeds are smoothed, in seconds: to find rests, to time quick steps."""
REST_SPEED = 0.6
"""A slower point rests, in meters per second."""
QUICK_SPEEDS = (0.9, 1.8)
"""A foot that passes both of these speeds, in meters per second, within ``QUICK_S`` is timed by a line through them."""
QUICK_S = 0.1
"""In seconds."""
MIN_REST_S, MIN_SWING_S = 0.07, 0.07
"""Shorter rests, and shorter times between two rests, are noise."""
MIN_SWING_M = 0.10
"""A foot that has moved less between two rests was not lifted, in meters."""
APEX_M, APEX_S = 0.05, 0.25
"""A rest that is this much higher than those before and after it, and shorter, is the top of a jump."""
GAP_S = 0.25
"""After a longer time without the person nothing is known of what happened."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One foot on the ground.

    Attributes:
        side: The foot.
        start_s: When it was put down, in seconds; NaN if that was not seen.
        end_s: When it was lifted, in seconds; NaN if that was not seen.
        first_s: The first time at which it was seen standing, in seconds.
        last_s: The last time, in seconds.
        x: Where it stands: the middle of the foot while both its ends rest, in pixels.
        y: The same, down.
    """

    side: FootSide
    start_s: float
    end_s: float
    first_s: float
    last_s: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Foot:
    """One foot in T frames: ``places`` (T, P, 2) of its points, in meters of ``unit`` pixels.

    ``speeds`` and ``fine`` (T,) are those of its slowest point, much and little smoothed; NaN where none is known.
    """

    side: FootSide
    times_s: Values
    places: Values
    speeds: Values
    fine: Values
    unit: float

    @property
    def reverse(self) -> _Foot:
        """The foot as in a film that is played backwards."""
        return _Foot(self.side, self.times_s[::-1], self.places[::-1], self.speeds[::-1], self.fine[::-1], self.unit)


def contacts(
    times_s: Values,
    keypoints: Floats,
    skeleton: Skeleton,
    threshold: float = 0.3,
    meters_per_pixel: float | None = None,
) -> list[Contact]:
    """The contacts of both feet of one person, in order of time. The camera has to stand still.

    A foot is down while its heel or its toes move by less than ``REST_SPEED``. The times are those at which the speed
    of the slowest point, continued along a line, gets to ``REST_SPEED``: to a fraction of a frame. The time at which a
    foot with heel, toes and ankle is put down is then moved as true motions teach it (see ``contact_timing``).

    Args:
        times_s: (T,), timestamps in seconds, increasing.
        keypoints: (T, K, 3), x y score in pixels, y down; left and right must not be swapped.
        skeleton: The skeleton of the K keypoints.
        threshold: Keypoints with a lower score are unknown.
        meters_per_pixel: The scale; None takes one from the length of the legs.
    """
    moved = []
    latest: dict[FootSide, Contact] = {}
    for contact, course in contacts_with_courses(times_s, keypoints, skeleton, threshold, meters_per_pixel):
        latest[contact.side] = _moved(contact, course, latest.get(contact.side))
        moved.append(latest[contact.side])
    return moved


def contacts_with_courses(
    times_s: Values,
    keypoints: Floats,
    skeleton: Skeleton,
    threshold: float = 0.3,
    meters_per_pixel: float | None = None,
) -> list[tuple[Contact, FootCourse | None]]:
    """The contacts as their speeds tell them, not moved, each with the course of its foot; see ``contacts``.

    The course is None for a skeleton without heels, toes or ankles.
    """
    unit = 1 / meters_per_pixel if meters_per_pixel else pixels_per_meter(keypoints, skeleton, threshold)
    found: list[tuple[Contact, FootCourse | None]] = []
    if not np.isfinite(unit):
        return found
    for part in _parts(times_s):
        for side in SIDES:
            times, points = times_s[part], _foot_points(keypoints[part], skeleton, side, threshold) / unit
            if points.shape[1] and len(points) > 2:
                places, velocities = fit_lines(times, points, SIGMA_S)
                _, fine = fit_lines(times, points, FINE_SIGMA_S)
                course = None
                if {f"{side}_{name}" for name in (*FOOT[:2], "ankle")} <= {*skeleton.names}:
                    ankle = _points(keypoints[part], skeleton, [f"{side}_ankle"], threshold) / unit
                    course = FootCourse.of(times, places, fine, fit_lines(times, ankle[:, 0], SIGMA_S)[1])
                foot = _Foot(side, times, places, _slowest(velocities), _slowest(fine), unit)
                found += [(contact, course) for contact in _contacts_of(foot)]
    return sorted(found, key=lambda one: one[0].first_s)


def runs(mask: Mask) -> list[tuple[int, int]]:
    """The stretches (first frame, frame after the last) in which ``mask`` (T,) is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _parts(times_s: Values) -> Iterator[slice]:
    """The frames between gaps of more than ``GAP_S``."""
    starts = np.flatnonzero(np.diff(times_s, prepend=-np.inf) > GAP_S)
    for start, end in zip(starts, [*starts[1:], len(times_s)], strict=True):
        yield slice(int(start), int(end))


def _foot_points(keypoints: Floats, skeleton: Skeleton, side: FootSide, threshold: float) -> Values:
    """The points of one foot (T, P, 2) in pixels, NaN where unknown."""
    names = [f"{side}_{part}" for part in FOOT]
    found = [name for name in names if name in skeleton.names] or [f"{side}_ankle"]
    return _points(keypoints, skeleton, [name for name in found if name in skeleton.names], threshold)


def _points(keypoints: Floats, skeleton: Skeleton, names: list[str], threshold: float) -> Values:
    """The keypoints of these ``names`` (T, P, 2) in pixels, NaN where unknown."""
    points = keypoints[:, [skeleton.names.index(name) for name in names]].astype(np.float64)
    points[points[..., 2] < threshold] = np.nan
    return points[..., :2]


def _slowest(velocities: Values) -> Values:
    """The speed of the slowest of the points (T, P, 2), (T,)."""
    return np.asarray(np.fmin.reduce(np.linalg.norm(velocities, axis=2), axis=1))


def _moved(contact: Contact, course: FootCourse | None, before: Contact | None) -> Contact:
    """``contact`` at the time to which true motions move it, but not before the contact ``before`` has ended."""
    if course is None or not np.isfinite(contact.start_s):
        return contact
    inputs = course.around(contact.start_s, contact.first_s, contact.last_s)
    if inputs is None:
        return contact
    start_s = min(contact.start_s + contact_timing().offset_s(inputs), contact.last_s)
    ended_s = float(np.fmax(before.end_s, before.last_s)) if before else start_s
    return replace(contact, start_s=max(start_s, ended_s))


def _contacts_of(foot: _Foot) -> list[Contact]:
    rests = _lifted_between(foot, _without_apexes(foot, _rests(foot.times_s, foot.speeds)))
    reverse, last = foot.reverse, len(foot.times_s) - 1
    result = []
    for first, after in rests:
        start, end = _leaves(reverse, last - first), _leaves(foot, after - 1)
        x, y = _standing_place(foot, first, after)
        seen = float(foot.times_s[first]), float(foot.times_s[after - 1])
        result.append(Contact(foot.side, start, end, *seen, x * foot.unit, y * foot.unit))
    return result


def _rests(times_s: Values, speeds: Values) -> list[tuple[int, int]]:
    """The stretches of frames in which a point rests, without what is too short to be one."""
    slow = speeds < REST_SPEED
    ends = np.append(times_s, times_s[-1])
    for value, shortest in ((True, MIN_SWING_S), (False, MIN_REST_S)):
        for first, after in runs(slow != value):
            inside = first > 0 and after < len(slow)
            if inside and ends[after] - times_s[first] < shortest and np.isfinite(speeds[first:after]).any():
                slow[first:after] = value
    return runs(slow)


def _without_apexes(foot: _Foot, rests: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leave out the tops of jumps, where a foot rests in the air for a moment."""
    lowest = np.fmax.reduce(foot.places[..., 1], axis=1)  # y is down
    levels = [float(np.nanmedian(lowest[first:after])) for first, after in rests]
    kept = []
    for place, (first, after) in enumerate(rests):
        short = foot.times_s[after - 1] - foot.times_s[first] < APEX_S
        between = 0 < place < len(rests) - 1
        if not (short and between and levels[place] < min(levels[place - 1], levels[place + 1]) - APEX_M):
            kept.append((first, after))
    return kept


def _lifted_between(foot: _Foot, rests: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join rests between which the foot was not lifted."""
    middle = np.where(np.isfinite(foot.places), foot.places, 0.0).sum(1) / np.maximum(
        np.isfinite(foot.places).sum(1), 1
    )
    joined: list[tuple[int, int]] = []
    for first, after in rests:
        if joined:
            away = np.linalg.norm(middle[joined[-1][1] : first] - middle[joined[-1][1] - 1], axis=1)
            if away.max(initial=0.0) < MIN_SWING_M:
                joined[-1] = (joined[-1][0], after)
                continue
        joined.append((first, after))
    return joined


def _leaves(foot: _Foot, last: int) -> float:
    """When a foot that rests until frame ``last`` leaves, in seconds; NaN if that is not seen."""
    if last + 1 == len(foot.speeds) or not np.isfinite(foot.speeds[last + 1]):
        return float("nan")
    slow, fast = QUICK_SPEEDS
    begin = max(last - 2, 0)
    after = last + 1
    while after < len(foot.times_s) and abs(foot.times_s[after] - foot.times_s[last]) <= 2 * QUICK_S:
        after += 1
    fine = foot.fine[begin:after]
    above = np.flatnonzero(fine >= slow)
    quick = np.flatnonzero(fine >= fast)
    if len(quick) and above[0] > 0 and np.isfinite(fine[: quick[0] + 1]).all():
        times_s = foot.times_s[begin:]
        leaves, swings = _crossing(times_s, fine, slow, int(above[0])), _crossing(times_s, fine, fast, int(quick[0]))
        if abs(swings - leaves) <= QUICK_S:
            return leaves - (swings - leaves) * (slow - REST_SPEED) / (fast - slow)
    return _crossing(foot.times_s, foot.speeds, REST_SPEED, last + 1)


def _crossing(times_s: Values, speeds: Values, level: float, after: int) -> float:
    """When the speeds get to ``level`` between the frames ``after`` - 1 and ``after``."""
    part = (level - speeds[after - 1]) / (speeds[after] - speeds[after - 1])
    return float(times_s[after - 1] + part * (times_s[after] - times_s[after - 1]))


def _standing_place(foot: _Foot, first: int, after: int) -> tuple[float, float]:
    """The middle of the foot (x, y), in the middle half of the frames in which it stands."""
    quarter = (after - first) // 4
    points = foot.places[first + quarter : after - quarter]
    counts = np.isfinite(points).sum(axis=0)
    places = np.where(np.isfinite(points), points, 0.0).sum(axis=0)[counts[:, 0] > 0] / counts[counts[:, 0] > 0]
    x, y = places.mean(axis=0).tolist() if len(places) else (float("nan"), float("nan"))
    return x, y
