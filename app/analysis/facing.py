"""Which way a person faces in the picture, from the whole body and over time instead of from the feet of one frame.

The direction of the body is one of ``STATES`` angles around the vertical. Each keypoint pair that shows it (toe and
heel, nose and ears, shoulders, hips) has an expected horizontal distance in each of these directions, in body heights;
bent knees and the direction of travel are further evidence. The most probable path through the directions is that of a
hidden Markov model in which the body turns gradually (Viterbi: Error bounds for convolutional codes, IEEE Transactions
on Information Theory 1967): over the whole clip for files, and up to the newest frame for live pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import keypoint_indices
from app.analysis.part_lengths import AVERAGE_S, body_heights, heights_now, seen_points
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Facing = NDArray[np.int8]
"""For each frame (T,): -1 faces left, 1 right, 0 the camera or away from it."""
LEFT, CAMERA, RIGHT = -1, 0, 1
WORDS = {"left": LEFT, "right": RIGHT, "front": CAMERA}
"""The sides in files."""

STATES = 24
"""Number of directions; each is 15 degrees wide."""
DIRECTIONS = (np.arange(STATES) + 0.5) * 2 * np.pi / STATES
"""The directions (S,) in radians: 0 faces right, a quarter of a turn the camera."""
ASIDE, TOWARDS = np.cos(DIRECTIONS), np.sin(DIRECTIONS)
MIN_ASIDE = 0.5
"""A body whose direction has a smaller cosine to the plane of the picture faces the camera, or away from it."""
CLASSES = np.where(ASIDE >= MIN_ASIDE, RIGHT, np.where(ASIDE <= -MIN_ASIDE, LEFT, CAMERA)).astype(np.int8)

STEP_S = 1 / 15
"""Evidence is averaged over this time: what the frames in between show is not independent."""
TURN = np.radians(120.0)
"""Standard deviation of the turn in one second, in radians."""
RARE = 1e-4
"""Probability of any other direction than a gradual turn leads to, per step: cuts, lost people."""
LONG_STEPS = 60
"""After this many steps without a frame any direction is equally probable."""
MARGIN = 0.5
"""How much more probable (log) another side has to be before a live person is said to face it."""


@dataclass(frozen=True, slots=True)
class _Cue:
    """The expected horizontal distance from ``base`` to ``tip`` (means of keypoints) in body heights.

    It is ``aside`` for a body that faces right and ``towards`` for one that faces the camera; ``sd`` is its deviation.
    """

    tip: tuple[str, ...]
    base: tuple[str, ...]
    aside: float
    towards: float
    sd: float


FEET = tuple(_Cue((f"{side}_big_toe",), (f"{side}_heel",), 0.12, 0.0, 0.06) for side in ("left", "right"))
HEAD = (_Cue(("nose",), ("left_ear", "right_ear"), 0.06, 0.0, 0.03),)
TRUNK = (
    _Cue(("left_shoulder",), ("right_shoulder",), 0.0, 0.20, 0.06),
    _Cue(("left_hip",), ("right_hip",), 0.0, 0.11, 0.04),
)
CUES = (*FEET, *HEAD, *TRUNK)
KNEE_BEND, KNEE_WEIGHT = 0.03, 1.0
"""Bent knees, in body heights in front of the line from hip to ankle, of which one leg's evidence is full."""
TRAVEL, TRAVEL_WEIGHT, TRAVEL_S = 0.5, 1.0, 0.2
"""Speed to the side, in body heights per second, of which the evidence is full; it is measured over twice the time."""


