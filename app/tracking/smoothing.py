"""Smoothing filters for keypoints of all people at once, on timestamps and in units of each person's size.

Keypoints are in pixels of the picture (D = 2) or in meters in space (D = 3).

Settings are in body sizes and seconds, so they act alike at any resolution and frame rate. A keypoint with a low score
has less weight. The filter of a keypoint that was lost is reset when it is seen again, and so are all filters after a
cut. docs/accuracy.md describes how the settings were chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import hypot, inf
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.settings import Smooth
from app.tracking.median import masked_median

LOST_S = 0.3
"""A keypoint that was not visible for longer is reset when it is seen again."""

CUT_DISTANCE = 0.3
"""A larger median jump of the keypoints between two frames, in body sizes, is a cut."""

REST_SPEED = 0.2
"""Speed at which a keypoint counts half as moving and half as jitter, in body sizes per second."""

BODY_REST_SPEED = 0.08
"""The same for the whole body, whose speed is known more exactly than that of one keypoint."""

MIN_WEIGHT = 0.05

Numbers = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]


class Filter(Protocol):
    """Smooths the keypoints of people over time, of all people at once."""

    def update(self, time_s: float, ids: list[int], keypoints: Floats, sizes: Sequence[float]) -> Floats:
        """The smoothed keypoints (N, K, D + 1) of the people ``ids`` (N of them, all different) at ``time_s``.

        ``keypoints`` (N, K, D + 1) = coordinates and score are the new ones, ``sizes`` (N,) the people's sizes in the
        unit of the coordinates. People who are not in ``ids`` are forgotten.
        """
        ...

    def predict(self, time_s: float, ids: list[int], sizes: Sequence[float]) -> Floats:
        """The keypoints (N, K, D + 1) extrapolated to ``time_s``, shortly after the last update; changes nothing.

        ``ids`` are some of those of the last update.
        """
        ...


class NoFilter:
    """Returns the keypoints unchanged."""

    def update(self, time_s: float, ids: list[int], keypoints: Floats, sizes: Sequence[float]) -> Floats:
        """``keypoints`` (N, K, D + 1); see ``Filter``."""
        self._last = dict(zip(ids, keypoints, strict=True))
        return keypoints

    def predict(self, time_s: float, ids: list[int], sizes: Sequence[float]) -> Floats:
        """See ``Filter``; the last keypoints, because no speeds are estimated."""
        return np.array([self._last[i] for i in ids])


class KeypointFilter(ABC):
    """A recursive filter with a position and a speed for each keypoint; decides when they are reset.

    Each attribute in ``_arrays`` has one row for each person.
    """

    _arrays: tuple[str, ...] = ("_times", "_points", "_speeds", "_seen_s")

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._ids: list[int] = []

    def update(self, time_s: float, ids: list[int], keypoints: Floats, sizes: Sequence[float]) -> Floats:
        """The smoothed keypoints (N, K, D + 1); see ``Filter``."""
        if ids != self._ids:
            self._choose(ids, keypoints.shape[1], keypoints.shape[2] - 1)
        points, scores = keypoints[..., :-1].astype(np.float64), keypoints[..., -1]
        seen = scores >= self._threshold
        sizes = [max(size, 1.0) for size in sizes]
        dt = (time_s - self._times).tolist()
        begins = self._cuts(points, seen, time_s, sizes)
        begins |= [not 0 < seconds < inf for seconds in dt]
        is_beginning = bool(begins.any())
        if is_beginning:
            dt = [1.0 if row else seconds for row, seconds in zip(begins, dt, strict=True)]
        weights = np.minimum(np.maximum(scores / max(self._threshold, 1e-6), MIN_WEIGHT), 1).astype(np.float64)
        self._add(points, seen, weights, dt, sizes)
        if is_beginning:
            self._begin(begins, points)
        fresh = time_s - self._seen_s > LOST_S
        self._seen_s[seen] = time_s
        if fresh.any():
            self._restart(fresh, points)
        self._times.fill(time_s)
        self._scores = scores
        return _with_scores(self._points, scores)

    def predict(self, time_s: float, ids: list[int], sizes: Sequence[float]) -> Floats:
        """See ``Filter``."""
        rows = [self._ids.index(i) for i in ids]
        velocity = self._velocity(rows, [max(size, 1.0) for size in sizes])
        points = self._points[rows] + velocity * (time_s - self._times[rows])[:, None, None]
        return _with_scores(points, self._scores[rows])

    def _choose(self, ids: list[int], count: int, axes: int) -> None:
        """Keep the rows of the people ``ids``; others, with ``count`` keypoints of ``axes`` coordinates, begin."""
        if not self._ids:
            self._allocate(count, axes)
        rows = [self._ids.index(i) if i in self._ids else len(self._ids) for i in ids]
        for name in self._arrays:
            known = getattr(self, name)
            setattr(self, name, np.concatenate([known, np.zeros((1, *known.shape[1:]))])[rows])
        self._times[np.array(rows) == len(self._ids)] = -inf
        self._ids = list(ids)

    def _allocate(self, count: int, axes: int) -> None:
        """Set the arrays to those of no people with ``count`` keypoints of ``axes`` coordinates."""
        self._times, self._seen_s = np.empty(0), np.empty((0, count))
        self._points, self._speeds = np.empty((0, count, axes)), np.empty((0, count, axes))

    def _cuts(self, points: Numbers, seen: Mask, time_s: float, sizes: list[float]) -> Mask:
        """Whether the keypoints of each person (N,) jump to ``points`` (N, K, D)."""
        jumps, limits = _lengths(points - self._points), np.array([[CUT_DISTANCE * size] for size in sizes])
        if not (seen & (jumps > limits)).any():
            return np.zeros(len(jumps), bool)
        known = seen & (time_s - self._seen_s <= LOST_S)
        cuts: Mask = (masked_median(jumps[..., None], known) > limits)[:, 0] & known.any(axis=1)
        return cuts

    @abstractmethod
    def _add(self, points: Numbers, seen: Mask, weights: Numbers, dt: list[float], sizes: list[float]) -> None:
        """Add the measurement ``points`` (N, K, D), with ``weights`` (N, K) of 0..1.

        ``seen`` (N, K) are the visible ones, ``dt`` (N,) the seconds since the last one of each person.
        """

    @abstractmethod
    def _velocity(self, rows: list[int], sizes: list[float]) -> Numbers:
        """The expected velocity (M, K, D) of the keypoints in these ``rows`` (M), per second."""

    def _begin(self, begins: Mask, points: Numbers) -> None:
        """Begin anew with ``points`` (N, K, D) in the rows in which ``begins`` (N,) is true."""
        self._points[begins], self._speeds[begins], self._seen_s[begins] = points[begins], 0, -inf

    def _restart(self, fresh: Mask, points: Numbers) -> None:
        """Set the keypoints where ``fresh`` (N, K) is true to ``points`` (N, K, D), at rest."""
        self._points[fresh], self._speeds[fresh] = points[fresh], 0


class OneEuro(KeypointFilter):
    """The 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012) over all keypoints at once, with two additions.

    ``min_cutoff`` is the cutoff frequency of a keypoint at rest in Hz, ``beta`` the increase of the cutoff in Hz for
    each body size per second, ``d_cutoff`` the cutoff frequency of the speed's own low-pass in Hz.

    First, keypoints move with the body: each is shifted by the body's velocity (the median of all keypoints) before it
    is filtered. Second, a moving keypoint is expected to continue (the linear trend of Holt, 1957), so that steady
    motion is followed without lag. Speeds near those that jitter causes (``REST_SPEED``) have little weight.
    """

    _arrays = (*KeypointFilter._arrays, "_body_speed")

    def __init__(self, threshold: float, min_cutoff: float = 0.5, beta: float = 30.0, d_cutoff: float = 4.0) -> None:
        super().__init__(threshold)
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._d_cutoff = d_cutoff

    def _allocate(self, count: int, axes: int) -> None:
        super()._allocate(count, axes)
        self._body_speed = np.empty((0, axes))

    def _begin(self, begins: Mask, points: Numbers) -> None:
        super()._begin(begins, points)
        self._body_speed[begins] = 0

    def _add(self, points: Numbers, seen: Mask, weights: Numbers, dt: list[float], sizes: list[float]) -> None:
        speed_alpha = [_alpha(self._d_cutoff, seconds) for seconds in dt]
        jumps = masked_median(points - self._points, seen).tolist()
        speeds, moves = self._body_speed.tolist(), []
        for speed, jump, alpha, seconds, size in zip(speeds, jumps, speed_alpha, dt, sizes, strict=True):
            for axis, shift in enumerate(jump):  # infinite where no keypoint is seen
                speed[axis] += alpha * ((0.0 if shift == inf else shift / seconds) - speed[axis])
            moves.append([[velocity * seconds for velocity in _body_velocity(speed, size)]])
        self._body_speed = np.array(speeds)
        self._points += np.array(moves)

        weights, elapsed = weights[..., None], np.array(dt)[:, None, None]
        weight = weights * np.array(speed_alpha)[:, None, None]
        self._speeds += weight * ((points - self._points) / elapsed - self._speeds)
        pace, moving = _relative_speed(self._speeds, sizes)
        self._points += moving * self._speeds * elapsed
        weight = weights * _alpha(self._min_cutoff + self._beta * moving * pace, elapsed)
        self._points += weight * (points - self._points)

    def _velocity(self, rows: list[int], sizes: list[float]) -> Numbers:
        speeds, body = self._speeds[rows], self._body_speed[rows].tolist()
        moves = np.array([_body_velocity(speed, size) for speed, size in zip(body, sizes, strict=True)])
        return moves[:, None] + _relative_speed(speeds, sizes)[1] * speeds


class Kalman(KeypointFilter):
    """A constant-velocity Kalman filter for each keypoint, all computed at once.

    The results equal those of filterpy. filterpy itself takes one state per call: one filter with the keypoints as
    blocks of its matrices takes five times as long, one filter for each keypoint six times.

    The standard deviation of the acceleration, in body sizes per second squared, is ``wander`` at rest and grows by
    ``agility`` for each body size per second of speed or of prediction error; ``noise`` is the standard deviation of a
    clearly visible keypoint, in body sizes.
    """

    _arrays = (*KeypointFilter._arrays, "_covariances")

    def __init__(self, threshold: float, wander: float = 0.3, agility: float = 20.0, noise: float = 0.01) -> None:
        super().__init__(threshold)
        self._wander = wander
        self._agility = agility
        self._noise = noise

    def _allocate(self, count: int, axes: int) -> None:
        super()._allocate(count, axes)
        # Of position and speed, in body sizes; all coordinates share one.
        self._covariances = np.empty((0, count, 2, 2))

    def _velocity(self, rows: list[int], sizes: list[float]) -> Numbers:
        return self._speeds[rows]

    def _begin(self, begins: Mask, points: Numbers) -> None:
        super()._begin(begins, points)
        self._covariances[begins] = 0

    def _restart(self, fresh: Mask, points: Numbers) -> None:
        super()._restart(fresh, points)
        self._covariances[fresh] = np.diag([self._noise**2, 0.5**2])

    def _add(self, points: Numbers, seen: Mask, weights: Numbers, dt: list[float], sizes: list[float]) -> None:
        seconds, heights = np.array(dt)[:, None, None], np.array(sizes)[:, None]
        self._points += self._speeds * seconds
        errors = points - self._points
        pace = np.hypot(_lengths(self._speeds) / heights, _lengths(errors / seconds) / heights)
        acceleration = self._wander + self._agility * _motion_weight(pace, REST_SPEED) * pace
        transition = np.array([[[[1, t], [0, 1]]] for t in dt])
        drift = np.array([[[[t**4 / 4, t**3 / 2], [t**3 / 2, t**2]]] for t in dt])
        predicted = transition @ self._covariances @ transition.swapaxes(-2, -1)
        predicted += drift * (acceleration**2)[..., None, None]
        gains = predicted[..., 0] / (predicted[..., 0, 0] + (self._noise / weights) ** 2)[..., None]
        self._points += gains[..., :1] * errors
        self._speeds += gains[..., 1:] * errors
        self._covariances = predicted - gains[..., None] * predicted[..., None, 0, :]


class Smoother:
    """Smooths the keypoints of tracks; tracks that are not updated are forgotten."""

    def __init__(self, kind: Smooth, threshold: float) -> None:
        self._kind = kind
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Forget all tracks."""
        self._filter = self._new_filter()

    def update(self, time_s: float, ids: list[int], keypoints: list[Floats], sizes: Sequence[float]) -> list[Floats]:
        """The smoothed keypoints (K, D + 1) of each of ``ids``, in the same order; ``sizes`` as in ``Filter``."""
        if not ids:
            self.reset()
            return []
        return list(self._filter.update(time_s, ids, np.array(keypoints), sizes))

    def predict(self, time_s: float, ids: list[int], sizes: Sequence[float]) -> list[Floats]:
        """The keypoints (K, D + 1) of each of ``ids``, extrapolated to ``time_s``, shortly after the last update."""
        return list(self._filter.predict(time_s, ids, sizes)) if ids else []

    def _new_filter(self) -> Filter:
        match self._kind:
            case "one-euro":
                return OneEuro(self._threshold)
            case "kalman":
                return Kalman(self._threshold)
            case "none":
                return NoFilter()


