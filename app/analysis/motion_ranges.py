"""Ranges of motion: how far each angle goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.angles import ANGLES
from app.analysis.local_fit import smooth_angles
from app.analysis.whole_turns import middle_of, near

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
    motion see C. C. Norkin, D. J. White, Measurement of Joint Motion (2016). An angle that passes half a turn goes on
    beyond it: the range is cut where the angle never is. One that goes all the way round has the range of a turn.

    Args:
        times_s: (T,), timestamps in seconds.
        names: The A names of angles.
        angles: (T, A), in degrees, NaN where unknown.
    """
    if len(times_s) < 3:
        return []
    found = []
    periods = np.array([ANGLES[name].period for name in names])
    smooth = smooth_angles(times_s, angles, SIGMA_S, periods)
    for name, column, period in zip(names, smooth.T, periods.tolist(), strict=True):
        known = column[np.isfinite(column)]
        if len(known):
            known = near(known, middle_of(known, period), period)
            found.append(MotionRange(name, *np.quantile(known, [LEFT_OUT, 1 - LEFT_OUT]).tolist()))
    return found
