"""The size of a body in the picture, where no scale is known."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton

LEG_SHARE = 0.491
"""Length of thigh and shank as a fraction of the height (D. A. Winter, Biomechanics and Motor Control of Human
Movement, 2009)."""
USUAL_HEIGHT_M = 1.7
"""Height that is assumed, in meters."""
STRETCHED = 0.9
"""Quantile of the measured lengths: most others are foreshortened."""


def pixels_per_meter(keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3) -> float:
    """About how many pixels a meter has where a person is: good enough for thresholds, not for lengths.

    From the length of thigh and shank in ``keypoints`` (T, K, 3), x y score in pixels, for a person of
    ``USUAL_HEIGHT_M``. NaN if no leg was found with a score of at least ``threshold``.
    """
    lengths = []
    for side in ("left", "right"):
        names = [f"{side}_{part}" for part in ("hip", "knee", "ankle")]
        if all(name in skeleton.names for name in names):
            leg = keypoints[:, [skeleton.names.index(name) for name in names]].astype(np.float64)
            leg = leg[(leg[..., 2] >= threshold).all(axis=1), :, :2]
            lengths.append(np.linalg.norm(np.diff(leg, axis=1), axis=2).sum(axis=1))
    known = np.concatenate(lengths) if lengths else np.empty(0)
    return float(np.quantile(known, STRETCHED)) / (LEG_SHARE * USUAL_HEIGHT_M) if len(known) else float("nan")
