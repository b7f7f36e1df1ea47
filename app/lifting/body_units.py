"""Keypoints around the pelvis, in units of the body: input of lifters that know no picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

MIN_SCORE = 0.3
"""Keypoints that score less are missing."""
SMALLEST = 1e-6
"""Smallest size of a body, against a division by zero."""
PARTS = ("hip", "shoulder")
"""The origin is the middle of the first of these that is seen."""


def normalize_body(keypoints: Floats, names: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The keypoints in units of the body, and which of them are seen.

    The origin of each frame is the mean of the hips that are seen in it, else of the shoulders, else of all keypoints.
    The unit is the root mean square distance of the seen keypoints from it, over all frames. y is down, as in pictures.
    The packaged lifter is trained with the output of this function.

    Args:
        keypoints: (N, T, J, 3), x y score in pixels.
        names: Names of the J keypoints.

    Returns:
        (N, T, J, 2), zeros where missing, and (N, T, J).
    """
    seen = keypoints[..., 2] >= MIN_SCORE
    mask = seen.astype(np.float32)
    relative = (keypoints[..., :2] - _origins(keypoints, mask, names)[:, :, None]) * mask[..., None]
    flat = relative.reshape(len(relative), -1)
    squares = np.einsum("nv,nv->n", flat, flat) / np.maximum(mask.sum((1, 2)), 1)
    return relative / np.maximum(np.sqrt(squares), SMALLEST)[:, None, None, None], seen


def _origins(keypoints: Floats, mask: Floats, names: Sequence[str]) -> Floats:
    """The origin (N, T, 2) of each frame of ``keypoints`` (N, T, J, 3), of which ``mask`` (N, T, J) are seen."""
    origins = np.zeros((*mask.shape[:2], 2), np.float32)
    found = np.zeros(mask.shape[:2], bool)
    sides = [[row for row, name in enumerate(names) if name in (f"left_{part}", f"right_{part}")] for part in PARTS]
    for rows in (*sides, list(range(len(names)))):
        if found.all():
            break
        weights = mask[:, :, rows]
        count = weights.sum(-1)
        mean = np.einsum("ntjc,ntj->ntc", keypoints[:, :, rows, :2], weights) / np.maximum(count, 1)[..., None]
        use = ~found & (count > 0)
        origins[use] = mean[use]
        found |= use
    return origins
