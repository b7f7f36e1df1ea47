"""Curves of the plots: angles, coordinates and speeds of people over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.analysis import Analysis
from app.analysis.analysis import Track
from app.analysis.angles import ANGLES, JOINTS, angle_keypoints
from app.analysis.comparison import same_people
from app.analysis.series import ANGLE_KINDS, AXES, KINDS, Kind, Series, choices, series, track_facing
from app.core.skeleton import Side, Skeleton, side_of
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr

Values = NDArray[np.float64]

SAME_S = 1e-6
"""Times that differ by less belong to the same frame, in seconds."""
ROWS: dict[Kind, Kind] = {"angle in space": "angle", **dict.fromkeys(AXES, AXES[0])}
DENSE = 3
"""Curves with more points per pixel column than this are drawn as the range of each column."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot: a ``series`` and the line drawn for it.

    ``title`` is shown to the user; the series has its own title for files. ``times_s`` and ``values`` (N,) are those of
    the series, with a NaN at each break of the line. ``known_to_s`` is the end of the analysed part of the source,
    ``side`` the side of the body. Of a curve of another analysis than the shown one, ``compared`` is the title
    of the curve that it is compared with. ``filled`` (N,): where keypoints were filled in between measured ones.
    """

    kind: Kind
    title: str
    series: Series
    times_s: Values
    values: Values
    known_to_s: float = inf
    side: Side = "middle"
    compared: str = ""
    filled: NDArray[np.bool_] | None = None

    @property
    def parts(self) -> list[tuple[Curve, bool]]:
        """The measured part of the line, and the one that was filled in between, if there is one (True)."""
        if self.filled is None or not self.filled.any():
            return [(self, False)]
        ends = self.filled.copy()
        ends[1:] |= self.filled[:-1]
        ends[:-1] |= self.filled[1:]
        between = replace(self, values=np.where(ends, self.values, np.nan), filled=None)
        return [(replace(self, values=np.where(self.filled, np.nan, self.values), filled=None), False), (between, True)]

    @property
    def row(self) -> Kind:
        """The kind of value of the plot that the curve is drawn in: angles in space are beside those in the picture."""
        return ROWS.get(self.kind, self.kind)

    def at(self, time_s: float) -> float:
        """The value at ``time_s``; NaN if it is not known or the person is not visible then."""
        times, values = self.series.times_s, self.series.values
        after = int(np.searchsorted(times, time_s - SAME_S))
        before = after - 1
        if after < len(times) and times[after] - time_s <= SAME_S:
            return float(values[after])
        if before < 0:
            return float("nan")
        if after < len(times):  # between two frames: an interpolated gap counts as visible throughout
            nearest = before if time_s - times[before] < times[after] - time_s else after
            there = times[after] - times[before] <= self.series.gap_s and np.isfinite(values[before : after + 1]).all()
        else:  # the shown frame may be ahead of the plotted curve; a person lost before it has no value
            nearest = before
            there = times[before] >= self.known_to_s - SAME_S and time_s - times[before] <= self.series.gap_s
        return float(values[nearest]) if there else float("nan")

    def thinned(self, low_s: float, high_s: float, columns: int) -> tuple[Values, Values, bool]:
        """Times and values to draw between two times on ``columns`` pixel columns, and whether they were thinned.

        If thinned, each column keeps its minimum and maximum, so that no peak is lost. One point on either side of the
        range is included.
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


def can_be_plotted(skeleton: Skeleton, in_space: bool = True) -> dict[str, list[str]]:
    """Keys (KIND:OF) that can be plotted: angles of joints, angles of segments, and x, y and speed of each keypoint.

    With ``in_space``, angles and places in three dimensions too.
    """
    angles = choices("angle", skeleton)
    joints = {angle.name for angle in JOINTS}
    keys = {
        "joints": [f"angle:{name}" for name in angles if name in joints],
        "segments": [f"angle:{name}" for name in angles if name not in joints],
        "keypoints": [f"{kind}:{name}" for name in skeleton.names for kind in ("x", "y", "speed")],
    }
    if not in_space:
        return keys
    return keys | {
        "joints in space": [f"angle in space:{name}" for name in angles if name in joints],
        "segments in space": [f"angle in space:{name}" for name in angles if name not in joints],
        "keypoints in space": [f"{kind}:{name}" for name in skeleton.names for kind in AXES],
    }


