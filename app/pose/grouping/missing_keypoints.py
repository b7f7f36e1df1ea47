"""Looks for the keypoints that a person lacks, where heatmap and tags agree best."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats
from app.pose.grouping.grouping import Maps
from app.pose.grouping.peaks import Cells

LEVELS = (0.1, 0.02, 0.0)
"""Heights above which cells are searched first: no lower cell can be better than one that is found there."""


def person_tags(people: Floats, tags: Maps) -> Floats:
    """The mean tag (N, L) at the keypoints of ``people`` (N, K, 3 + L), in ``tags`` (K, H, W, L)."""
    height, width = tags.shape[1:3]
    x = np.clip(people[..., 0].astype(np.intp), 0, width - 1)
    y = np.clip(people[..., 1].astype(np.intp), 0, height - 1)
    found = people[..., 2] > 0
    keypoint = np.arange(people.shape[1])
    at = tags[keypoint, y, x]
    return np.array([np.mean(at[row, found[row]], axis=0) for row in range(len(people))], np.float32)


def best_cells(heatmap: Floats, tags: Floats, means: Floats, weight: float) -> Cells:
    """For each of ``means`` (M, L) the cell (M,) with the highest score minus ``weight`` times its tag's distance.

    ``heatmap`` (H x W,) and ``tags`` (H x W, L) are those of one keypoint; distances are rounded. Of equal cells the
    first is chosen. Equals a search through all cells.
    """
    cells = np.zeros(len(means), np.intp)
    open_rows = np.arange(len(means))
    for level in (*LEVELS, -np.inf):
        high = np.flatnonzero(heatmap > level)
        if len(high) and len(open_rows):
            difference = tags[high][None] - means[open_rows, None]
            distance = np.sqrt((difference**2).sum(axis=2)) if tags.shape[1] > 1 else np.abs(difference[..., 0])
            value = heatmap[high] - np.float32(weight) * np.round(distance)
            best = value.argmax(axis=1)
            cells[open_rows] = high[best]
            # A lower cell is worth at most ``level``.
            open_rows = open_rows[value[np.arange(len(open_rows)), best] <= level]
    return cells