def facing_of(times_s: Values, keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3) -> Facing:
    """Which way one person faces in each of T frames of a clip, (T,): the best path over all of them.

    Without any evidence a person faces right.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels; keypoints below ``threshold`` are not seen.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
    """
    if not len(times_s):
        return np.empty(0, np.int8)
    body = _Body(skeleton)
    points = seen_points(keypoints, threshold)
    steps = np.floor((times_s - times_s[0]) / STEP_S + 0.5).astype(np.int64)
    steps, starts, step_of = np.unique(steps, return_index=True, return_inverse=True)
    sizes = body_heights(times_s, keypoints, skeleton, threshold)
    evidence = body.evidence(points, sizes) + _travel(body.middle(points), sizes, times_s)[:, None] * ASIDE
    counts = np.diff(np.append(starts, len(times_s)))
    evidence = np.add.reduceat(evidence, starts, axis=0) / counts[:, None]
    return np.asarray(CLASSES[_best_path(evidence, np.diff(steps))][step_of])


class LiveFacing:
    """Which way one person faces, frame by frame: what is most probable of the newest frame, with hysteresis.

    ``height`` is the body height in pixels, averaged over the last frames; NaN where it is not known.
    """

    def __init__(self, skeleton: Skeleton, threshold: float = 0.3) -> None:
        self._body = _Body(skeleton)
        self._threshold = threshold
        self._scores = np.zeros(STATES)
        self.height = float("nan")
        self._recent: list[tuple[float, float]] = []
        self._time_s = float("nan")
        self._facing = RIGHT

    def update(self, time_s: float, keypoints: Floats) -> int:
        """Take the next frame's ``keypoints`` (K, 3), x y score in pixels; returns -1 (left), 0 (camera), 1 (right)."""
        points = seen_points(keypoints[np.newaxis], self._threshold)
        passed_s = round(min(max(time_s - self._time_s, 0.0), AVERAGE_S), 3) if np.isfinite(self._time_s) else STEP_S
        first, self._time_s = np.isnan(self._time_s), time_s
        size = float(heights_now(points, self._body.skeleton)[0])
        if np.isfinite(size):
            share = 1 - np.exp(-passed_s / AVERAGE_S) if np.isfinite(self.height) else 1.0
            self.height = size if share == 1.0 else self.height + share * (size - self.height)
        evidence = self._body.evidence(points, np.array([self.height]))[0] + self._travel(points) * ASIDE
        self._scores = (self._scores + _turns(passed_s)).max(axis=1) + evidence * min(passed_s / STEP_S, 1.0)
        self._scores -= self._scores.max()
        best = {side: self._scores[side == CLASSES].max() for side in (RIGHT, LEFT, CAMERA)}
        side = max(best, key=lambda one: best[one])
        if first or best[side] > best[self._facing] + MARGIN:
            self._facing = side
        return self._facing

    def _travel(self, points: Values) -> float:
        """Evidence of the direction of travel over the last moments."""
        middle = float(self._body.middle(points)[0])
        self._recent = [(then, x) for then, x in self._recent if 0 <= self._time_s - then <= 2 * TRAVEL_S]
        if not np.isfinite(middle):
            return 0.0
        self._recent.append((self._time_s, middle))
        (first_s, first), (last_s, last) = self._recent[0], self._recent[-1]
        if last_s - first_s < TRAVEL_S or not self.height > 0:
            return 0.0
        return float(_travel_evidence(np.array((last - first) / (last_s - first_s) / self.height)))


