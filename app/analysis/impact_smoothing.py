"""A low-pass filter that lets feet stop as suddenly as they do.

A foot that meets the ground stops within some hundredths of a second. A fixed cutoff frequency spreads that over a
tenth of a second, by which the foot seems to stop before it does, or later. Here the penalty of the low-pass filter
gives way where the smoothed point is accelerated far more than in a swing (iteratively reweighted least squares, P. W.
Holland, R. E. Welsch, Communications in Statistics 6, 1977), so that the cutoff is higher for these frames alone. That
impacts need a higher cutoff than the motion around them: G. Georgakis, L. K. Stergioulas, G. Giakas, IEEE Transactions
on Biomedical Engineering 49, 2002.
"""

from __future__ import annotations

import numpy as np

from app.analysis.low_pass import ORDER, Mask, Values, low_pass, second_derivatives
from app.core.skeleton import Skeleton

IMPACT = 20.0
"""Acceleration at which the penalty is half as large, in body sizes per second squared."""
LEAST_PENALTY = 1 / 16
"""The penalty does not become smaller: the cutoff frequency is at most doubled."""
ROUNDS = 2
STOPPING = ("ankle", "heel", "toe")
"""Keypoints that meet the ground, by the end of their names."""


def stopping_points(skeleton: Skeleton) -> frozenset[int]:
    """The numbers of the keypoints of feet."""
    return frozenset(number for number, name in enumerate(skeleton.names) if name.endswith(STOPPING))


def low_pass_with_impacts(times_s: Values, points: Values, measured: Mask, cutoff_hz: float, size: float) -> Values:
    """``low_pass`` of the ``points`` (T, D) of a person of this ``size``, both in pixels; see the module."""
    smooth = low_pass(times_s, points, measured, cutoff_hz)
    if len(points) <= ORDER:
        return smooth
    for _ in range(ROUNDS):
        accelerations = np.linalg.norm(second_derivatives(times_s, smooth), axis=1) / size
        penalties = np.maximum(1 / (1 + (accelerations / IMPACT) ** 2), LEAST_PENALTY)
        smooth = low_pass(times_s, points, measured, cutoff_hz, penalties)
    return smooth
