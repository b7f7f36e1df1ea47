"""Steady keypoints: one filter a person, on real time stamps and in units of the person's size.

Settings in body sizes and seconds mean the same at any resolution and frame rate. A keypoint that the network
hardly sees weighs less; one that was lost starts afresh instead of being dragged from where it was.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from filterpy.kalman import KalmanFilter
from numpy.typing import NDArray

from app.people import Floats
from app.settings import Smooth

LOST_S = 0.3
"""A keypoint not seen for so long starts afresh."""


class Filter(Protocol):
    """Smooths one person's keypoints over time."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """Keypoints (K, 3) = x y score at ``time_s``, steadied; ``size`` is the person's in pixels."""
        ...


class NoFilter:
    """Gives back what it gets, to the bit."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        return keypoints


class OneEuro:
    """The 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012) over all keypoints at once.

    ``min_cutoff`` is the cut-off frequency in Hz of a keypoint at rest, ``beta`` how many Hz it rises for a speed of
    one body size a second, ``d_cutoff`` the one of the speed itself.
    """

    def __init__(self, threshold: float, min_cutoff: float = 1.0, beta: float = 12.0, d_cutoff: float = 2.0) -> None:
        self._threshold = threshold
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._d_cutoff = d_cutoff
        self._time_s: float | None = None

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        points = keypoints[:, :2].astype(np.float64)
        seen = keypoints[:, 2] >= self._threshold
        if self._time_s is None or time_s <= self._time_s:
            self._points, self._speeds = points.copy(), np.zeros_like(points)
            self._seen_s = np.where(seen, time_s, -np.inf)
            self._time_s = time_s
            return keypoints
        dt, self._time_s = time_s - self._time_s, time_s
        fresh = time_s - self._seen_s > LOST_S
        self._seen_s = np.where(seen, time_s, self._seen_s)

        weight = np.clip(keypoints[:, 2:] / max(self._threshold, 1e-6), 0.05, 1)
        speeds = (points - self._points) / dt / max(size, 1.0)
        self._speeds += _share(self._d_cutoff, dt) * weight * (speeds - self._speeds)
        pace = np.linalg.norm(self._speeds, axis=1, keepdims=True)
        self._points += _share(self._min_cutoff + self._beta * pace, dt) * weight * (points - self._points)
        self._points[fresh], self._speeds[fresh] = points[fresh], 0
        return np.concatenate([self._points, keypoints[:, 2:]], axis=1).astype(np.float32)


class Kalman:
    """A constant-velocity Kalman filter (filterpy) for each keypoint.

    ``wander`` is the deviation of the acceleration in body sizes a second squared, ``noise`` that of
    a well seen keypoint in body sizes.
    """

    def __init__(self, threshold: float, wander: float = 8.0, noise: float = 0.015) -> None:
        self._threshold = threshold
        self._wander = wander
        self._noise = noise
        self._filters: list[KalmanFilter] = []
        self._time_s = 0.0

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        size = max(size, 1.0)
        seen = keypoints[:, 2] >= self._threshold
        dt = time_s - self._time_s
        if not self._filters or dt <= 0:
            self._filters = [self._start(point, size) for point in keypoints]
            self._seen_s = np.where(seen, time_s, -np.inf)
            self._time_s = time_s
            return keypoints
        self._time_s = time_s
        fresh = time_s - self._seen_s > LOST_S
        self._seen_s = np.where(seen, time_s, self._seen_s)
        transition = np.eye(4) + dt * np.eye(4, k=2)
        step = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]]) * (self._wander * size) ** 2
        drift = np.kron(step, np.eye(2))
        steady = keypoints.copy()
        for i, point in enumerate(keypoints):
            if fresh[i]:
                self._filters[i] = self._start(point, size)
                continue
            weight = np.clip(point[2] / max(self._threshold, 1e-6), 0.05, 1)
            self._filters[i].predict(F=transition, Q=drift)
            self._filters[i].update(
                point[:2, None].astype(np.float64), R=np.eye(2) * (self._noise * size / weight) ** 2
            )
            steady[i, :2] = self._filters[i].x[:2, 0]
        return steady

    def _start(self, point: Floats, size: float) -> KalmanFilter:
        motion = KalmanFilter(dim_x=4, dim_z=2)
        motion.x[:2, 0] = point[:2]
        motion.H = np.eye(2, 4)
        motion.P = np.diag([(self._noise * size) ** 2] * 2 + [(0.5 * size) ** 2] * 2)
        return motion


class Smoother:
    """One filter for each track; those of people who left are dropped."""

    def __init__(self, kind: Smooth, threshold: float) -> None:
        self._kind = kind
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._filters: dict[int, Filter] = {}

    def update(self, time_s: float, ids: list[int], keypoints: list[Floats], sizes: list[float]) -> list[Floats]:
        """Steadied keypoints (K, 3) for each of ``ids``, in the same order; ``sizes`` are in pixels."""
        self._filters = {i: self._filters.get(i) or self._new() for i in ids}
        return [self._filters[i](points, time_s, size) for i, points, size in zip(ids, keypoints, sizes, strict=True)]

    def _new(self) -> Filter:
        match self._kind:
            case "one-euro":
                return OneEuro(self._threshold)
            case "kalman":
                return Kalman(self._threshold)
            case "none":
                return NoFilter()


def _share(cutoff: float | NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """How much of the new value a low-pass filter of ``cutoff`` Hz takes after ``dt`` seconds."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff * dt)))
