"""Ranges of motion: how far each angle goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.local_fit import smooth_angles

Values = NDArray[np.float64]

SIGMA_S = 0.04
"""Standard deviation of the weights by which angles are smoothed, in seconds."""
LEFT_OUT = 0.01
"""Part of the frames that is left out at each end of a range, so that single wrong poses do not make it."""


@dataclass(frozen=True, slots=True)
class MotionRange:
    """The range of one angle: ``lowest`` and ``highest`` in degrees."""

    angle: str
    lowest: float
    highest: float

    @property
    def range(self) -> float:
        """From the lowest to the highest, in degrees."""
        return self.highest - self.lowest


def ranges_of_motion(times_s: Values, names: tuple[str, ...], angles: Values) -> list[MotionRange]:
    """The range of each angle that is known in some frame.

    It lies between the quantiles ``LEFT_OUT`` and 1 - ``LEFT_OUT`` of the smoothed angle; for the active range of
    motion see C. C. Norkin, D. J. White, Measurement of Joint Motion (2016).

    Args:
        times_s: (T,), timestamps in seconds.
        names: The A names of angles.
        angles: (T, A), in degrees, NaN where unknown.
    """
    if len(times_s) < 3:
        return []
    found = []
    for name, column in zip(names, smooth_angles(times_s, angles, SIGMA_S).T, strict=True):
        known = column[np.isfinite(column)]
        if len(known):
            low, high = np.quantile(known, [LEFT_OUT, 1 - LEFT_OUT]).tolist()
            turns = 360 * round((low + high) / 720)  # smoothing follows an angle beyond half a turn
            found.append(MotionRange(name, low - turns, high - turns))
    return found
