"""Looks for the keypoints that a person lacks, where heatmap and tags agree best."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats
from app.pose.grouping.map_views import MapView, Source
from app.pose.grouping.peaks import Cells

LEVELS = (0.1, 0.02, 0.0)
"""Heights above which pixels are searched first: no lower pixel can be better than one that is found there."""


def tags_at(tags: list[Source], number: Cells, y: Cells, x: Cells) -> Floats:
    """The tags (..., L) of maps ``number`` (...,) at pixels (...,)."""
    return np.stack([one.at(number, y, x) for one in tags], axis=-1)


def person_tags(people: Floats, tags: list[Source]) -> Floats:
    """The mean tag (N, L) at the keypoints of ``people`` (N, K, 3 + L)."""
    _, height, width = tags[0].shape
    x = np.clip(people[..., 0].astype(np.intp), 0, width - 1)
    y = np.clip(people[..., 1].astype(np.intp), 0, height - 1)
    found = people[..., 2] > 0
    at = tags_at(tags, np.broadcast_to(np.arange(people.shape[1]), x.shape), y, x)
    return np.array([np.mean(at[row, found[row]], axis=0) for row in range(len(people))], np.float32)


def best_pixels(heatmaps: MapView, tags: list[Source], keypoint: int, means: Floats, weight: float) -> Cells:
    """For each of ``means`` (M, L) the pixel (M, 2) = x y with the highest score less ``weight`` times its distance.

    The distance is that of the tag there, rounded. Of equal pixels the first is chosen. Equals a search everywhere.
    """
    pixels = np.zeros((len(means), 2), np.intp)
    open_rows = np.arange(len(means))
    for level in (*LEVELS, -np.inf):
        if not len(open_rows):
            break
        y, x = heatmaps.over(keypoint, level)
        if not len(y):
            continue
        number = np.full(len(y), keypoint)
        difference = tags_at(tags, number, y, x)[None] - means[open_rows, None]
        distance = np.sqrt((difference**2).sum(axis=2)) if len(tags) > 1 else np.abs(difference[..., 0])
        value = heatmaps.at(number, y, x) - np.float32(weight) * np.round(distance)
        best = value.argmax(axis=1)
        pixels[open_rows] = np.stack([x[best], y[best]], axis=1)
        # A lower pixel is worth at most ``level``.
        open_rows = open_rows[value[np.arange(len(open_rows)), best] <= level]
    return pixels
