"""The floor in the picture: a line through the places where the feet stand."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees, radians, tan

import numpy as np
from numpy.typing import NDArray

from app.analysis.stature import SIDES, averaged, point
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

REST_PER_S = 0.35
"""A foot rests if it moves less than this many body heights in a second."""
AROUND_S = 0.06
"""Speeds are measured over this time on both sides."""
AVERAGED_S = 0.035
"""Positions are averaged over this time on both sides."""
REST_S = 0.05
"""Shortest time for which a foot rests on the floor."""
NEAR = 0.025
"""A foot within this distance of the floor is on it, in body heights."""
MIN_SPREAD = 1.0
"""The slope is that of places that lie at least this far apart along the picture, in body heights,"""
MIN_STEPS = 3
"""that are at least this number of separate ones,"""
STEP = 0.25
"""of which two that are separate are this far apart, in body heights,"""
MIN_SHARE = 0.8
"""and at which the feet rest for at least this part of the time in which they rest at all."""
MAX_SLOPE_DEGREES, STEP_DEGREES = 15.0, 0.25
"""Largest slope that is tried, and the steps; a steeper line comes from stairs or climbing."""
ANKLE_HEIGHT = 0.039
"""Height of the ankle above the floor, in body heights (Drillis and Contini, Body Segment Parameters, 1966)."""
SOLES = ("heel", "big_toe", "small_toe")
LOW = 0.95
"""Feet that never rest, as on a treadmill, touch the floor where they are lowest: at this quantile."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A line in the picture: at row ``y`` in column 0, rising to the right by ``slope_degrees``."""

    y: float
    slope_degrees: float = 0.0

    @classmethod
    def through(cls, start: tuple[float, float], end: tuple[float, float]) -> Floor:
        """The floor through two pixels (x, y) of different columns."""
        rise = (start[1] - end[1]) / (end[0] - start[0])
        return cls(start[1] + rise * start[0], degrees(atan(rise)))


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """N times at which a foot rests: ``places`` (N, 2) in pixels, how long in ``seconds`` (N,), and which foot (N,)."""

    places: Values
    seconds: Values
    feet: NDArray[np.int64]

    def rows(self, slope_degrees: float) -> Values:
        """The row (N,) in column 0 of the line with this slope through each place."""
        return np.asarray(self.places[:, 1] + tan(radians(slope_degrees)) * self.places[:, 0])


def find_floor(
    times_s: Values,
    keypoints: Floats,
    skeleton: Skeleton,
    height_px: float,
    threshold: float = 0.3,
    slope_degrees: float | None = None,
) -> Floor | None:
    """The floor under a person in T frames, whose body is ``height_px`` high; None where no foot is seen.

    It is the line along which heels and toes (ankles, in skeletons without them) rest for most of the time: midway
    between the lines of both feet, because one of them is nearer to the camera and lower in the picture. The floor is
    taken for level unless the feet rest on a sloping line in several places, or ``slope_degrees`` is given. Sports2D
    takes a floor line from resting toes too (Pagnon, Kim: Sports2D, Journal of Open Source Software 2024;
    ``compute_floor_line``), by least squares.

    Args:
        times_s: (T,), timestamps in seconds.
        keypoints: (T, K, 3), x y score in pixels.
        skeleton: The skeleton of the K keypoints.
        height_px: Body height in pixels.
        threshold: Minimum keypoint score.
        slope_degrees: The slope of the floor, positive where it rises to the right; None if it is unknown.
    """
    rests = resting_places(times_s, keypoints, skeleton, height_px, threshold)
    if not len(rests.seconds):
        return _lowest(_soles(times_s, keypoints, skeleton, height_px, threshold), slope_degrees or 0.0)
    if slope_degrees is None:
        slope_degrees = _slope(rests, height_px)
    row, _ = _line(rests, slope_degrees, NEAR * height_px)
    return Floor(row, slope_degrees)


