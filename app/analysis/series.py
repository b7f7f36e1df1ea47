"""Time series of one value of one person, for plots and tables."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track, gap_s
from app.analysis.angles import ANGLES, angle_names, angles
from app.analysis.facing import Facing, facing_of
from app.analysis.part_lengths import body_heights
from app.analysis.space_angles import seen_in_space, space_angles
from app.analysis.spans import GAP_S
from app.core.errors import StanceError
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Kind = Literal["x", "y", "speed", "angle", "angular speed", "angle in space", "x in space", "y in space", "z in space"]

KINDS: tuple[Kind, ...] = get_args(Kind)
ANGLE_KINDS = ("angle", "angular speed", "angle in space")
AXES: tuple[Kind, ...] = ("x in space", "y in space", "z in space")
"""Places relative to the pelvis: to the right of the picture, up, and toward the camera."""
UNITS: dict[Kind, str] = {"x": "px", "y": "px", "speed": "px/s", "angle": "°", "angular speed": "°/s"}
UNITS |= {"angle in space": "°", **dict.fromkeys(AXES, "m")}


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A time series of one value.

    Attributes:
        title: Title for plots and tables.
        unit: Unit of the values.
        times_s: (T,), timestamps in seconds.
        values: (T,); NaN where unknown, so that a plotted line breaks there.
        gap_s: Longest time between neighboring values that is not a gap, in seconds.
    """

    title: str
    unit: str
    times_s: Values
    values: Values
    gap_s: float = GAP_S


def choices(kind: Kind, skeleton: Skeleton) -> tuple[str, ...]:
    """The names of keypoints or angles for which there is a series of this kind."""
    return angle_names(skeleton) if kind in ANGLE_KINDS else skeleton.names


def track_facing(track: Track, skeleton: Skeleton, threshold: float = 0.3) -> Facing:
    """Which way the person of ``track`` faces in each frame (T,): as chosen by the user, else as it is found."""
    if track.facing is not None:
        return np.full(len(track.times_s), track.facing, np.int8)
    return facing_of(track.times_s, track.keypoints, skeleton, threshold)


def series(
    track: Track,
    skeleton: Skeleton,
    kind: Kind,
    of: str,
    threshold: float = 0.3,
    who: str = "",
    facing: Facing | None = None,
) -> Series:
    """The series of one keypoint or angle over the frames of ``track``.

    Args:
        track: The person.
        skeleton: The skeleton of the track's keypoints.
        kind: The kind of value; units are in ``UNITS``, pixels are those of the source, y down. Values in space are
            unknown where a person has no points in three dimensions.
        of: Name of the keypoint or angle.
        threshold: Keypoints with a lower score are unknown.
        who: Prefix of the title.
        facing: The result of ``track_facing``, which is computed where it is needed and not given.

    Returns:
        The series, with a NaN inserted in every gap longer than ``gap_s``.

    Raises:
        StanceError: The skeleton has no such keypoint or angle.
    """
    if of not in choices(kind, skeleton):
        raise StanceError(
            "There is no {kind} of {of!r}: wanted one of {known}.",
            kind=kind,
            of=of,
            known=", ".join(choices(kind, skeleton)),
        )
    gap = gap_s(track.indices, track.times_s)
    if kind == "angle in space" or kind in AXES:
        values = _in_space(track, skeleton, kind, of, threshold)
    elif kind in ANGLE_KINDS:
        sides = track_facing(track, skeleton, threshold) if facing is None else facing
        heights = body_heights(track.times_s, track.keypoints, skeleton, threshold)
        values = angles(track.keypoints, skeleton, (of,), sides, threshold, heights)[:, 0]
        if kind == "angular speed":
            values = _derivative(track.times_s, values[:, None], gap, ANGLES[of].period)[:, 0]
    else:
        points = _positions(track, skeleton.names.index(of), threshold)
        speeds = kind == "speed"
        values = np.hypot(*_derivative(track.times_s, points, gap).T) if speeds else points[:, 0 if kind == "x" else 1]
    title = of.replace("_", " ") + {"angle": "", "angle in space": " in space"}.get(kind, f" {kind}")
    return Series(f"{who}: {title}" if who else title, UNITS[kind], *_with_gaps(track.times_s, values, gap), gap)


def csv_table(several: Sequence[Series], frames_s: Sequence[float] = ()) -> bytes:
    """A CSV file with a row for each time in ``frames_s`` (seconds) and a column ``title (unit)`` for each series.

    Without ``frames_s`` there is a row for each time at which any value is known. Unknown values are left empty. The
    file begins with a byte-order mark, without which spreadsheets do not recognize UTF-8.
    """
    rows = {_time_key(time_s): [""] * len(several) for time_s in frames_s}
    for column, one in enumerate(several):
        for time_s, value in zip(one.times_s.tolist(), one.values.tolist(), strict=True):
            key = _time_key(time_s)
            if np.isfinite(value) and (key in rows or not frames_s):
                rows.setdefault(key, [""] * len(several))[column] = f"{value:z.4f}"
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["time_s", *(f"{one.title} ({one.unit})" for one in several)])
    table.writerows([time_s, *cells] for time_s, cells in sorted(rows.items()))
    return text.getvalue().encode("utf-8-sig", "replace")


def _time_key(time_s: float) -> float:
    """A timestamp rounded to microseconds, as key of a row."""
    return round(time_s, 6)


def _positions(track: Track, keypoint: int, threshold: float) -> Values:
    """Positions (T, 2) of one keypoint, x y in pixels; NaN below ``threshold``."""
    found = track.keypoints[:, keypoint].astype(np.float64)
    return np.where(found[:, 2:] >= threshold, found[:, :2], np.nan)


def _in_space(track: Track, skeleton: Skeleton, kind: Kind, of: str, threshold: float) -> Values:
    """An angle in space (T,) in degrees, or a keypoint's place along an axis in meters; NaN where it is unknown."""
    if track.points_3d is None:
        return np.full(len(track.times_s), np.nan)
    if kind == "angle in space":
        return np.asarray(space_angles(track.points_3d, skeleton, (of,), threshold)[:, 0])
    keypoint = track.points_3d[:, skeleton.names.index(of)]
    return np.asarray(seen_in_space(keypoint, threshold)[:, AXES.index(kind)])


def _derivative(times_s: Values, values: Values, gap: float, period: float | None = None) -> Values:
    """Time derivative of each column of ``values`` (T, C), per second, by central differences over the timestamps.

    At the ends of a segment the differences are one-sided. Values with a ``period`` are unwrapped first. The result is
    NaN where a value is unknown, or has no neighbor within ``gap`` seconds.
    """
    rates = np.full_like(values, np.nan)
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    for segment in np.split(known, np.flatnonzero(np.diff(times_s[known]) > gap) + 1):
        if len(segment) > 1:
            smooth = values[segment] if period is None else np.unwrap(values[segment], period=period, axis=0)
            rates[segment] = np.gradient(smooth, times_s[segment], axis=0)
    return rates


def _with_gaps(times_s: Values, values: Values, gap: float) -> tuple[Values, Values]:
    """Times and values with a NaN inserted in the middle of every gap longer than ``gap`` seconds."""
    gap_ends = np.flatnonzero(np.diff(times_s) > gap) + 1
    middles = (times_s[gap_ends - 1] + times_s[gap_ends]) / 2
    return np.insert(times_s, gap_ends, middles), np.insert(values, gap_ends, np.nan)
