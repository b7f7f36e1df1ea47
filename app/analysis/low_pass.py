"""A low-pass filter without lag, over unevenly spaced values some of which are missing.

It minimizes the squared distance to the measured points plus ``(2 pi cutoff)**-4`` times the integral of the squared
second derivative (Whittaker, 1923; Eilers, Analytical Chemistry 2003). It follows the timestamps, leaves no transients
at the ends, and needs no value where there is none. For evenly spaced values its gain is ``1 / (1 + (f / cutoff)**4)``:
that of a Butterworth filter of second order that runs forwards and backwards, which is usual in biomechanics (Winter,
Biomechanics and Motor Control of Human Movement). It is also what a Kalman filter for a constant velocity gives
together with the smoother of Rauch, Tung and Striebel (AIAA Journal 1965).
"""

from __future__ import annotations

from math import factorial, pi

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

ORDER = 2
"""Order of the derivative whose square is minimized."""


def low_pass(
    times_s: Values, points: Values, measured: Mask, cutoff_hz: float, penalties: Values | None = None
) -> Values:
    """The ``points`` (T, D) at ``times_s`` (T,) without frequencies above ``cutoff_hz``, from those ``measured`` (T,).

    The first and the last are measured. ``penalties`` (T - 2,) are factors of the squared second derivatives: where one
    is less than 1, the cutoff is higher by its fourth root. See the module.
    """
    if len(points) <= ORDER:
        return points
    from scipy.linalg import solveh_banded  # scipy takes long to import, and live pictures do not need it

    times = np.stack([times_s[i : len(times_s) - ORDER + i] for i in range(ORDER + 1)], axis=1)
    span = (times[:, -1] - times[:, 0]) / ORDER
    weights = factorial(ORDER) / _products(times)
    strength = (2 * pi * cutoff_hz) ** (-2 * ORDER) * span / float(np.median(np.diff(times_s)))
    if penalties is not None:
        strength = strength * penalties
    bands = np.zeros((ORDER + 1, len(points)))
    for offset in range(ORDER + 1):
        for i in range(ORDER + 1 - offset):
            bands[offset, i : i + len(times)] += strength * weights[:, i] * weights[:, i + offset]
    bands[0] += measured
    smooth: Values = solveh_banded(bands, np.where(measured[:, None], points, 0.0), lower=True, check_finite=False)
    return smooth


def second_derivatives(times_s: Values, points: Values) -> Values:
    """The second derivatives (T - 2, D) of ``points`` (T, D) at ``times_s`` (T,), by three neighbors each."""
    times = np.stack([times_s[i : len(times_s) - ORDER + i] for i in range(ORDER + 1)], axis=1)
    weights = factorial(ORDER) / _products(times)
    parts = [weights[:, i, None] * points[i : i + len(times)] for i in range(ORDER + 1)]
    return np.asarray(sum(parts))


def _products(times: Values) -> Values:
    """For each time in a row of ``times`` (N, M) the product of its differences to the others (N, M)."""
    differences = times[:, :, None] - times[:, None, :]
    differences[:, np.arange(times.shape[1]), np.arange(times.shape[1])] = 1.0
    products: Values = differences.prod(axis=-1)
    return products
