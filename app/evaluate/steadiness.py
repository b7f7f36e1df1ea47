"""Steadiness metrics of keypoints: jitter, lag, and with ground truth error and acceleration error.

Lengths are in percent of the person's height, which is the median of the longer side of the person's box.

- **Jitter**: the distance of a still keypoint from its own mean over the surrounding fifth of a second; the median over
  all such keypoints and frames. This moving average halves oscillations of 3 Hz and passes slower ones: people at rest
  sway more slowly, and faster motion is an artefact.
- **Lag**: the time shift of the smoothed path of a moving wrist that best fits the unsmoothed one in the least-squares
  sense (the registration of Lucas and Kanade 1981, in one dimension).
- **Error**: the mean distance from the ground truth.
- **Acceleration error**: the mean distance between the accelerations (second differences over time squared) of the path
  and of the ground truth, in heights per second squared (Kanazawa et al., "Learning 3D Human Dynamics from Video",
  2019).

Still keypoints and moving wrists are selected on the unsmoothed paths, so that all smoothers are measured on the same
keypoints in the same frames.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from app.core.people import FramePoses, Person
from app.tracking.tracker import iou

JITTER_S = 0.1
"""Half width of the moving average from which jitter is measured, in seconds."""

STILL = 0.05
"""Maximum speed of a still keypoint, in heights per second."""
STILL_S = 0.25
"""Time before and after a frame in which a keypoint must be still, in seconds."""

MOVING = 0.5
"""Minimum speed of a moving wrist, in heights per second."""

MOVING_S = 0.05
"""Half width of the moving average for a wrist's speed, in seconds."""

MAX_ACCELERATION = 150.0
"""Maximum plausible acceleration of a wrist, in heights per second squared; beyond it left and right were swapped, or
the video was cut."""

SAME_BOX = 0.5
"""Minimum IoU of two boxes of the same person."""

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Wrist:
    """A wrist in T frames; values are NaN where it is not visible.

    Attributes:
        raw: (T, 2), unsmoothed positions in pixels.
        steady: (T, 2), smoothed positions in pixels.
        speed: (T,), in heights per second.
        step_s: Frame interval in seconds.
    """

    raw: Numbers
    steady: Numbers
    speed: Numbers
    step_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples per keypoint and frame: ``jitter`` (N,), ``error`` (M,) in % of the height, ``acceleration`` (L,)."""

    jitter: Numbers
    wrists: tuple[Wrist, ...]
    error: Numbers
    acceleration: Numbers


@dataclass(frozen=True, slots=True)
class Steadiness:
    """The metrics, NaN without samples; ``still`` and ``moving`` are the numbers of samples for jitter and lag."""

    jitter: float
    lag_ms: float
    error: float
    acceleration_error: float
    still: int
    moving: int


def steadiness(samples: Sequence[Samples]) -> Steadiness:
    """The metrics of one clip, or of several pooled."""
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
    """Measure smoothed people on frames of even spacing.

    Args:
        raw: The unsmoothed people of each frame.
        steady: The same people with smoothed keypoints.
        wrists: Keypoint indices of the wrists.
        threshold: Keypoints with a lower score do not count.
        truth: The ground truth, if known.
        columns: For each keypoint of the ground truth its index among the found people's.
    """
    step_s = float(np.median(np.diff([poses.time_s for poses in raw]))) if len(raw) > 1 else np.nan
    jitter, paths = [np.empty(0)], []
    smoothed_trails = trails(steady, threshold)
    for number, (points, height) in trails(raw, threshold).items():
        smoothed = smoothed_trails[number][0]
        jitter_pixels = deviation_from_mean(smoothed, step_s) / height * 100
        rest = keeps_still(points, height, step_s) & ~np.isnan(jitter_pixels)
        jitter.append(jitter_pixels[rest])
        speeds = np.where(implausible_motion(points, height, step_s), np.nan, speed(points, step_s, MOVING_S) / height)
        paths += [Wrist(points[:, w], smoothed[:, w], speeds[:, w], step_s) for w in wrists]
    distances, accelerations = deviations(truth, steady, columns, threshold, step_s)
    return Samples(np.concatenate(jitter), tuple(paths), distances, accelerations)


def trails(poses: Sequence[FramePoses], threshold: float) -> dict[int, tuple[Numbers, float]]:
    """By id the keypoints' positions (T, K, 2) in all frames, NaN where not visible, and the height; in pixels."""
    places: dict[int, Numbers] = {}
    sides: dict[int, list[float]] = {}
    for frame, people in enumerate(poses):
        for person in people.people:
            if person.id not in places:
                places[person.id] = np.full((len(poses), len(person.keypoints), 2), np.nan)
            places[person.id][frame] = _seen(person, threshold)
            sides.setdefault(person.id, []).append(_height(person))
    return {number: (points, float(np.median(sides[number]))) for number, points in places.items()}


def centered_mean(values: Numbers, reach: int) -> Numbers:
    """Moving average (T, ...) over ``reach`` values on both sides; NaN where one is missing."""
    means = np.full(values.shape, np.nan)
    if len(values) > 2 * reach:
        means[reach : len(values) - reach] = sliding_window_view(values, 2 * reach + 1, axis=0).mean(axis=-1)
    return means


