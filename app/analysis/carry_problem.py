"""Where a keypoint is in the frames of a window, by least squares from all that is known about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry_evidence import Evidence

Values = NDArray[np.float64]
Rows = NDArray[np.int64]

ESTIMATE_NOISE = 0.01
"""Standard deviation of a network's right estimates, in body sizes."""
ACCELERATION = 6.0
"""Standard deviation of a keypoint's acceleration relative to the body, in body sizes per second squared."""
DRIFT = 2.0
"""The same of the offset of an estimate that drifts."""
SMALL_OFFSET = 0.012
"""Standard deviation of the offset of right estimates around one that drifts."""
ALIKE_S = 0.15
"""Time for which the prediction's error stays about the same."""


class Problem:
    """The least-squares problem of one window: places (N, 2) and offsets (N, 2) of the estimates from them."""

    def __init__(self, times_s: Values) -> None:
        count = len(times_s)
        self._count = count
        self._matrix = np.zeros((2 * count, 2 * count))
        self._right = np.zeros((2 * count, 2))
        self._dt = float(np.median(np.diff(times_s))) if count > 1 else 1.0
        self._matrix[np.arange(2 * count), np.arange(2 * count)] += 1e-6
        self._add_smoothness(0, ACCELERATION)

    def add_estimates(self, estimates: Values, evidence: Evidence) -> None:
        """Estimates are the place and the offset, which is 0 where they are right, and moves slowly if it drifts."""
        seen = np.asarray(np.isfinite(estimates).all(axis=1))
        weight = ESTIMATE_NOISE**-2 * np.where(evidence.drifts, 1.0, evidence.right) * seen
        rows = np.arange(self._count)
        self._add_sum(rows, np.where(seen[:, None], estimates, 0.0), weight)
        self._matrix[rows + self._count, rows + self._count] += (evidence.right**2 + 1e-3) / SMALL_OFFSET**2
        self._add_smoothness(self._count, DRIFT)

    def add_prediction(self, predicted: Values, sigmas: Values) -> None:
        """The prediction's error is a process of Ornstein and Uhlenbeck (Physical Review 1930)."""
        stay = np.exp(-self._dt / ALIKE_S)
        weight = 1 / (sigmas[1:] ** 2 * (1 - stay**2))
        now, last = np.arange(1, self._count), np.arange(self._count - 1)
        step = predicted[1:] - stay * predicted[:-1]
        self._matrix[now, now] += weight
        self._matrix[last, last] += stay**2 * weight
        self._matrix[now, last] -= stay * weight
        self._matrix[last, now] -= stay * weight
        self._right[now] += weight[:, None] * step
        self._right[last] -= stay * weight[:, None] * step

    def add_steps(self, rows: Rows, steps: Values, sigmas: Values) -> None:
        """The keypoint moves by ``steps`` (M, 2) from each of ``rows`` (M,) to the next."""
        weight = sigmas**-2
        np.add.at(self._matrix, (rows, rows), weight)
        np.add.at(self._matrix, (rows + 1, rows + 1), weight)
        np.add.at(self._matrix, (rows, rows + 1), -weight)
        np.add.at(self._matrix, (rows + 1, rows), -weight)
        np.add.at(self._right, rows, -weight[:, None] * steps)
        np.add.at(self._right, rows + 1, weight[:, None] * steps)

    def add_places(self, rows: Rows, places: Values, sigma: float) -> None:
        """The keypoint is near ``places`` (M, 2) in ``rows`` (M,)."""
        self._add(rows, places, np.full(len(rows), sigma**-2))

    def solve(self) -> Values:
        """The places (N, 2) in body sizes."""
        return np.asarray(np.linalg.solve(self._matrix, self._right)[: self._count])

    def _add(self, rows: Rows, places: Values, weight: Values) -> None:
        np.add.at(self._matrix, (rows, rows), weight)
        np.add.at(self._right, rows, weight[:, None] * places)

    def _add_sum(self, rows: Rows, places: Values, weight: Values) -> None:
        """Place plus offset are ``places``."""
        other = rows + self._count
        for one in (rows, other):
            self._right[one] += weight[:, None] * places
            for two in (rows, other):
                self._matrix[one, two] += weight

    def _add_smoothness(self, start: int, acceleration: float) -> None:
        """Second differences of the unknowns from ``start`` on are those of this ``acceleration``."""
        rows = start + np.arange(self._count - 2)
        factors = (1.0, -2.0, 1.0)
        weight = (acceleration * self._dt**2) ** -2
        for one, a in enumerate(factors):
            for two, b in enumerate(factors):
                self._matrix[rows + one, rows + two] += weight * a * b
