"""Further peaks of heatmaps, and which of them match a carried place."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.carry import Carried
from app.analysis.further_peaks import matching_peaks
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.second_peaks import peaks


def two_peaks() -> ProjectedHeatmap:
    """A map of 48x64 cells of 4 pixels with a peak at cell (10, 20) and a lower one at (30, 40)."""
    y, x = np.mgrid[:64, :48]
    cells = np.exp(-((x - 10) ** 2 + (y - 20) ** 2) / 8) + 0.4 * np.exp(-((x - 30) ** 2 + (y - 40) ** 2) / 8)
    return ProjectedHeatmap(cells.astype(np.float32), np.array([[4.0, 0, 100], [0, 4.0, 200]]))


def test_both_peaks_are_found_highest_first() -> None:
    assert peaks(two_peaks()).tolist() == [[140, 280], [220, 360]]
    flat = ProjectedHeatmap(np.zeros((8, 8), np.float32), np.eye(2, 3))
    assert peaks(flat).shape == (0, 2)


def test_a_peak_near_the_carried_place_is_the_networks_own_answer() -> None:
    rows = np.array([3, 4, 5])
    places = np.array([[220.0, 360], [222, 361], [180, 300]])
    carried = Carried(rows, places, np.array([True, False, False]))
    cue = matching_peaks(carried, {row: peaks(two_peaks()) for row in (3, 4, 5)}, 200.0)
    assert cue.rows.tolist() == [4]
    assert cue.places[0] == pytest.approx([220, 360])