def _with_scores(points: Numbers, scores: Floats) -> Floats:
    """Keypoints (N, K, D + 1) from ``points`` (N, K, D) and ``scores`` (N, K)."""
    keypoints = np.empty((*scores.shape, points.shape[-1] + 1), np.float32)
    keypoints[..., :-1], keypoints[..., -1] = points, scores
    return keypoints


def _body_velocity(speed: list[float], size: float) -> list[float]:
    """The velocity of a body with the measured ``speed`` (D of them), less where it may be jitter."""
    length = abs(complex(*speed)) if len(speed) == 2 else hypot(*speed)  # the two may differ in the last bit
    pace = length / size
    weight = _motion_weight(pace, BODY_REST_SPEED)
    return [weight * along for along in speed]


def _relative_speed(speeds: Numbers, sizes: list[float]) -> tuple[Numbers, Numbers]:
    """Speed (N, K, 1) of each keypoint relative to the body, in body sizes per second, and its weight (N, K, 1)."""
    pace = _lengths(speeds)[..., None] / np.array(sizes)[:, None, None]
    return pace, _motion_weight(pace, REST_SPEED)


def _lengths(vectors: Numbers) -> Numbers:
    """The lengths (...) of ``vectors`` (..., D)."""
    squares = vectors * vectors
    summed = squares[..., 0] + squares[..., 1]
    return np.sqrt(summed if vectors.shape[-1] == 2 else summed + squares[..., 2])


def _alpha(cutoff: Any, dt: Any) -> Any:
    """Weight of the new value in a low-pass filter of ``cutoff`` Hz after ``dt`` seconds."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * dt))


def _motion_weight(pace: Any, rest: float) -> Any:
    """Weight of a speed ``pace``: 0 jitter, 1 motion, 0.5 at the speed ``rest``."""
    squared = pace * pace
    return squared / (squared + rest**2)
