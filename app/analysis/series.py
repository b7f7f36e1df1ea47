"""One value of one person over time, for plots and tables."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import GAP_S, Track, gap_s
from app.analysis.angles import ANGLES, angle_names, angles
from app.errors import StanceError
from app.skeleton import Skeleton

Values = NDArray[np.float64]
Kind = Literal["x", "y", "speed", "angle", "angular speed"]

KINDS: tuple[Kind, ...] = get_args(Kind)
UNITS: dict[Kind, str] = {"x": "px", "y": "px", "speed": "px/s", "angle": "°", "angular speed": "°/s"}


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """``values`` (T,) in ``unit`` at ``times_s`` (T,); NaN where it is not known, so that a line breaks there.

    No further than ``gap_s`` from a value, that is what is known.
    """

    title: str
    unit: str
    times_s: Values
    values: Values
    gap_s: float = GAP_S


def choices(kind: Kind, skeleton: Skeleton) -> tuple[str, ...]:
    """What there is a series of: names of keypoints, or of angles."""
    return angle_names(skeleton) if kind in ("angle", "angular speed") else skeleton.names


def series(track: Track, skeleton: Skeleton, kind: Kind, of: str, threshold: float = 0.3, who: str = "") -> Series:
    """The ``kind`` of value of the keypoint or angle ``of`` in every frame of ``track``.

    Pixels are those of the source, y down; keypoints of a score under ``threshold`` are unknown. Where the person was
    away for longer than ``gap_s`` says a NaN is put in between. ``who`` leads the title.
    Raises StanceError where the skeleton has no such keypoint or angle.
    """
    if of not in choices(kind, skeleton):
        raise StanceError(f"There is no {kind} of {of!r}: wanted one of {', '.join(choices(kind, skeleton))}.")
    gap = gap_s(track.indices, track.times_s)
    if kind in ("angle", "angular speed"):
        values = angles(track.keypoints, skeleton, (of,), threshold)[:, 0]
        if kind == "angular speed":
            values = _rates(track.times_s, values[:, None], gap, ANGLES[of].period)[:, 0]
    else:
        points = _seen(track, skeleton.names.index(of), threshold)
        speeds = kind == "speed"
        values = np.hypot(*_rates(track.times_s, points, gap).T) if speeds else points[:, 0 if kind == "x" else 1]
    title = of.replace("_", " ") + ("" if kind == "angle" else f" {kind}")
    return Series(f"{who}: {title}" if who else title, UNITS[kind], *_broken(track.times_s, values, gap), gap)


def write_csv(path: Path, several: Sequence[Series]) -> None:
    """One table: the times at which any of them is known, in seconds, and a column ``title (unit)`` for each.

    What is unknown is left blank. Raises StanceError where the file cannot be written.
    """
    rows: dict[float, list[str]] = {}
    for column, one in enumerate(several):
        for time_s, value in zip(one.times_s.tolist(), one.values.tolist(), strict=True):
            if np.isfinite(value):
                rows.setdefault(round(time_s, 6), [""] * len(several))[column] = f"{value:.4f}"
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["time_s", *(f"{one.title} ({one.unit})" for one in several)])
            table.writerows([time_s, *cells] for time_s, cells in sorted(rows.items()))
    except OSError as error:
        raise StanceError(f"The table {path} cannot be written: {error.strerror or error}.") from None


def _seen(track: Track, keypoint: int, threshold: float) -> Values:
    """Where a keypoint is, (T, 2) = x y; NaN where it is not seen."""
    found = track.keypoints[:, keypoint].astype(np.float64)
    return np.where(found[:, 2:] >= threshold, found[:, :2], np.nan)


def _rates(times_s: Values, values: Values, gap: float, period: float | None = None) -> Values:
    """How fast each column of ``values`` (T, C) changes, (T, C) a second, by central differences over the time stamps.

    At both ends of a stretch the difference is to one side. Values that come back to the same after a ``period`` take
    the shorter way. NaN where a value is unknown, or for longer than ``gap`` seconds no other is near.
    """
    rates = np.full_like(values, np.nan)
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    for stretch in np.split(known, np.flatnonzero(np.diff(times_s[known]) > gap) + 1):
        if len(stretch) > 1:
            smooth = values[stretch] if period is None else np.unwrap(values[stretch], period=period, axis=0)
            rates[stretch] = np.gradient(smooth, times_s[stretch], axis=0)
    return rates


def _broken(times_s: Values, values: Values, gap: float) -> tuple[Values, Values]:
    """The same with a NaN in the middle of every time that is longer than ``gap`` seconds."""
    away = np.flatnonzero(np.diff(times_s) > gap) + 1
    middles = (times_s[away - 1] + times_s[away]) / 2
    return np.insert(times_s, away, middles), np.insert(values, away, np.nan)