def curves(
    analysis: Analysis, people: list[int], chosen: list[str], threshold: float, last_s: float = inf
) -> list[Curve]:
    """One curve for each of ``chosen`` (KIND:OF) and each id of ``people``; curves without a finite value are left out.

    ``last_s`` limits them to the newest seconds. Titles name the person if there are several people; the titles of the
    series always do.
    """
    result = []
    known_to_s = max((end for _, end in analysis.seen_spans()), default=inf)
    for number in people:
        track = analysis.track(number, last_s)
        name = _unique_name(analysis, number, people)
        who = name if len(people) > 1 else ""
        known = _known(chosen, analysis.skeleton)
        of_angles = any(kind in ("angle", "angular speed") for kind, _ in known)
        beside = any(kind == "angle in space" for kind, _ in known)
        facing = track_facing(track, analysis.skeleton, threshold) if of_angles else None
        for kind, of in known:
            one = series(track, analysis.skeleton, kind, of, threshold, name, facing)
            if np.isfinite(one.values).any():
                period = ANGLES[of].period if kind == "angle" else inf
                times_s, values = _break_at_wraps(one, period)
                filled = _filled(track, analysis.skeleton, kind, of, times_s)
                title = _title(kind, of, who, beside)
                result.append(Curve(kind, title, one, times_s, values, known_to_s, side_of(of), filled=filled))
    return result


def compared_curves(
    first: Analysis,
    other: Analysis,
    people: list[int],
    chosen: list[str],
    threshold: float,
    same: Mapping[int, int] | None = None,
) -> list[Curve]:
    """The curves of ``people`` (ids in ``first``), where they are found in another analysis of the clip.

    ``same`` has their ids in the other one; without, they are found by their boxes.
    """
    same = same_people(first, other) if same is None else same
    found = []
    for number in people:
        if number in same:
            name = _unique_name(first, number, people)
            for curve in curves(other, [same[number]], chosen, threshold):
                title = tr("{who}: {title}", who=name, title=curve.title) if len(people) > 1 else curve.title
                one = replace(curve.series, title=f"{name}: {curve.series.title.partition(': ')[2]} (compared)")
                found.append(replace(curve, title=tr("{title} (compared)", title=title), series=one, compared=title))
    return found


def _unique_name(analysis: Analysis, number: int, people: list[int]) -> str:
    """The person's name, with the id added if another of ``people`` has the same name."""
    name = analysis.name(number)
    shared = any(analysis.name(other) == name for other in people if other != number)
    return f"{name} ({number})" if shared else name


def _known(chosen: list[str], skeleton: Skeleton) -> list[tuple[Kind, str]]:
    """The kinds and names of ``chosen`` that this skeleton has."""
    split = (key.partition(":") for key in chosen)
    return [(kind, of) for word, _, of in split for kind in KINDS if kind == word and of in choices(kind, skeleton)]


def _title(kind: Kind, of: str, who: str, beside: bool) -> str:
    """The title of a curve; angles in the picture say so where they are ``beside`` some in space."""
    name = display_name(of)
    titles = {
        "x": tr("{name} x", name=name),
        "y": tr("{name} y", name=name),
        "speed": tr("{name} speed", name=name),
        "angular speed": tr("{name} angular speed", name=name),
        "angle in space": tr("{name} (in space)", name=name),
        "x in space": tr("{name} x in space", name=name),
        "y in space": tr("{name} y in space", name=name),
        "z in space": tr("{name} z in space", name=name),
    }
    if beside:
        titles["angle"] = tr("{name} (in the picture)", name=name)
    title = titles.get(kind, name)
    return tr("{who}: {title}", who=who, title=title) if who else title


def _filled(track: Track, skeleton: Skeleton, kind: Kind, of: str, times_s: Values) -> NDArray[np.bool_] | None:
    """Whether a keypoint of the curve of ``of`` was filled in, at ``times_s`` (N,); None if none was anywhere."""
    if track.filled is None:
        return None
    rows = angle_keypoints(skeleton, of) if kind in ANGLE_KINDS else [skeleton.names.index(of)]
    filled = track.times_s[track.filled[:, rows].any(axis=1)]
    return np.isin(times_s, filled) if len(filled) else None


def _break_at_wraps(one: Series, period: float) -> tuple[Values, Values]:
    """Times and values with a NaN at each wrap of the angle, so that no line joins 179 and -179 degrees."""
    with np.errstate(invalid="ignore"):
        turns = np.flatnonzero(np.abs(np.diff(one.values)) > period / 2) + 1
    return np.insert(one.times_s, turns, one.times_s[turns]), np.insert(one.values, turns, np.nan)
