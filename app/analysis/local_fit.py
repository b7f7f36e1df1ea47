"""Positions and velocities of noisy points, by lines fitted to the frames around each frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

REACH = 3.0
"""Frames further away than this many standard deviations of the weights do not count."""
MIN_WEIGHT = 0.3
"""Smallest total weight of the known frames around a frame, as a fraction of that of all frames there."""


def fit_lines(times_s: Values, points: Values, sigma_s: float) -> tuple[Values, Values]:
    """Smoothed positions and velocities, (T, ...) each, of ``points`` (T, ...) whose unknown values are NaN.

    Each is that of a line fitted by weighted least squares, the weights a Gaussian of time with the standard deviation
    ``sigma_s`` in seconds: the local regression of W. S. Cleveland (Journal of the American Statistical Association 74,
    1979), which has no delay, takes uneven timestamps and looks past single unknown values. The result is NaN where
    too few values are known. Velocities are per second.
    """
    flat = points.reshape(len(points), -1).astype(np.float64)
    known = np.isfinite(flat)
    filled = np.where(known, flat, 0.0)
    sums = [np.zeros_like(flat) for _ in range(5)]
    whole = np.zeros(len(flat))
    for offset in range(-_frames_within(times_s, sigma_s), _frames_within(times_s, sigma_s) + 1):
        here, there = _overlap(len(flat), offset)
        away = times_s[there] - times_s[here]
        weight = np.exp(-0.5 * (away / sigma_s) ** 2) * (np.abs(away) <= REACH * sigma_s)
        whole[here] += weight
        weights = weight[:, None] * known[there]
        terms = (weights, weights * away[:, None], weights * away[:, None] ** 2)
        values = (terms[0] * filled[there], terms[1] * filled[there])
        for total, term in zip(sums, (*terms, *values), strict=True):
            total[here] += term
    one, first, second, value, moment = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = one * second - first**2
        positions = (second * value - first * moment) / spread
        velocities = (one * moment - first * value) / spread
    lost = (one < MIN_WEIGHT * whole[:, None]) | (spread < 1e-6 * (one * sigma_s) ** 2)
    positions[lost] = velocities[lost] = np.nan
    return positions.reshape(points.shape), velocities.reshape(points.shape)


def _frames_within(times_s: Values, sigma_s: float) -> int:
    """Number of frames to each side that may be near enough to count."""
    if len(times_s) < 2:
        return 0
    return min(int(np.ceil(REACH * sigma_s / max(float(np.quantile(np.diff(times_s), 0.1)), 1e-3))), len(times_s) - 1)


def _overlap(frames: int, offset: int) -> tuple[slice, slice]:
    """The frames that have one ``offset`` frames away, and those frames."""
    return slice(max(-offset, 0), frames - max(offset, 0)), slice(max(offset, 0), frames - max(-offset, 0))


def smooth_angles(times_s: Values, degrees: Values, sigma_s: float, periods: Values | float = 360.0) -> Values:
    """Angles (T, A) in degrees, smoothed as by ``fit_lines``: within half a turn of the mean direction of their column.

    Directions are averaged, so that an angle that passes half a turn makes no leap. ``periods`` (A,) are the turns
    after which angles are the same, in degrees: 180 for lines without a direction.
    """
    turns = 2 * np.pi * degrees / periods
    cosine, sine = (fit_lines(times_s, part, sigma_s)[0] for part in (np.cos(turns), np.sin(turns)))
    known = np.isfinite(cosine)
    middle = np.arctan2(*(np.where(known, part, 0.0).sum(axis=0) for part in (sine, cosine)))
    away = np.arctan2(sine, cosine) - middle
    return np.asarray((middle + (away + np.pi) % (2 * np.pi) - np.pi) * periods / (2 * np.pi))
