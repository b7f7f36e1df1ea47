"""Errors of poses in three dimensions, as VideoPose3D (Pavllo et al., CVPR 2019) defines them.

``found`` and ``true`` are points (T, J, 3) in any unit; errors are in that unit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def mpjpe(found: Values, true: Values) -> Values:
    """The mean distance (T,) of the joints of each pose."""
    return np.asarray(np.linalg.norm(found - true, axis=-1).mean(axis=-1))


def n_mpjpe(found: Values, true: Values) -> Values:
    """``mpjpe`` (T,) after each pose was scaled to fit best, by least squares (Rhodin et al., CVPR 2018)."""
    scale = (found * true).sum((1, 2)) / (found * found).sum((1, 2))
    return mpjpe(found * scale[:, None, None], true)


def p_mpjpe(found: Values, true: Values) -> Values:
    """``mpjpe`` (T,) after each pose was moved, turned and scaled to fit best; never mirrored."""
    return mpjpe(aligned(found, true), true)


def velocity_error(found: Values, true: Values) -> float:
    """The mean difference of the joints' movements from one frame to the next, per frame; NaN for one frame."""
    if len(found) < 2:
        return float("nan")
    return float(mpjpe(np.diff(found, axis=0), np.diff(true, axis=0)).mean())


def aligned(found: Values, true: Values) -> Values:
    """``found`` moved, turned and scaled so that each pose fits its true one best (Procrustes, no reflection)."""
    middle, true_middle = found.mean(1, keepdims=True), true.mean(1, keepdims=True)
    centered, wanted = found - middle, true - true_middle
    left, strength, right = np.linalg.svd(np.swapaxes(centered, 1, 2) @ wanted)
    sign = np.sign(np.linalg.det(left @ right))
    strength[:, -1] *= sign
    left[:, :, -1] *= sign[:, None]
    scale = strength.sum(-1) / (centered * centered).sum((1, 2))
    return np.asarray(scale[:, None, None] * centered @ (left @ right) + true_middle)
