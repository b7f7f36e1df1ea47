"""Moves the time of a contact to where true feet touch down that move like this one.

Of a foot that slows down gradually one camera does not see enough: the part of its motion along the line of sight is
lost, and smoothing hides how suddenly it stops. How the speeds and heights of heel, toes and ankle run around the time
that was found tells which way that time is off, as far as true motions teach it: by a linear regression (ridge
regression, A. E. Hoerl, R. W. Kennard, Technometrics 12, 1970), which ``training/contacts.py`` fits to motions whose
contacts are known in three dimensions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.core.assets import asset

Values = NDArray[np.float64]

WEIGHTS = "contact-timing.json"
OFFSETS_S = np.arange(-8, 9, 2) / 60
"""Times around a contact at which the foot is looked at, in seconds."""
MIN_SPEED, MAX_SPEED = 0.08, 6.0
"""Speeds are compared by the logarithm of their sum with the first, up to the second, in meters per second."""
MAX_FALL = 2.0
"""Largest vertical speed that counts, in meters per second."""
HEIGHTS = (-0.25, 0.35)
"""Lowest and highest place above where the foot stands that counts, in meters."""
MIN_KNOWN = 0.5
"""Smallest part of the frames around a contact in which heel, toes and ankle are known."""
MAX_OFFSET_S = 4 / 60
"""A contact is moved by no more, in seconds."""
INPUTS = 8 * len(OFFSETS_S)
"""Number of values by which a contact is moved."""


@dataclass(frozen=True, slots=True, eq=False)
class FootCourse:
    """How one foot moves in T frames at ``times_s`` (T,).

    ``speeds`` (T, 4) are those of the slowest point, heel, toes and ankle and ``fall`` (T,) the downward one of the
    point that falls fastest, in meters per second; ``heights`` (T, 3) are those of the lowest point, heel and toes, up,
    in meters. ``known`` (T,) says where all were measured; elsewhere they are interpolated.
    """

    times_s: Values
    speeds: Values
    fall: Values
    heights: Values
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, times_s: Values, places: Values, velocities: Values, ankle_velocities: Values) -> FootCourse:
        """From the smoothed motion of a foot, in meters and seconds, y down; NaN where unknown.

        Args:
            times_s: (T,), timestamps in seconds.
            places: (T, N, 2), of the heel and of one or more points of the toes.
            velocities: (T, N, 2), of the same points.
            ankle_velocities: (T, 2).
        """
        fast = np.linalg.norm(velocities, axis=2)
        toe_speeds = np.fmin.reduce(fast[:, 1:], axis=1)
        speeds = (np.fmin(fast[:, 0], toe_speeds), fast[:, 0], toe_speeds, np.linalg.norm(ankle_velocities, axis=1))
        down = (np.fmax.reduce(places[..., 1], axis=1), places[:, 0, 1], _mean(places[:, 1:, 1]))
        columns = np.column_stack([*speeds, np.fmax.reduce(velocities[..., 1], axis=1), *(-one for one in down)])
        known = np.isfinite(columns).all(axis=1)
        columns = np.stack([_filled(times_s, column) for column in columns.T], axis=1)
        return cls(times_s, columns[:, :4], columns[:, 4], columns[:, 5:], known)

    def around(self, time_s: float, first_s: float, last_s: float) -> Values | None:
        """The values (INPUTS,) by which a contact at ``time_s`` is moved, or None.

        None where the clip does not reach over all ``OFFSETS_S``, or too little of the foot is known there. The foot is
        seen standing from ``first_s`` to ``last_s``.
        """
        if time_s + OFFSETS_S[0] < self.times_s[0] or time_s + OFFSETS_S[-1] > self.times_s[-1]:
            return None
        near = np.abs(self.times_s - time_s) <= OFFSETS_S[-1]
        quarter = (last_s - first_s) / 4
        stands = (self.times_s >= first_s + quarter) & (self.times_s <= last_s - quarter)
        if not stands.any():
            stands = (self.times_s >= first_s) & (self.times_s <= last_s)
        if self.known[near].mean() < MIN_KNOWN or not self.known[stands].any():
            return None
        speeds, fall, heights = (self._at(time_s, values) for values in (self.speeds, self.fall[:, None], self.heights))
        level = np.median(self.heights[stands], axis=0)
        parts = (
            np.log(np.minimum(speeds, MAX_SPEED) + MIN_SPEED),
            np.clip(heights - level[:, None], *HEIGHTS),
            np.clip(fall, -MAX_FALL, MAX_FALL),
        )
        return np.concatenate(parts).ravel()

    def _at(self, time_s: float, columns: Values) -> Values:
        """``columns`` (T, C) at ``OFFSETS_S`` around ``time_s``, (C, O)."""
        return np.stack([np.interp(time_s + OFFSETS_S, self.times_s, column) for column in columns.T])


@dataclass(frozen=True, slots=True, eq=False)
class ContactTiming:
    """The offset of a contact is ``bias_s`` plus the sum of its ``INPUTS`` values times ``weights_s``, in seconds."""

    weights_s: Values
    bias_s: float

    def offset_s(self, inputs: Values) -> float:
        """By how much a contact with these ``inputs`` (INPUTS,) comes later than it was found, in seconds."""
        return float(np.clip(inputs @ self.weights_s + self.bias_s, -MAX_OFFSET_S, MAX_OFFSET_S))


@cache
def contact_timing() -> ContactTiming:
    """The regression that comes with Stance."""
    stored = json.loads(asset(WEIGHTS).read_text(encoding="utf-8"))
    return ContactTiming(np.array(stored["weights_s"], np.float64), float(stored["bias_s"]))


def _mean(values: Values) -> Values:
    """The mean of each row (T, N) without what is unknown, (T,)."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _filled(times_s: Values, values: Values) -> Values:
    """``values`` (T,), where unknown between their neighbors."""
    known = np.isfinite(values)
    return np.interp(times_s, times_s[known], values[known]) if known.any() else np.zeros(len(values))
