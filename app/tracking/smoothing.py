"""Steady keypoints: one filter a person, on real time stamps and in units of the person's size.

Settings in body sizes and seconds mean the same at any resolution and frame rate. A keypoint that the network
hardly sees weighs less; one that was lost starts afresh instead of being dragged from where it was, and so
does everybody after a cut. How the settings were found is told in docs/accuracy.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import inf
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.people import Floats
from app.settings import Smooth

LOST_S = 0.3
"""A keypoint not seen for so long starts afresh."""

CUT = 0.3
"""Where the middle one of all keypoints jumps by so many body sizes from one frame to the next, the picture was cut."""

REST = 0.2
"""A keypoint of this speed, in body sizes a second, counts half as moving and half as trembling."""

BODY_REST = 0.08
"""The same for the body, whose speed is told more surely than that of a single keypoint."""

SMALLEST_WEIGHT = 0.05

Numbers = NDArray[np.floating[Any]]


class Filter(Protocol):
    """Smooths one person's keypoints over time."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """Keypoints (K, 3) = x y score at ``time_s``, steadied; ``size`` is the person's in pixels."""
        ...

    def ahead(self, time_s: float, size: float) -> Floats:
        """Where the last keypoints (K, 3) should be at ``time_s``, a little later; nothing changes by it."""
        ...


class NoFilter:
    """Gives back what it gets, to the bit."""

    def __call__(self, keypoints: Floats, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        self._last = keypoints
        return keypoints

    def ahead(self, time_s: float, size: float) -> Floats:
        """See ``Filter``: where they were, for this knows no speeds."""
        return self._last


class Recursive(ABC):
    """A filter that goes from frame to frame with each keypoint's place and speed, and knows when to begin anew."""

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
            weights = np.clip(scores / max(self._threshold, 1e-6), SMALLEST_WEIGHT, 1)
            self._go_on(points, seen, weights.astype(np.float64), dt, size)
        fresh = time_s - self._seen_s > LOST_S
        self._seen_s[seen] = time_s
        self._restart(fresh, points)
        self._scores = keypoints[:, 2:]
        return np.concatenate([self._points, self._scores], axis=1).astype(np.float32)

    def ahead(self, time_s: float, size: float) -> Floats:
        """See ``Filter``."""
        points = self._points + self._pace(max(size, 1.0)) * (time_s - self._time_s)
        return np.concatenate([points, self._scores], axis=1).astype(np.float32)

    def _is_cut(self, points: Numbers, seen: NDArray[np.bool_], size: float) -> bool:
        known = seen & (self._time_s - self._seen_s <= LOST_S)
        jumps = np.linalg.norm(points[known] - self._points[known], axis=1)
        return bool(known.any() and np.median(jumps) > CUT * size)

    @abstractmethod
    def _begin(self, count: int) -> None:
        """Make room for what else is remembered of ``count`` keypoints, or forget it."""

    @abstractmethod
    def _go_on(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        """Take in ``points`` (K, 2), seen ``dt`` seconds after the last ones with ``weights`` (K,) of 0..1."""

    @abstractmethod
    def _pace(self, size: float) -> Numbers:
        """Pixels a second (K, 2) at which the keypoints go on."""

    def _restart(self, fresh: NDArray[np.bool_], points: Numbers) -> None:
        """The keypoints ``fresh`` (K,) are at ``points`` (K, 2) and at rest, whatever was known of them."""
        self._points[fresh], self._speeds[fresh] = points[fresh], 0


class OneEuro(Recursive):
    """The 1 Euro filter (Casiez, Roussel and Vogel, CHI 2012) over all keypoints at once, with two additions.

    ``min_cutoff`` is the cut-off frequency in Hz of a keypoint at rest, ``beta`` how many Hz it rises for a speed of
    one body size a second, ``d_cutoff`` the one of the speed itself.

    The body carries its keypoints: each is moved along with the body's speed (the median of all) before it is
    steadied. And one that moves goes on moving (the linear trend of Holt, 1957), so that steady motion is not followed
    from behind. Speeds count the more the farther they are above those that trembling makes (``REST``).
    """

    def __init__(self, threshold: float, min_cutoff: float = 0.5, beta: float = 30.0, d_cutoff: float = 4.0) -> None:
        super().__init__(threshold)
        self._min_cutoff = min_cutoff
        self._beta = beta
        self._d_cutoff = d_cutoff

    def _begin(self, count: int) -> None:
        self._body_speed = np.zeros(2)

    def _go_on(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        share = weights[:, None] * _share(self._d_cutoff, dt)
        common = np.median((points - self._points)[seen], axis=0) / dt if seen.any() else np.zeros(2)
        self._body_speed += _share(self._d_cutoff, dt) * (common - self._body_speed)
        self._points += self._carry(size) * dt

        self._speeds += share * ((points - self._points) / dt - self._speeds)
        pace, moving = self._own(size)
        self._points += moving * self._speeds * dt
        share = weights[:, None] * _share(self._min_cutoff + self._beta * moving * pace, dt)
        self._points += share * (points - self._points)

    def _pace(self, size: float) -> Numbers:
        return self._carry(size) + self._own(size)[1] * self._speeds

    def _carry(self, size: float) -> Numbers:
        """Pixels a second (2,) at which the body carries its keypoints."""
        return _moving(np.hypot(*self._body_speed) / size, BODY_REST) * self._body_speed

    def _own(self, size: float) -> tuple[Numbers, Numbers]:
        """How many body sizes a second (K, 1) each keypoint moves beside the body, and how surely it does."""
        pace = np.linalg.norm(self._speeds, axis=1, keepdims=True) / size
        return pace, _moving(pace, REST)


class Kalman(Recursive):
    """A Kalman filter of constant velocity for each keypoint, all at once.

    The deviation of the acceleration, in body sizes a second squared, is ``wander`` at rest and rises by ``agility``
    for each body size a second that the keypoint moves or surprises by; ``noise`` is the deviation of a well
    seen keypoint in body sizes.
    """

    def __init__(self, threshold: float, wander: float = 0.3, agility: float = 20.0, noise: float = 0.01) -> None:
        super().__init__(threshold)
        self._wander = wander
        self._agility = agility
        self._noise = noise

    def _begin(self, count: int) -> None:
        # Of place and speed, in body sizes; x and y have the same.
        self._covariances = np.zeros((count, 2, 2))

    def _pace(self, size: float) -> Numbers:
        return self._speeds

    def _restart(self, fresh: NDArray[np.bool_], points: Numbers) -> None:
        super()._restart(fresh, points)
        self._covariances[fresh] = np.diag([self._noise**2, 0.5**2])

    def _go_on(self, points: Numbers, seen: NDArray[np.bool_], weights: Numbers, dt: float, size: float) -> None:
        self._points += self._speeds * dt
        surprises = points - self._points
        paces = np.linalg.norm([self._speeds, surprises / dt], axis=-1) / size
        pace = np.hypot(*paces)
        acceleration = self._wander + self._agility * _moving(pace, REST) * pace
        transition = np.array([[1, dt], [0, 1]])
        drift = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        foretold = transition @ self._covariances @ transition.T + drift * (acceleration**2)[:, None, None]
        gains = foretold[:, :, 0] / (foretold[:, 0, 0] + (self._noise / weights) ** 2)[:, None]
        self._points += gains[:, :1] * surprises
        self._speeds += gains[:, 1:] * surprises
        self._covariances = foretold - gains[:, :, None] * foretold[:, None, 0]


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

    def ahead(self, time_s: float, ids: list[int], sizes: list[float]) -> list[Floats]:
        """Where the keypoints (K, 3) of each of ``ids`` should be at ``time_s``, shortly after they were seen."""
        return [self._filters[i].ahead(time_s, size) for i, size in zip(ids, sizes, strict=True)]

    def _new(self) -> Filter:
        match self._kind:
            case "one-euro":
                return OneEuro(self._threshold)
            case "kalman":
                return Kalman(self._threshold)
            case "none":
                return NoFilter()


def _share(cutoff: float | Numbers, dt: float) -> Numbers:
    """How much of the new value a low-pass filter of ``cutoff`` Hz takes after ``dt`` seconds."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff * dt)))


def _moving(pace: float | Numbers, rest: float) -> Numbers:
    """How surely something of that speed moves and does not tremble, 0..1."""
    return np.asarray(pace**2 / (pace**2 + rest**2))