class _Body:
    """The keypoints of a skeleton that show which way a person faces."""

    def __init__(self, skeleton: Skeleton) -> None:
        rows = skeleton.names
        self._cues = [
            (cue, [rows.index(name) for name in cue.tip], [rows.index(name) for name in cue.base])
            for cue in CUES
            if {*cue.tip, *cue.base} <= {*rows}
        ]
        self.skeleton = skeleton
        self._trunk = sorted({row for end in ("hip", "neck") for row in keypoint_indices(skeleton, end)})
        legs = ([f"{side}_{name}" for name in ("hip", "knee", "ankle")] for side in ("left", "right"))
        self._legs = [[rows.index(name) for name in leg] for leg in legs if {*leg} <= {*rows}]

    def middle(self, points: Values) -> Values:
        """Mean x (T,) of the trunk in pixels; NaN where it is not seen."""
        rows = self._trunk
        return np.asarray(points[:, rows, 0].mean(axis=1)) if rows else np.full(len(points), np.nan)

    def evidence(self, points: Values, sizes: Values) -> Values:
        """Log-likelihood (T, S) of each direction; keypoints that are not seen do not count.

        ``points`` (T, K, 2) in pixels; ``sizes`` (T,), the body height in pixels.
        """
        total = np.zeros((len(points), STATES))
        for cue, tip, base in self._cues:
            distance = (_mean_x(points[:, tip]) - _mean_x(points[:, base])) / sizes
            off = (distance[:, None] - cue.aside * ASIDE - cue.towards * TOWARDS) / cue.sd
            total -= np.nan_to_num(2 * np.log1p(off**2 / 4))  # heavy tails: a swap of two keypoints is no proof
        for hip, knee, ankle in self._legs:
            leg, thigh = points[:, ankle] - points[:, hip], points[:, knee] - points[:, hip]
            bend = (leg[:, 1] * thigh[:, 0] - leg[:, 0] * thigh[:, 1]) / np.maximum(np.linalg.norm(leg, axis=1), 1e-6)
            proof = KNEE_WEIGHT * np.clip(np.nan_to_num(bend / sizes) / KNEE_BEND, -1, 1)
            total += proof[:, None] * ASIDE
        return total


def _mean_x(points: Values) -> Values:
    """Mean x (T,) of those of ``points`` (T, N, 2) that are seen; NaN where none is."""
    seen = np.isfinite(points[..., 0])
    count = seen.sum(axis=1)
    total = np.where(seen, points[..., 0], 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _travel(middle: Values, sizes: Values, times_s: Values) -> Values:
    """Evidence (T,) of the direction of travel: positive to the right."""
    known = np.flatnonzero(np.isfinite(middle))
    evidence = np.zeros(len(times_s))
    if len(known) < 2:
        return evidence
    times, places = times_s[known], middle[known]
    first = np.searchsorted(times, times_s - TRAVEL_S)
    last = np.searchsorted(times, times_s + TRAVEL_S, side="right") - 1
    usable = last > first
    first, last = first[usable], last[usable]
    passed_s = times[last] - times[first]
    speeds = (places[last] - places[first]) / np.maximum(passed_s, TRAVEL_S) / sizes[usable]
    evidence[usable] = _travel_evidence(speeds)
    return evidence


def _travel_evidence(speeds: Values) -> Values:
    """Log evidence for facing right of speeds to the right, of any shape, in body heights per second."""
    return TRAVEL_WEIGHT * np.clip(np.nan_to_num(speeds) / TRAVEL, -1, 1)


@lru_cache(maxsize=256)
def _turns(passed_s: float) -> Values:
    """Log-probability (S, S) of each direction (row) after ``passed_s`` seconds for each one before (column)."""
    apart = np.abs(DIRECTIONS[:, None] - DIRECTIONS)
    apart = np.minimum(apart, 2 * np.pi - apart)
    likely = np.exp(-(apart**2) / (2 * TURN**2 * max(passed_s, 1e-3)))
    return np.asarray(np.log((1 - RARE) * likely / likely.sum(axis=0) + RARE / STATES))


def _best_path(evidence: Values, passed: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most probable directions (N,) for ``evidence`` (N, S); ``passed`` (N - 1,) are the steps in between."""
    scores = evidence[0]
    came_from = np.empty((len(evidence), STATES), np.int64)
    for row in range(1, len(evidence)):
        ways = _turns(STEP_S * min(int(passed[row - 1]), LONG_STEPS)) + scores
        came_from[row] = ways.argmax(axis=1)
        scores = ways.max(axis=1) + evidence[row]
    path = np.empty(len(evidence), np.int64)
    path[-1] = scores.argmax()
    for row in range(len(evidence) - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return path
