"""How steady and how prompt keypoints are: jitter, lag, and where the truth is known, error and acceleration error.

Lengths are in percent of the person's height, which is the median of the longer side of the person's box.

- **Jitter**: how far a keypoint of somebody who keeps still is from its own mean over the fifth of a second around, the
  median over all such keypoints and frames. Such a mean halves what swings three times a second and lets through what
  is slower: people at rest sway more slowly than that, and what is quicker is trembling that nobody did.
- **Lag**: by how much the smoothed path of a moving wrist must be put forward in time to fit the unsmoothed one
  best in the least-squares sense (the registration of Lucas and Kanade 1981, in one dimension).
- **Error**: the mean distance from the truth.
- **Acceleration error**: the mean distance between the accelerations (second differences over time squared) of the path
  and of the truth, in heights a second squared (Kanazawa et al., "Learning 3D Human Dynamics from Video", 2019).

Who keeps still, and which wrist moves, is told from the unsmoothed paths, so that all smoothers are measured on
the same keypoints in the same frames.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from app.people import FramePoses, Person
from app.track import iou

JITTER_S = 0.1
"""The mean that jitter is measured from reaches so far to both sides."""

STILL = 0.05
STILL_S = 0.25
"""Under this speed, in heights a second, a keypoint keeps still; it must do so for so long before and after."""

MOVING = 0.5
"""Over this speed, in heights a second, a wrist moves."""

MOVING_S = 0.05
"""The mean that a moving wrist's speed is told from reaches so far to both sides."""

LEAP = 150.0
"""What gathers speed faster, in heights a second squared, is no wrist that moves: one was taken for the other, or the
picture was cut."""

