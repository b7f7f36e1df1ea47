"""Keypoints in body sizes around the pelvis: input of lifters that know no picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.lifting.layouts import MIDDLES, sources

MIN_SCORE = 0.3
"""Keypoints that score less are missing."""


def normalize_body(keypoints: Floats, names: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The keypoints in body sizes, and which of them are seen.

    The origin is the middle of the hips in the last frame (of all seen keypoints if these are missing). The body size
    is the root mean square distance of the seen keypoints from their mean, over the frames. y is down, as in pictures.

    Args:
        keypoints: (N, T, J, 3), x y score in pixels.
        names: Names of the J keypoints.

    Returns:
        (N, T, J, 2), zeros where missing, and (N, T, J).
    """
    seen = keypoints[..., 2] >= MIN_SCORE
    weights = seen[..., None].astype(np.float32)
    count = np.maximum(weights.sum(axis=2, keepdims=True), 1)
    means = (keypoints[..., :2] * weights).sum(axis=2, keepdims=True) / count
    squares = ((keypoints[..., :2] - means) ** 2 * weights).sum(axis=(2, 3)) / count[:, :, 0, 0]
    sizes = np.sqrt(squares.mean(axis=1))
    origins = means[:, -1, 0].copy()
    (hips,) = sources(["hip"], names, MIDDLES)
    if hips:
        known = seen[:, -1, hips].all(axis=1)
        origins[known] = keypoints[:, -1, hips, :2].mean(axis=1)[known]
    placed = (keypoints[..., :2] - origins[:, None, None]) / np.maximum(sizes, 1e-6)[:, None, None, None]
    return (placed * weights).astype(np.float32), seen
