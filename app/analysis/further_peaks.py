"""The network's own other answers near the place that a correction is carried to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry import Carried, PlaceCue

MATCH = 0.05
"""A peak this close to the carried place is taken as the network's own answer, in sizes of the person."""


def matching_peaks(carried: Carried, peaks: Mapping[int, NDArray[np.float64]], size: float) -> PlaceCue:
    """The peaks that match what is ``carried``.

    ``peaks`` are places (P, 2) in pixels by row, ``size`` is that of the person in pixels.
    """
    rows, places = [], []
    for row, place, corrected in zip(carried.rows.tolist(), carried.places, carried.corrected.tolist(), strict=True):
        found = peaks.get(row)
        if corrected or found is None or not len(found):
            continue
        away = np.linalg.norm(found - place, axis=1)
        if away.min() <= MATCH * size:
            rows.append(row)
            places.append(found[away.argmin()])
    return PlaceCue(np.array(rows, np.int64), np.array(places, np.float64).reshape(-1, 2))
