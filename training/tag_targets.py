"""Targets of associative embedding: heatmaps of all people, and where their tags are read (as in MMPose 1.x)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

REACH = 3
"""Half of the side of a Gaussian, in standard deviations."""

SEEN = 0.5
"""Visibility over which a keypoint counts."""


class TagTargets(NamedTuple):
    """Heatmaps (K, h, w), and for each keypoint (N, K, 2) its cell, counted along rows, and 1 if it has a tag there.

    A keypoint that is not seen, or lies outside, has none.
    """

    heatmaps: NDArray[np.float32]
    cells: NDArray[np.int64]


def tag_targets(
    keypoints: NDArray[np.floating[Any]],
    visible: NDArray[np.floating[Any]],
    input_size: tuple[int, int],
    map_size: tuple[int, int],
    sigma: float,
) -> TagTargets:
    """The targets for ``keypoints`` (N, K, 2) in pixels of the input, ``visible`` (N, K); sizes are (width, height).

    A keypoint is a Gaussian of ``sigma`` cells around the center of its cell; of several people the highest counts.
    """
    width, height = map_size
    heatmaps = np.zeros((keypoints.shape[1], height, width), np.float32)
    places = np.floor(keypoints * (np.array(map_size) / np.array(input_size)) + 0.5).astype(np.int64)
    inside = ((places >= 0) & (places < np.array(map_size))).all(axis=2)
    cells = np.stack([places[..., 1] * width + places[..., 0], inside & (visible > SEEN)], axis=2).astype(np.int64)
    reach = int(REACH * sigma)
    steps = np.arange(-reach, reach + 1)
    bell = np.exp(-(steps**2) / (2 * sigma**2))
    patch = np.outer(bell, bell).astype(np.float32)
    for person, keypoint in np.argwhere(visible > SEEN).tolist():
        x, y = places[person, keypoint].tolist()
        left, top, right, bottom = x - reach, y - reach, x + reach + 1, y + reach + 1
        if left >= width or top >= height or right <= 0 or bottom <= 0:
            continue
        cut = np.s_[max(top, 0) : bottom, max(left, 0) : right]
        part = patch[max(-top, 0) : height - top, max(-left, 0) : width - left]
        heatmaps[keypoint][cut] = np.maximum(heatmaps[keypoint][cut], part)
    return TagTargets(heatmaps, cells)
