"""How much smoothing takes off the error of the acceleration of a filmed motion's keypoints, and what it costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.evaluate.motion_angles import THRESHOLD
from app.evaluate.motions import FPS, Filmed

Values = NDArray[np.float64]


def steadiness_figures(filmed: Filmed, measured: Floats, smoothed: Floats) -> dict[str, float]:
    """Change of the errors of ``measured`` keypoints (T, K, 3) by smoothing them to ``smoothed`` (T, K, 3), in percent.

    Only keypoints that were measured count (score of at least ``THRESHOLD``), not those that were filled in. The error
    of the acceleration is the mean distance between second differences over three measured frames and those of the
    true pixels, as in SmoothNet (Zeng et al., ECCV 2022); the error is the mean distance from the true pixels.

    Returns:
        ``acceleration_cut_pct``, what was taken off the error of the acceleration, and ``error_change_pct``, which is
        negative where keypoints came closer to the truth.
    """
    known = measured[..., 2] >= THRESHOLD
    inner = known[2:] & known[1:-1] & known[:-2]
    truth = _accelerations(filmed.truth)
    before, after = (_accelerations(found[..., :2].astype(np.float64)) for found in (measured, smoothed))
    steady = _mean_distance(after, truth, inner) / _mean_distance(before, truth, inner)
    near = _mean_distance(smoothed[..., :2], filmed.truth, known) / _mean_distance(
        measured[..., :2], filmed.truth, known
    )
    return {"acceleration_cut_pct": 100 * (1 - steady), "error_change_pct": 100 * (near - 1)}


def _accelerations(points: Values) -> Values:
    """Second differences (T - 2, K, 2) of ``points`` (T, K, 2), in pixels per second squared."""
    return np.diff(points, 2, axis=0) * FPS**2


def _mean_distance(points: Floats | Values, others: Values, known: NDArray[np.bool_]) -> float:
    """Mean distance between two (N, K, 2) where ``known`` (N, K); NaN where nothing is."""
    distances = np.linalg.norm(points - others, axis=-1)[known]
    return float(distances.mean()) if len(distances) else float("nan")
