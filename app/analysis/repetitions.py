"""Repetitions of an angle, as in squats or curls: count, depth, time and symmetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.angles import ANGLES, angle_names
from app.analysis.local_fit import smooth_angles
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

SIGMA_S = 0.08
"""Standard deviation of the weights by which angles are smoothed, in seconds."""
MIN_RANGE = 25.0
"""Smallest range of a repetition, in degrees."""
MIN_SHARE = 0.5
"""Smallest range of a repetition, as a fraction of that of the larger ones."""
LARGER = 0.9
"""Quantile of the ranges with which the others are compared."""
BEGUN = 0.1
"""A repetition begins and ends where this part of its range is reached."""
UNDER = 0.5
"""Time under counts from this part of the range."""
MIN_S, MAX_S = 0.3, 20.0
"""Shortest and longest repetition, in seconds."""
GAP_S = 0.5
"""Longest time without the angle inside a repetition, in seconds."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition: from the small angle to the large one and back.

    Attributes:
        start_s: When a tenth of the range is reached, in seconds.
        top_s: When the angle is largest, in seconds.
        end_s: When a tenth of the range is left, in seconds.
        depth: The largest angle, in degrees.
        range: From the smallest angle around it to the largest, in degrees.
        under_s: How long the angle is over the middle of the range, in seconds.
        left: The largest angle of the left side, in degrees; NaN if unknown.
        right: The same of the right side.
    """

    start_s: float
    top_s: float
    end_s: float
    depth: float
    range: float
    under_s: float
    left: float = float("nan")
    right: float = float("nan")

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.end_s - self.start_s

    @property
    def symmetry(self) -> float:
        """How much deeper the left side is than the right, in percent of their mean; 0 is symmetric.

        The symmetry index of R. O. Robinson, W. Herzog, B. M. Nigg (Journal of Manipulative and Physiological
        Therapeutics 10, 1987).
        """
        return symmetry_index(self.left, self.right)


def symmetry_index(left: float, right: float) -> float:
    """How much larger ``left`` is than ``right``, in percent of their mean; NaN if the mean is 0."""
    middle = (abs(left) + abs(right)) / 2
    return 100 * (left - right) / middle if middle else float("nan")


def repeated_angles(skeleton: Skeleton) -> tuple[str, ...]:
    """What repetitions can be counted of: joints, for the mean of both sides, then the angles of single sides."""
    names = angle_names(skeleton)
    joints = (name.removeprefix("left ") for name in names if name.startswith("left "))
    both = [joint for joint in joints if f"right {joint}" in names and ANGLES[f"left {joint}"].base is not None]
    return (*both, *(f"{side} {joint}" for joint in both for side in ("left", "right")))


def find_repetitions(times_s: Values, left: Values, right: Values) -> list[Repetition]:
    """The repetitions of an angle, in order of time.

    The angle is smoothed, and its turning points are those from which it goes back by at least ``MIN_RANGE`` and by
    ``MIN_SHARE`` of the larger ranges. A repetition is a maximum between two minima, so that one that is not finished
    does not count.

    Args:
        times_s: (T,), timestamps in seconds.
        left: (T,), the angle of the left side in degrees, NaN where unknown; all NaN if the right side alone counts.
        right: (T,), the same of the right side.
    """
    if len(times_s) < 3:
        return []
    smooth = smooth_angles(times_s, np.stack([left, right], axis=1), SIGMA_S)
    known = np.isfinite(smooth)
    both = np.where(known, smooth, 0.0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    found = [
        one
        for part in _known_parts(times_s, both)
        for one in _repetitions(times_s[part], both[part], smooth[part], MIN_RANGE)
    ]
    if not found:
        return []
    enough = MIN_SHARE * float(np.quantile([one.range for one in found], LARGER))
    return [one for one in found if one.range >= enough and MIN_S <= one.seconds <= MAX_S]


def _known_parts(times_s: Values, angle: Values) -> list[NDArray[np.int64]]:
    """The frames in which the angle is known, in stretches without long gaps."""
    known = np.flatnonzero(np.isfinite(angle))
    parts = np.split(known, np.flatnonzero(np.diff(times_s[known]) > GAP_S) + 1)
    return [part for part in parts if len(part) > 2]


def _repetitions(times_s: Values, angle: Values, sides: Values, smallest: float) -> list[Repetition]:
    turns = _turning_points(angle, smallest)
    return [
        _repetition(times_s, angle, sides, (low, high, after))
        for low, high, after in zip(turns, turns[1:], turns[2:], strict=False)
        if angle[high] > angle[low]
    ]


def _turning_points(angle: Values, smallest: float) -> list[int]:
    """The frames, alternately minima and maxima, between which the angle changes by at least ``smallest``."""
    turns: list[int] = []
    low = high = 0
    rising: bool | None = None
    for frame, value in enumerate(angle.tolist()):
        if value >= angle[high]:
            high = frame
        if value <= angle[low]:
            low = frame
        if rising is not False and angle[high] - value >= smallest:
            turns.append(high)
            rising, low = False, frame
        elif rising is not True and value - angle[low] >= smallest:
            turns.append(low)
            rising, high = True, frame
    if rising is not None:
        turns.append(high if rising else low)
    return turns


def _repetition(times_s: Values, angle: Values, sides: Values, turns: tuple[int, int, int]) -> Repetition:
    low, high, after = turns
    base = max(float(angle[low]), float(angle[after]))
    reach = float(angle[high]) - base
    begun, under = base + BEGUN * reach, base + UNDER * reach
    start = high - int(np.argmax(angle[low : high + 1][::-1] <= begun))
    end = high + int(np.argmax(angle[high : after + 1] <= begun))
    inside = slice(start, end + 1)
    steps = np.gradient(times_s[inside])
    left, right = (_largest(column) for column in sides[inside].T)
    return Repetition(
        float(times_s[start]),
        float(times_s[high]),
        float(times_s[end]),
        float(angle[high]),
        reach,
        float(steps[angle[inside] > under].sum()),
        left,
        right,
    )


def _largest(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")