def deviation_from_mean(points: Numbers, step_s: float) -> Numbers:
    """Distances (T, K) of keypoints (T, K, 2) from their own moving average, in pixels."""
    return np.linalg.norm(points - centered_mean(points, _frames(JITTER_S, step_s)), axis=-1)


def speed(points: Numbers, step_s: float, reach_s: float) -> Numbers:
    """Speeds (T, ...) of positions (T, ..., 2), in pixels per second, averaged over +-``reach_s`` seconds."""
    means = centered_mean(points, _frames(reach_s, step_s))
    speeds = np.full(points.shape[:-1], np.nan)
    speeds[1:-1] = np.linalg.norm(means[2:] - means[:-2], axis=-1) / (2 * step_s)
    return speeds


def implausible_motion(points: Numbers, height: float, step_s: float) -> Mask:
    """Mask (T, K) of keypoints (T, K, 2) with implausible acceleration within about ``MOVING_S``."""
    acceleration = np.zeros(points.shape[:-1])
    acceleration[1:-1] = np.nan_to_num(np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1)) / step_s**2 / height
    reach = _frames(MOVING_S, step_s) + 1
    around = np.pad(acceleration, ((reach, reach), (0, 0)))
    return np.asarray(sliding_window_view(around, 2 * reach + 1, axis=0).max(axis=-1) > MAX_ACCELERATION)


def keeps_still(points: Numbers, height: float, step_s: float) -> Mask:
    """Mask (T, K) of still keypoints, in frames where the median of the person's keypoints is still too."""
    speeds = speed(points, step_s, STILL_S) / height
    reach = _frames(STILL_S, step_s)
    fastest = np.full(speeds.shape, np.nan)
    if len(speeds) > 2 * reach:
        fastest[reach : len(speeds) - reach] = sliding_window_view(speeds, 2 * reach + 1, axis=0).max(axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # frames without visible keypoints have no median
        middle = np.nanmedian(fastest, axis=1, keepdims=True)
    return (fastest < STILL) & (middle < STILL)


def lag(paths: Sequence[Wrist], slowest: float = MOVING, fastest: float = np.inf, steps: int = 6) -> float:
    """Delay of the smoothed paths in seconds, where the wrists' speed is in [slowest, fastest); NaN without samples."""
    delay_s = 0.0
    for _ in range(steps):  # Gauss-Newton steps: the remaining shift, from distance and speed
        product = square = 0.0
        for path in paths:
            frames = np.arange(len(path.raw))
            shifted = np.column_stack([np.interp(frames - delay_s / path.step_s, frames, axis) for axis in path.raw.T])
            # Central differences leave out the frame itself, whose noise would count as motion.
            speeds = np.full(shifted.shape, np.nan)
            speeds[1:-1] = (shifted[2:] - shifted[:-2]) / (2 * path.step_s)
            residual = shifted - path.steady
            selected = (path.speed >= slowest) & (path.speed < fastest) & ~np.isnan(residual + speeds).any(axis=1)
            product += float((residual[selected] * speeds[selected]).sum())
            square += float((speeds[selected] ** 2).sum())
        if not square:
            return np.nan
        delay_s += product / square
    return delay_s


def deviations(
    truth: Sequence[FramePoses], found: Sequence[FramePoses], columns: Sequence[int], threshold: float, step_s: float
) -> tuple[Numbers, Numbers]:
    """Errors: distances (N,) in % of the height, and of the accelerations (M,) in heights per second squared.

    Frames are matched by index and people by IoU; keypoints count that are labeled and were found.
    """
    by_index = {poses.index: poses for poses in truth}
    gaps: dict[int, Numbers] = {}
    for row, poses in enumerate(found):
        for true, person in _pairs(by_index.get(poses.index), poses):
            gap = gaps.setdefault(true.id, np.full((len(found), len(columns), 2), np.nan))
            known = true.keypoints[:, 2:] > 0
            positions = _seen(person, threshold)[list(columns)]
            gap[row] = np.where(known, positions - true.keypoints[:, :2], np.nan) / _height(true)
    distances = [np.linalg.norm(gap, axis=-1) * 100 for gap in gaps.values()]
    accelerations = [np.linalg.norm(np.diff(gap, n=2, axis=0), axis=-1) / step_s**2 for gap in gaps.values()]
    return _numbers(distances), _numbers(accelerations)


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
    """Positions (K, 2) in pixels, NaN where the score is below ``threshold``."""
    keypoints = person.keypoints.astype(np.float64)
    return np.where(person.keypoints[:, 2:] >= threshold, keypoints[:, :2], np.nan)


def _height(person: Person) -> float:
    return max(float((person.box[2:] - person.box[:2]).max()), 1.0)


def _frames(seconds: float, step_s: float) -> int:
    return max(1, round(seconds / step_s)) if step_s > 0 else 1


def _numbers(parts: Sequence[Numbers]) -> Numbers:
    """All values that are not NaN, as one array (N,)."""
    row = np.concatenate([np.empty(0), *(part.ravel() for part in parts)])
    return row[~np.isnan(row)]
