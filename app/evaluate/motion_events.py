"""True foot contacts, gait and jumps of motions, from their joints in three dimensions, and how far others are off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.events import FOOT, SIDES, Contact, FootSide, runs
from app.analysis.gait import MIN_STRIDE_M, Gait, find_gait
from app.analysis.jumps import Hips, Jump, find_jumps
from app.analysis.measures import PersonTrack, find_events
from app.analysis.scale import Scale
from app.core.people import Floats
from app.evaluate.motions import FPS, Filmed, Motion

Values = NDArray[np.float64]

REST_SPEED = 0.7
"""A foot is down while its heel or its toes are slower, in meters per second: toes slide before they leave."""
FLOOR, MAX_STEP_M = 0.02, 0.3
"""The floor is at this quantile of the heights of the lowest points; a foot that stands this much higher climbs."""
MIN_WALKED = 0.5
"""Smallest part of a walking motion that is walked."""
STEP_SPEED, STEP_FRAMES = 1.2, 10
"""A foot has to be this fast in the picture, in meters per second, at most this long before a contact that is timed."""
PLANE_FRAMES = 15
"""The body has to face along the plane of motion for this long before such a contact, in frames."""
MIN_REST, MIN_SWING = 5, 3
"""Shortest rest of a foot, and shortest time between two rests, in frames."""
MIN_SWING_M = 0.10
"""A foot that has moved less between two rests was not lifted, in meters."""
APEX_M, APEX_FRAMES = 0.05, 15
"""A rest that is this much higher than those before and after it, and shorter, is the top of a jump."""
EDGE_FRAMES = 6
"""Contacts this close to the ends of a motion do not count."""
SAME_FRAMES = 10
"""A contact that is found further away than this is missed."""
SAME_JUMP_S = 0.3
"""A jump whose take-off is found further away than this is missed, in seconds."""

KEYS = (
    "contact_frames_median",
    "contact_frames_p95",
    "contacts_missed_pct",
    "contacts_extra_pct",
    "cadence_error_pct",
    "stride_error_pct",
    "speed_error_pct",
    "jump_height_error_cm",
    "jump_height_by_flight_error_cm",
)
"""The figures of ``event_figures``."""
IN_METERS = ("stride_error_pct", "speed_error_pct", "jump_height_error_cm")
"""Those that need a scale."""


@dataclass(frozen=True, slots=True)
class TrueEvents:
    """The true events of a motion, lengths in meters."""

    contacts: tuple[Contact, ...]
    gait: Gait
    jumps: tuple[Jump, ...]


def true_events(motion: Motion) -> TrueEvents:
    """The true events of ``motion``.

    A foot is down while its heel or its toes move by less than ``REST_SPEED``, except for a moment at the top of a
    jump: the height of a rest is compared with those before and after it, because a floor can have steps, bars and a
    slope. A foot that moved by less than ``MIN_SWING_M`` between two rests stayed down. Walks and jumps are those of
    ``find_gait`` and ``find_jumps`` for these contacts and the true hips; walks are only those on the floor in which
    the body faces along the plane of motion.
    """
    feet, places = [], []
    for side in SIDES:
        points = _foot(motion, side)
        for first, after in _down(points):
            feet.append(_contact(side, first, after, len(points)))
            quarter = (after - first) // 4
            places.append(points[first + quarter : after - quarter].mean(axis=(0, 1)))
    if not feet:
        return TrueEvents((), Gait(), ())
    hips = motion.points[:, motion.skeleton.names.index("hip")]
    speeds = np.linalg.norm(np.gradient(hips, 1 / FPS, axis=0), axis=1)
    jumps = find_jumps(feet, Hips(motion.times_s, hips[:, 1], hips[:, 1], speeds, 1.0))
    return TrueEvents(tuple(feet), _true_gait(motion, feet, np.array(places)), tuple(jumps))


def event_figures(
    filmed: Filmed,
    keypoints: Floats,
    scale: Scale | None = None,
    facing: NDArray[np.int8] | None = None,
    threshold: float = 0.3,
) -> dict[str, float]:
    """How far the events measured in ``keypoints`` (T, K, 3) of ``filmed`` are from the true ones, by ``KEYS``.

    Contacts: median and 95th percentile of the time between a true contact and the one found for it, in frames, and
    the missed and the wrong ones in percent of the true ones. Those count that end a step which the camera sees: the
    foot was fast in the picture just before, and the body faces along the plane of motion.
    Cadence, stride length and speed: in percent of the true ones, over all walks; 100 if none is found. Jump height:
    mean error in centimeters of the rise of the hips, and of the height by flight time; a jump that is not found counts
    with its whole height. NaN where the motion has nothing to compare, or lengths are unknown without a ``scale``.
    """
    truth = true_events(filmed.motion)
    aside = np.ones(len(keypoints), np.int8) if facing is None else facing
    track = PersonTrack(filmed.motion.times_s, keypoints, aside, filmed.motion.skeleton, threshold)
    feet, gait, jumps = find_events(track, scale)
    figures = dict.fromkeys(KEYS, float("nan")) | _contact_figures(filmed, truth.contacts, feet)
    figures |= _gait_figures(truth.gait, gait) | _jump_figures(truth.jumps, jumps)
    return figures if scale is not None else figures | dict.fromkeys(IN_METERS, float("nan"))


def _true_gait(motion: Motion, feet: list[Contact], places: Values) -> Gait:
    """The walks on the floor, along the plane of motion, of a body whose feet stand at ``places`` (N, 3).

    There are none in a motion that is something else for most of its time.
    """
    in_plane = motion.in_plane
    floor = float(np.quantile(motion.points[..., 1].min(axis=1), FLOOR))
    rows = [
        row
        for row, (foot, place) in enumerate(zip(feet, places, strict=True))
        if place[1] - floor <= MAX_STEP_M and in_plane[round(foot.first_s * FPS)]
    ]
    hips = motion.points[:, motion.skeleton.names.index("hip")]
    walking = [feet[row] for row in rows]
    gait = find_gait(walking, places[rows][:, [0, 2]], motion.times_s, hips[:, [0, 2]], MIN_STRIDE_M)
    walked_s = sum(step.seconds for step in gait.steps)
    return gait if walked_s >= MIN_WALKED * len(motion.points) / FPS else Gait()


def _foot(motion: Motion, side: FootSide) -> Values:
    """The points (T, P, 3) of one foot, in meters."""
    return motion.points[:, [motion.skeleton.names.index(f"{side}_{part}") for part in FOOT]]


def _slowest(points: Values) -> Values:
    """The speed of the slowest point (T,) of a foot with the points (T, P, D), in meters per second."""
    return np.asarray(np.linalg.norm(np.gradient(points, 1 / FPS, axis=0), axis=2).min(axis=1))


def _down(points: Values) -> list[tuple[int, int]]:
    """The frames (first, after the last) in which a foot with the points (T, P, 3) is down."""
    slow = _slowest(points) < REST_SPEED
    for value, shortest in ((True, MIN_SWING), (False, MIN_REST)):
        for first, after in runs(slow != value):
            if first > 0 and after < len(slow) and after - first < shortest:
                slow[first:after] = value
    rests = runs(slow)
    levels = [float(np.median(points[first:after, :, 1].min(axis=1))) for first, after in rests]
    middle = points.mean(axis=1)
    down: list[tuple[int, int]] = []
    for place, (first, after) in enumerate(rests):
        between = 0 < place < len(rests) - 1 and after - first < APEX_FRAMES
        if between and levels[place] > max(levels[place - 1], levels[place + 1]) + APEX_M:
            continue
        if down:
            away = np.linalg.norm(middle[down[-1][1] : first] - middle[down[-1][1] - 1], axis=1)
            if away.max(initial=0.0) < MIN_SWING_M:
                down[-1] = (down[-1][0], after)
                continue
        down.append((first, after))
    return down


def _contact(side: FootSide, first: int, after: int, frames: int) -> Contact:
    """The contact of the frames ``first`` to ``after`` of a motion; its place is not used.

    It begins and ends in the middle between two frames.
    """
    start_s = (first - 0.5) / FPS if first else float("nan")
    end_s = (after - 0.5) / FPS if after < frames else float("nan")
    return Contact(side, start_s, end_s, first / FPS, (after - 1) / FPS, float("nan"), float("nan"))


def _contact_figures(filmed: Filmed, truth: Sequence[Contact], found: Sequence[Contact]) -> dict[str, float]:
    errors, missed, extra, count = [], 0, 0, 0
    for side in SIDES:
        true, there = (np.array([foot.start_s for foot in feet if foot.side == side]) * FPS for feet in (truth, found))
        timed = can_be_timed(filmed, side)
        for start in true[np.isfinite(true)]:
            if timed[round(start)]:
                off = _nearest(start, there)
                errors += [off] if off <= SAME_FRAMES else []
                missed += off > SAME_FRAMES
                count += 1
        extra += sum(_nearest(start, true) > SAME_FRAMES for start in there[np.isfinite(there)] if timed[round(start)])
    if not count:
        return {}
    figures = {"contacts_missed_pct": 100 * missed / count, "contacts_extra_pct": 100 * extra / count}
    if errors:
        figures["contact_frames_median"] = float(np.median(errors))
        figures["contact_frames_p95"] = float(np.quantile(errors, 0.95))
    return figures


def _gait_figures(truth: Gait, found: Gait) -> dict[str, float]:
    """Errors over the true walks, in percent."""
    if not truth.walks:
        return {}
    around_s = SAME_FRAMES / FPS
    same = found.between([(walk.start_s - around_s, walk.end_s + around_s) for walk in truth.walks])
    return {
        "cadence_error_pct": _percent(same.cadence, truth.cadence),
        "stride_error_pct": _percent(same.stride_length, truth.stride_length),
        "speed_error_pct": _percent(same.speed, truth.speed),
    }


def can_be_timed(filmed: Filmed, side: FootSide) -> NDArray[np.bool_]:
    """The frames (T,) in which a contact of one foot ends a step that the camera sees from the side."""
    points = _foot(filmed.motion, side) @ filmed.camera.axes[:2].T
    fast, in_plane = _slowest(points) >= STEP_SPEED, filmed.motion.in_plane
    timed = np.zeros(len(points), bool)
    for frame in range(EDGE_FRAMES, len(points) - EDGE_FRAMES):
        is_step = fast[max(frame - STEP_FRAMES, 0) : frame + 1].any()
        timed[frame] = is_step and in_plane[max(frame - PLANE_FRAMES, 0) : frame + 1].all()
    return timed


def _nearest(frame: float, others: Values) -> float:
    """How far the nearest of ``others`` (N,) is from ``frame``, in frames."""
    known = others[np.isfinite(others)]
    return float(np.abs(known - frame).min()) if len(known) else float("inf")


def _jump_figures(truth: Sequence[Jump], found: Sequence[Jump]) -> dict[str, float]:
    rises, heights = [], []
    for jump in truth:
        near = [other for other in found if abs(other.take_off_s - jump.take_off_s) <= SAME_JUMP_S]
        one = min(near, key=lambda other: abs(other.take_off_s - jump.take_off_s), default=None)
        heights.append(abs((one.height_by_flight_m if one else 0.0) - jump.height_by_flight_m))
        rises.append(abs((one.hips_rise if one else 0.0) - jump.hips_rise))
    if not truth:
        return {}
    return {
        "jump_height_error_cm": 100 * float(np.mean(rises)),
        "jump_height_by_flight_error_cm": 100 * float(np.mean(heights)),
    }


def _percent(found: float, true: float) -> float:
    """The error of ``found`` in percent of ``true``; 100 if nothing was found."""
    return 100 * abs(found - true) / true if np.isfinite(found) else 100.0