def resting_places(
    times_s: Values, keypoints: Floats, skeleton: Skeleton, height_px: float, threshold: float = 0.3
) -> Rests:
    """Where and for how long heels and toes of a person rest; the arguments are those of ``find_floor``."""
    places, seconds, feet = [], [], []
    soles = _soles(times_s, keypoints, skeleton, height_px, threshold)
    for number, sole in enumerate(soles):
        still = _speed(times_s, sole) < REST_PER_S * height_px
        edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            duration = times_s[end - 1] - times_s[start]
            if duration >= REST_S:
                places.append(np.median(sole[start:end], axis=0))
                seconds.append(duration)
                feet.append(2 * number // len(soles))
    return Rests(np.array(places).reshape(-1, 2), np.array(seconds), np.array(feet, np.int64))


def _soles(times_s: Values, keypoints: Floats, skeleton: Skeleton, height_px: float, threshold: float) -> list[Values]:
    """The positions (T, 2) of the keypoints that touch the floor, left ones first; those below ankles, without feet."""
    names = [f"{side}_{name}" for side in SIDES for name in SOLES if f"{side}_{name}" in skeleton.names]
    below = np.zeros(2)
    if not names:
        names, below = [f"{side}_ankle" for side in SIDES], np.array([0.0, ANKLE_HEIGHT * height_px])
    return [averaged(times_s, point(keypoints, skeleton, name, threshold) + below, AVERAGED_S) for name in names]


def _speed(times_s: Values, sole: Values) -> Values:
    """The speed (T,) of a keypoint in pixels per second; NaN at the ends and where it is not seen."""
    speed = np.full(len(times_s), np.nan)
    if len(times_s) < 3:
        return speed
    reach = max(round(AROUND_S / max(float(np.median(np.diff(times_s))), 1e-3)), 1)
    if len(times_s) > 2 * reach:
        step = np.linalg.norm(sole[2 * reach :] - sole[: -2 * reach], axis=1)
        speed[reach:-reach] = step / np.maximum(times_s[2 * reach :] - times_s[: -2 * reach], 1e-6)
    return speed


def _slope(rests: Rests, height_px: float) -> float:
    """The slope of the line that both feet rest along for most of the time, in degrees; 0 if it is not certain."""
    near = NEAR * height_px
    tried = sorted(np.arange(-MAX_SLOPE_DEGREES, MAX_SLOPE_DEGREES + STEP_DEGREES, STEP_DEGREES).tolist(), key=abs)
    best = max(tried, key=lambda slope: float(rests.seconds[_line(rests, slope, near)[1]].sum()))
    _, within = _line(rests, best, near)
    across = np.sort(rests.places[within, 0])
    steps = 1 + int((np.diff(across) >= STEP * height_px).sum())
    share = rests.seconds[within].sum() / rests.seconds.sum()
    if np.ptp(across) < MIN_SPREAD * height_px or steps < MIN_STEPS or share < MIN_SHARE:
        return 0.0
    places, weights = rests.places[within].copy(), rests.seconds[within]
    for foot in (0, 1):
        own = rests.feet[within] == foot
        if own.any():
            places[own] -= np.average(places[own], axis=0, weights=weights[own])
    x, y = places.T
    return degrees(atan(-float((weights * x * y).sum() / (weights * x * x).sum())))


def _line(rests: Rests, slope_degrees: float, near: float) -> tuple[float, NDArray[np.bool_]]:
    """The row in column 0 of the floor of the given slope, and which rests (N,) are on it.

    Each foot has the line with the most time within ``near`` pixels; the floor is midway between them.
    """
    rows, within, lines = rests.rows(slope_degrees), np.zeros(len(rests.feet), bool), []
    for foot in (0, 1):
        own = np.flatnonzero(rests.feet == foot)
        if len(own):
            inside = own[_densest(rows[own], rests.seconds[own], near)]
            within[inside] = True
            lines.append(float(np.average(rows[inside], weights=rests.seconds[inside])))
    return float(np.mean(lines)), within


def _densest(rows: Values, seconds: Values, near: float) -> NDArray[np.bool_]:
    """The values (N,) within ``near`` of that value around which most of the time lies."""
    order = np.argsort(rows)
    ordered, time = rows[order], np.concatenate([[0.0], np.cumsum(seconds[order])])
    first, last = np.searchsorted(ordered, ordered - near), np.searchsorted(ordered, ordered + near, side="right")
    return np.asarray(np.abs(rows - ordered[np.argmax(time[last] - time[first])]) <= near)


def _lowest(soles: list[Values], slope_degrees: float) -> Floor | None:
    """The line of the given slope through the lowest places of the feet; None where no foot is seen."""
    rows = [sole[:, 1] + tan(radians(slope_degrees)) * sole[:, 0] for sole in soles]
    seen = np.concatenate(rows) if rows else np.empty(0)
    seen = seen[np.isfinite(seen)]
    return Floor(float(np.quantile(seen, LOW)), slope_degrees) if len(seen) else None
