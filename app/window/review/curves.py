"""What the plots draw: a person's angles, places and speeds over time."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.analysis import Analysis
from app.analysis.angles import ANGLES, JOINTS
from app.analysis.series import KINDS, Kind, Series, choices, series
from app.skeleton import Skeleton
from app.window.sentences import called
from app.window.words import tr

Values = NDArray[np.float64]

DENSE = 3
"""More values than this in every column of the screen are too many to be drawn one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot: the ``series`` that it shows, and what is joined of it.

    ``title`` is what a person reads, the series' own is for files. ``times_s`` and ``values`` (N,) are the series',
    with a NaN wherever the line is to break.
    """

    kind: Kind
    title: str
    series: Series
    times_s: Values
    values: Values

    def at(self, time_s: float) -> float:
        """The value nearest to ``time_s``; NaN where nothing is known then."""
        times = self.series.times_s
        right = min(int(np.searchsorted(times, time_s)), len(times) - 1)
        nearest = right - 1 if right and time_s - times[right - 1] < times[right] - time_s else right
        return float(self.series.values[nearest]) if abs(times[nearest] - time_s) <= self.series.gap_s else float("nan")

    def thinned(self, low_s: float, high_s: float, columns: int) -> tuple[Values, Values, bool]:
        """Times and values to be drawn between two times on so many columns of pixels, and whether they are dense.

        Then only the least and the greatest value of each column are left, so that no peak is lost. The neighbours
        outside are drawn to as well.
        """
        first = max(int(np.searchsorted(self.times_s, low_s)) - 1, 0)
        part = slice(first, int(np.searchsorted(self.times_s, high_s, side="right")) + 1)
        times, values = self.times_s[part], self.values[part]
        if len(times) <= DENSE * columns or high_s <= low_s:
            return times, values, False
        column = np.floor((times - low_s) / (high_s - low_s) * columns)
        starts = np.flatnonzero(np.diff(column, prepend=-np.inf))
        ends = np.stack([np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)], axis=1)
        return np.repeat(times[starts], 2), ends.ravel(), True


def can_be_plotted(skeleton: Skeleton) -> dict[str, list[str]]:
    """What there is to choose from, as KIND:OF: the angles of joints, those of segments, and all of each keypoint."""
    angles = choices("angle", skeleton)
    joints = {angle.name for angle in JOINTS}
    return {
        "joints": [f"angle:{name}" for name in angles if name in joints],
        "segments": [f"angle:{name}" for name in angles if name not in joints],
        "keypoints": [f"{kind}:{name}" for name in skeleton.names for kind in ("x", "y", "speed")],
    }


def curves(
    analysis: Analysis, people: list[int], chosen: list[str], threshold: float, last_s: float = inf
) -> list[Curve]:
    """A curve for every one of ``chosen`` (KIND:OF) and of ``people``; what is nowhere known has none.

    ``last_s`` seconds of the newest are enough. Titles name the person where there are several.
    """
    found = []
    for number in people:
        track = analysis.track(number, last_s)
        who = analysis.name(number) if len(people) > 1 else ""
        for kind, of in _known(chosen, analysis.skeleton):
            one = series(track, analysis.skeleton, kind, of, threshold, who)
            if np.isfinite(one.values).any():
                period = ANGLES[of].period if kind == "angle" else inf
                found.append(Curve(kind, _title(kind, of, who), one, *_parted(one, period)))
    return found


def _known(chosen: list[str], skeleton: Skeleton) -> list[tuple[Kind, str]]:
    """What of ``chosen`` there is with this skeleton."""
    split = (key.partition(":") for key in chosen)
    return [(kind, of) for word, _, of in split for kind in KINDS if kind == word and of in choices(kind, skeleton)]


def _title(kind: Kind, of: str, who: str) -> str:
    name = called(of)
    titles = {
        "x": tr("{name} x", name=name),
        "y": tr("{name} y", name=name),
        "speed": tr("{name} speed", name=name),
        "angular speed": tr("{name} angular speed", name=name),
    }
    title = titles.get(kind, name)
    return tr("{who}: {title}", who=who, title=title) if who else title


def _parted(one: Series, period: float) -> tuple[Values, Values]:
    """Times and values with a NaN wherever the value begins a new turn: no line joins 179 and -179 degrees."""
    with np.errstate(invalid="ignore"):
        turns = np.flatnonzero(np.abs(np.diff(one.values)) > period / 2) + 1
    return np.insert(one.times_s, turns, one.times_s[turns]), np.insert(one.values, turns, np.nan)