SAME_BOX = 0.5
"""Boxes of this overlap (IoU) are one person's."""

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Wrist:
    """A wrist over time: unsmoothed and smoothed places (T, 2), its speed (T,) in heights a second; NaN: unseen."""

    raw: Numbers
    steady: Numbers
    speed: Numbers
    step_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What was measured, one number a keypoint and frame: ``jitter`` (N,), ``error`` (M,), ``acceleration`` (L,)."""

    jitter: Numbers
    wrists: tuple[Wrist, ...]
    error: Numbers
    acceleration: Numbers


@dataclass(frozen=True, slots=True)
class Steadiness:
    """The figures; NaN where there was nothing to measure on, of which ``still`` and ``moving`` count the samples."""

    jitter: float
    lag_ms: float
    error: float
    acceleration_error: float
    still: int
    moving: int


def steadiness(samples: Sequence[Samples]) -> Steadiness:
    """The figures of one clip, or of several together."""
    jitter, error, acceleration = (
        np.concatenate([getattr(one, name) for one in samples]) for name in ("jitter", "error", "acceleration")
    )
    wrists = [path for one in samples for path in one.wrists]
    return Steadiness(
        jitter=float(np.median(jitter)) if len(jitter) else np.nan,
        lag_ms=1000 * lag(wrists),
        error=float(error.mean()) if len(error) else np.nan,
        acceleration_error=float(acceleration.mean()) if len(acceleration) else np.nan,
        still=len(jitter),
        moving=sum(int((path.speed >= MOVING).sum()) for path in wrists),
    )


def compare(
    raw: Sequence[FramePoses],
    steady: Sequence[FramePoses],
    wrists: Sequence[int],
    threshold: float,
    truth: Sequence[FramePoses] = (),
    columns: Sequence[int] = (),
) -> Samples:
    """Measure ``steady``, which are the very people of ``raw`` with smoothed keypoints, on frames of even spacing.

    ``wrists`` are keypoint numbers; keypoints under ``threshold`` do not count. ``columns`` says which keypoint of the
    found people is each of the truth's.
    """
    step_s = float(np.median(np.diff([poses.time_s for poses in raw]))) if len(raw) > 1 else np.nan
    jitter, paths = [np.empty(0)], []
    steadied = trails(steady, threshold)
    for number, (points, height) in trails(raw, threshold).items():
        smoothed = steadied[number][0]
        shaking = trembling(smoothed, step_s) / height * 100
        rest = keeps_still(points, height, step_s) & ~np.isnan(shaking)
        jitter.append(shaking[rest])
        speeds = np.where(leaps(points, height, step_s), np.nan, speed(points, step_s, MOVING_S) / height)
        paths += [Wrist(points[:, w], smoothed[:, w], speeds[:, w], step_s) for w in wrists]
    off, jerky = deviations(truth, steady, columns, threshold, step_s)
    return Samples(np.concatenate(jitter), tuple(paths), off, jerky)


def trails(poses: Sequence[FramePoses], threshold: float) -> dict[int, tuple[Numbers, float]]:
    """For each id the places (T, K, 2) of the keypoints in all frames, NaN where not seen, and the height in pixels."""
    places: dict[int, Numbers] = {}
    sides: dict[int, list[float]] = {}
    for frame, people in enumerate(poses):
        for person in people.people:
            if person.id not in places:
                places[person.id] = np.full((len(poses), len(person.keypoints), 2), np.nan)
            places[person.id][frame] = _seen(person, threshold)
            sides.setdefault(person.id, []).append(_height(person))
    return {number: (points, float(np.median(sides[number]))) for number, points in places.items()}


def centred_mean(values: Numbers, reach: int) -> Numbers:
    """The mean (T, ...) of each of ``values`` with the ``reach`` ones before and after it; NaN where one is missing."""
    means = np.full(values.shape, np.nan)
    if len(values) > 2 * reach:
        means[reach : len(values) - reach] = sliding_window_view(values, 2 * reach + 1, axis=0).mean(axis=-1)
    return means


def trembling(points: Numbers, step_s: float) -> Numbers:
    """How far (T, K), in pixels, keypoints (T, K, 2) are from their own mean around."""
    return np.linalg.norm(points - centred_mean(points, _frames(JITTER_S, step_s)), axis=-1)


def speed(points: Numbers, step_s: float, reach_s: float) -> Numbers:
    """Pixels a second (T, ...) of places (T, ..., 2), from the means over ``reach_s`` seconds to both sides."""
    means = centred_mean(points, _frames(reach_s, step_s))
    speeds = np.full(points.shape[:-1], np.nan)
    speeds[1:-1] = np.linalg.norm(means[2:] - means[:-2], axis=-1) / (2 * step_s)
    return speeds


def leaps(points: Numbers, height: float, step_s: float) -> Mask:
    """Whether keypoints (T, K, 2) move as no hand can, at most ``MOVING_S`` before or after."""
    gathering = np.zeros(points.shape[:-1])
    gathering[1:-1] = np.nan_to_num(np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1)) / step_s**2 / height
    reach = _frames(MOVING_S, step_s) + 1
    around = np.pad(gathering, ((reach, reach), (0, 0)))
    return np.asarray(sliding_window_view(around, 2 * reach + 1, axis=0).max(axis=-1) > LEAP)


def keeps_still(points: Numbers, height: float, step_s: float) -> Mask:
    """Which keypoints (T, K) keep still, in frames where the middle one of the person's keypoints does."""
    speeds = speed(points, step_s, STILL_S) / height
    reach = _frames(STILL_S, step_s)
    fastest = np.full(speeds.shape, np.nan)
    if len(speeds) > 2 * reach:
        fastest[reach : len(speeds) - reach] = sliding_window_view(speeds, 2 * reach + 1, axis=0).max(axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # frames in which nothing is seen have no middle one
        middle = np.nanmedian(fastest, axis=1, keepdims=True)
    return (fastest < STILL) & (middle < STILL)


def lag(paths: Sequence[Wrist], slowest: float = MOVING, fastest: float = np.inf, steps: int = 6) -> float:
    """By how many seconds the smoothed paths come late, where the wrists move within these speeds; NaN: nowhere."""
    late_s = 0.0
    for _ in range(steps):  # of Gauss and Newton: the shift that is left, from the distance and the speed there
        product = square = 0.0
        for path in paths:
            frames = np.arange(len(path.raw))
            shifted = np.column_stack([np.interp(frames - late_s / path.step_s, frames, axis) for axis in path.raw.T])
            # Central differences leave out the very frame, whose noise would be taken for motion.
            speeds = np.full(shifted.shape, np.nan)
            speeds[1:-1] = (shifted[2:] - shifted[:-2]) / (2 * path.step_s)
            behind = shifted - path.steady
            use = (path.speed >= slowest) & (path.speed < fastest) & ~np.isnan(behind + speeds).any(axis=1)
            product += float((behind[use] * speeds[use]).sum())
            square += float((speeds[use] ** 2).sum())
        if not square:
            return np.nan
        late_s += product / square
    return late_s


def deviations(
    truth: Sequence[FramePoses], found: Sequence[FramePoses], columns: Sequence[int], threshold: float, step_s: float
) -> tuple[Numbers, Numbers]:
    """Distances (N,) from the truth in % of the height, those of the accelerations (M,) in heights a second squared.

    Frames are told by their index and people by their boxes; known keypoints count that were found.
    """
    by_index = {poses.index: poses for poses in truth}
    gaps: dict[int, Numbers] = {}
    for row, poses in enumerate(found):
        for true, person in _pairs(by_index.get(poses.index), poses):
            gap = gaps.setdefault(true.id, np.full((len(found), len(columns), 2), np.nan))
            known = true.keypoints[:, 2:] > 0
            ours = _seen(person, threshold)[list(columns)]
            gap[row] = np.where(known, ours - true.keypoints[:, :2], np.nan) / _height(true)
    off = [np.linalg.norm(gap, axis=-1) * 100 for gap in gaps.values()]
    jerky = [np.linalg.norm(np.diff(gap, n=2, axis=0), axis=-1) / step_s**2 for gap in gaps.values()]
    return _numbers(off), _numbers(jerky)


def _pairs(truth: FramePoses | None, found: FramePoses) -> list[tuple[Person, Person]]:
    if truth is None or not truth.people or not found.people:
        return []
    boxes = np.array([person.box for person in found.people])
    overlaps = np.array([iou(person.box, boxes) for person in truth.people])
    rows, columns = linear_sum_assignment(overlaps, maximize=True)
    return [
        (truth.people[row], found.people[column])
        for row, column in zip(rows, columns, strict=True)
        if overlaps[row, column] >= SAME_BOX
    ]


def _seen(person: Person, threshold: float) -> Numbers:
    """Places (K, 2), NaN where not seen."""
    keypoints = person.keypoints.astype(np.float64)
    return np.where(person.keypoints[:, 2:] >= threshold, keypoints[:, :2], np.nan)


def _height(person: Person) -> float:
    return max(float((person.box[2:] - person.box[:2]).max()), 1.0)


def _frames(seconds: float, step_s: float) -> int:
    return max(1, round(seconds / step_s)) if step_s > 0 else 1


def _numbers(parts: Sequence[Numbers]) -> Numbers:
    """All that are numbers, in one row."""
    row = np.concatenate([np.empty(0), *(part.ravel() for part in parts)])
    return row[~np.isnan(row)]
