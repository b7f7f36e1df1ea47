"""Smoothing filters for keypoints: one filter per person, on timestamps and in units of the person's size.

Settings are in body sizes and seconds, so they act alike at any resolution and frame rate. A keypoint with a low score
has less weight. The filter of a keypoint that was lost is reset when it is seen again, and so are all filters after a
cut. docs/accuracy.md describes how the settings were chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import inf
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.settings import Smooth
from app.tracking.median import median

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


class Filter(Protocol):
    """Smooths one person's keypoints over time."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """The smoothed keypoints (K, 3) = x y score at ``time_s``; ``size`` is the person's size in pixels."""
        ...

    def predict(self, time_s: float, size: float) -> Floats:
        """The keypoints (K, 3) extrapolated to ``time_s``, shortly after the last call; does not change the filter."""
        ...


class NoFilter:
    """Returns the keypoints unchanged."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        self._last = keypoints
        return keypoints

    def predict(self, time_s: float, size: float) -> Floats:
        """See ``Filter``; the last keypoints, because no speeds are estimated."""
        return self._last


class KeypointFilter(ABC):
    """A recursive filter with a position and a speed for each keypoint; decides when they are reset."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._time_s = -inf

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        points, scores = keypoints[:, :2].astype(np.float64), keypoints[:, 2]
        seen = scores >= self._threshold
        size = max(size, 1.0)
        dt, self._time_s = time_s - self._time_s, time_s
        if not 0 < dt < inf or self._is_cut(points, seen, size):
            self._points, self._speeds = points.copy(), np.zeros_like(points)
            self._seen_s = np.full(len(points), -inf)
            self._begin(len(points))
        else:
            weights = np.clip(scores / max(self._threshold, 1e-6), MIN_WEIGHT, 1)
            self._update(points, seen, weights.astype(np.float64), dt, size)
        fresh = time_s - self._seen_s > LOST_S
        self._seen_s[seen] = time_s
        self._restart(fresh, points)
        self._scores = keypoints[:, 2:]
        return np.concatenate([self._points, self._scores], axis=1).astype(np.float32)

    def predict(self, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        points = self._points + self._velocity(max(size, 1.0)) * (time_s - self._time_s)
        return np.concatenate([points, self._scores], axis=1).astype(np.float32)

    def _is_cut(self, points: Numbers, seen: NDArray[np.bool_], size: float) -> bool:
        known = seen & (self._time_s - self._seen_s <= LOST_S)
        jumps = np.linalg.norm(points[known] - self._points[known], axis=1)
        return bool(known.any() and median(jumps) > CUT_DISTANCE * size)

    @abstractmethod
    def _begin(self, count: int) -> None:
        """Initialize the further state of ``count`` keypoints."""

    @abstractmethod
    def _update(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        """Add the measurement ``points`` (K, 2), ``dt`` seconds after the last one, with ``weights`` (K,) of 0..1."""

    @abstractmethod
    def _velocity(self, size: float) -> Numbers:
        """The expected velocity (K, 2) of the keypoints, in pixels per second."""

    def _restart(self, fresh: NDArray[np.bool_], points: Numbers) -> None:
        """Set the keypoints where ``fresh`` (K,) is true to ``points`` (K, 2), at rest."""
        self._points[fresh], self._speeds[fresh] = points[fresh], 0


class OneEuro(KeypointFilter):
    """The 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012) over all keypoints at once, with two additions.

    ``min_cutoff`` is the cutoff frequency of a keypoint at rest in Hz, ``beta`` the increase of the cutoff in Hz for
    each body size per second, ``d_cutoff`` the cutoff frequency of the speed's own low-pass in Hz.

    First, keypoints move with the body: each is shifted by the body's velocity (the median of all keypoints) before it
    is filtered. Second, a moving keypoint is expected to continue (the linear trend of Holt, 1957), so that steady
    motion is followed without lag. Speeds near those that jitter causes (``REST_SPEED``) have little weight.
    """

    def __init__(self, threshold: float, min_cutoff: float = 0.5, beta: float = 30.0, d_cutoff: float = 4.0) -> None:
        super().__init__(threshold)
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._d_cutoff = d_cutoff

    def _begin(self, count: int) -> None:
        self._body_speed = np.zeros(2)

    def _update(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        alpha = weights[:, None] * _alpha(self._d_cutoff, dt)
        common = median((points - self._points)[seen]) / dt if seen.any() else np.zeros(2)
        self._body_speed += _alpha(self._d_cutoff, dt) * (common - self._body_speed)
        self._points += self._body_velocity(size) * dt

        self._speeds += alpha * ((points - self._points) / dt - self._speeds)
        pace, moving = self._relative_speed(size)
        self._points += moving * self._speeds * dt
        alpha = weights[:, None] * _alpha(self._min_cutoff + self._beta * moving * pace, dt)
        self._points += alpha * (points - self._points)

    def _velocity(self, size: float) -> Numbers:
        return self._body_velocity(size) + self._relative_speed(size)[1] * self._speeds

    def _body_velocity(self, size: float) -> Numbers:
        """The body's velocity (2,) in pixels per second, reduced where it may be jitter."""
        return _motion_weight(np.hypot(*self._body_speed) / size, BODY_REST_SPEED) * self._body_speed

    def _relative_speed(self, size: float) -> tuple[Numbers, Numbers]:
        """Speed (K, 1) of each keypoint relative to the body, in body sizes per second, and its weight (K, 1)."""
        pace = np.linalg.norm(self._speeds, axis=1, keepdims=True) / size
        return pace, _motion_weight(pace, REST_SPEED)


class Kalman(KeypointFilter):
    """A constant-velocity Kalman filter for each keypoint, all computed at once.

    The results equal those of filterpy. filterpy itself takes one state per call: one filter with the keypoints as
    blocks of its matrices takes five times as long, one filter for each keypoint six times.

    The standard deviation of the acceleration, in body sizes per second squared, is ``wander`` at rest and grows by
    ``agility`` for each body size per second of speed or of prediction error; ``noise`` is the standard deviation of a
    clearly visible keypoint, in body sizes.
    """

    def __init__(self, threshold: float, wander: float = 0.3, agility: float = 20.0, noise: float = 0.01) -> None:
        super().__init__(threshold)
        self._wander = wander
        self._agility = agility
        self._noise = noise

    def _begin(self, count: int) -> None:
        # Of position and speed, in body sizes; x and y share one.
        self._covariances = np.zeros((count, 2, 2))

    def _velocity(self, size: float) -> Numbers:
        return self._speeds

    def _restart(self, fresh: NDArray[np.bool_], points: Numbers) -> None:
        super()._restart(fresh, points)
        self._covariances[fresh] = np.diag([self._noise**2, 0.5**2])

    def _update(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        self._points += self._speeds * dt
        errors = points - self._points
        paces = np.linalg.norm([self._speeds, errors / dt], axis=-1) / size
        pace = np.hypot(*paces)
        acceleration = self._wander + self._agility * _motion_weight(pace, REST_SPEED) * pace
        transition = np.array([[1, dt], [0, 1]])
        drift = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        predicted = transition @ self._covariances @ transition.T + drift * (acceleration**2)[:, None, None]
        gains = predicted[:, :, 0] / (predicted[:, 0, 0] + (self._noise / weights) ** 2)[:, None]
        self._points += gains[:, :1] * errors
        self._speeds += gains[:, 1:] * errors
        self._covariances = predicted - gains[:, :, None] * predicted[:, None, 0]


class Smoother:
    """One filter for each track; filters of tracks that are not updated are deleted."""

    def __init__(self, kind: Smooth, threshold: float) -> None:
        self._kind = kind
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Delete all filters."""
        self._filters: dict[int, Filter] = {}

    def update(self, time_s: float, ids: list[int], keypoints: list[Floats], sizes: list[float]) -> list[Floats]:
        """The smoothed keypoints (K, 3) of each of ``ids``, in the same order; ``sizes`` are in pixels."""
        self._filters = {i: self._filters.get(i) or self._new_filter() for i in ids}
        return [self._filters[i](points, time_s, size) for i, points, size in zip(ids, keypoints, sizes, strict=True)]

    def predict(self, time_s: float, ids: list[int], sizes: list[float]) -> list[Floats]:
        """The keypoints (K, 3) of each of ``ids``, extrapolated to ``time_s``, shortly after the last update."""
        return [self._filters[i].predict(time_s, size) for i, size in zip(ids, sizes, strict=True)]

    def _new_filter(self) -> Filter:
        match self._kind:
            case "one-euro":
                return OneEuro(self._threshold)
            case "kalman":
                return Kalman(self._threshold)
            case "none":
                return NoFilter()


def _alpha(cutoff: float | Numbers, dt: float) -> Numbers:
    """Weight of the new value in a low-pass filter of ``cutoff`` Hz after ``dt`` seconds."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff * dt)))


def _motion_weight(pace: float | Numbers, rest: float) -> Numbers:
    """Weight of a speed ``pace``: 0 jitter, 1 motion, 0.5 at the speed ``rest``."""
    return np.asarray(pace**2 / (pace**2 + rest**2))
