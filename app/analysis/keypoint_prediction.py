"""Where the rest of a body says that one of its keypoints is: a regression on the other keypoints of the same clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.analysis.limb_swaps import body_sizes
from app.analysis.offline_smoothing import OfflineSmoothing, smooth_offline
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.limb_swaps import LIMBS

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
NEAR_S = 1.0
"""Frames within about this time count most: later a person may have turned."""
FAR_WEIGHT = 0.03
"""Weight of the other frames."""
FEATURE_NOISE = 0.008
"""Standard deviation of the smoothed other keypoints, in body sizes."""
MEASURED_NOISE, MIN_SIGMA = 0.01, 0.005
"""Standard deviations of measured places, and of the best predictions, in body sizes."""
TUKEY = 4.685
"""Larger residuals, in standard deviations, have no weight (Beaton and Tukey, 1974)."""
ROUNDS = 4
ALIKE_FRAMES = 12.0
"""Number of successive frames that show about the same pose; the deviation counts them as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One person in T frames, in units of the body.

    ``points`` (T, K, 2) are measured places in body sizes from ``origins`` (T, 2), NaN where not seen, with what
    smoothing puts in place of outliers; ``smooth`` (T, K, 2) the same smoothed, without NaN. ``sizes`` (T,) are in
    pixels.
    """

    times_s: Values
    points: Values
    smooth: Values
    origins: Values
    sizes: Values

    def to_body(self, rows: NDArray[np.int64], places: Values) -> Values:
        """``places`` (N, 2) in pixels in frames ``rows`` (N,), in units of the body."""
        return np.asarray((places - self.origins[rows]) / self.sizes[rows, None])

    def to_pixels(self, rows: NDArray[np.int64], points: Values) -> Values:
        """The reverse of ``to_body``."""
        return np.asarray(points * self.sizes[rows, None] + self.origins[rows])

    def places(self, rows: NDArray[np.int64], points: Values) -> dict[int, tuple[float, float]]:
        """``points`` (N, 2) in the frames ``rows`` (N,), in pixels, by row."""
        pixels = self.to_pixels(rows, points)
        return {int(row): (float(x), float(y)) for row, (x, y) in zip(rows, pixels, strict=True)}

    def with_places(self, keypoint: int, rows: NDArray[np.int64], points: Values) -> Body:
        """A body whose ``keypoint`` is at ``points`` (N, 2) in the frames ``rows`` (N,)."""
        measured, smooth = self.points.copy(), self.smooth.copy()
        measured[rows, keypoint] = smooth[rows, keypoint] = points
        return replace(self, points=measured, smooth=smooth)


def limb_mates(skeleton: Skeleton, keypoint: int) -> tuple[int, ...]:
    """The other keypoints of the same arm or leg, from the trunk outwards."""
    side = skeleton.side(keypoint)
    name = skeleton.names[keypoint].removeprefix(f"{side}_")
    parts = next((parts for parts in LIMBS.values() if name in parts), ())
    names = [f"{side}_{part}" for part in parts if part != name]
    return tuple(skeleton.names.index(mate) for mate in names if mate in skeleton.names)


def body_of(times_s: Values, keypoints: Floats, keypoint: int, skeleton: Skeleton, threshold: float) -> Body:
    """The ``Body`` of the measured ``keypoints`` (T, K, 3), x y score in pixels.

    Its origin is the middle of hips and shoulders without ``keypoint``, which is to be predicted.
    """
    smooth, replaced = smooth_offline(times_s, keypoints, skeleton, OfflineSmoothing(threshold=threshold))
    filled = _without_gaps(smooth, threshold)
    names = skeleton.names
    trunk = [names.index(name) for name in TRUNK if name in names and names.index(name) != keypoint]
    rows = trunk or [row for row in range(len(names)) if row != keypoint] or [keypoint]
    origins, sizes = filled[:, rows].mean(axis=1), np.full(len(keypoints), np.median(body_sizes(keypoints, threshold)))
    places = np.where(replaced[..., None], smooth[..., :2], keypoints[..., :2])
    measured = np.where(keypoints[..., 2:] >= threshold, places, np.nan).astype(np.float64)
    scale = sizes[:, None, None]
    return Body(times_s, (measured - origins[:, None]) / scale, (filled - origins[:, None]) / scale, origins, sizes)


def predict(
    body: Body, keypoint: int, around: int, doubtful: Mask, without: Sequence[int] = ()
) -> tuple[Values, Values]:
    """The place of ``keypoint`` by the other keypoints, in all frames (T, 2), and its standard deviation (T,).

    A ridge regression on the frames near ``around`` without the ``doubtful`` (T,) ones, in which outliers do not count;
    the keypoints ``without`` tell nothing. Places are relative to ``Body.origins``. The deviation grows where the pose
    is unlike those of the other frames.
    """
    others = ~np.isin(np.arange(body.smooth.shape[1]), [keypoint, *without])
    features = body.smooth[:, others].reshape(len(body.times_s), -1)
    target = body.points[:, keypoint]
    known = np.isfinite(target).all(axis=1) & ~doubtful
    away = (body.times_s - body.times_s[around]) / NEAR_S
    weights = known * (np.exp(-0.5 * away**2) + FAR_WEIGHT)
    if known.sum() < 3:
        return body.smooth[:, keypoint].copy(), np.ones(len(target))
    target = np.where(known[:, None], target, 0.0)
    robust = np.ones(len(target))
    for _ in range(ROUNDS):
        total = weights * robust
        middle = total @ features / total.sum()
        mean = total @ target / total.sum()
        centered = features - middle
        gram = (centered * total[:, None]).T @ centered
        noise = FEATURE_NOISE**2 * total.sum() + 1e-9
        inverse = np.linalg.inv(gram + noise * np.eye(len(gram)))
        found = mean + centered @ (inverse @ (centered.T @ (total[:, None] * (target - mean))))
        residuals = np.linalg.norm(target - found, axis=1)
        sigma = max(MEASURED_NOISE, _weighted_median(residuals[known], weights[known]) / 1.18)
        robust = np.clip(1 - (residuals / (2 * TUKEY / 3 * sigma)) ** 2, 0, None) ** 2
        robust = np.where(known, robust, 0.0)
        if not robust.any():
            return found, np.full(len(found), sigma)
    leverage = np.einsum("ti,ij,tj->t", centered, inverse, centered)
    sigma = np.sqrt(max(sigma**2 - MEASURED_NOISE**2, MIN_SIGMA**2))
    return found, sigma * np.sqrt(1 + ALIKE_FRAMES * np.maximum(leverage, 0.0))


def _without_gaps(smooth: Floats, threshold: float) -> Values:
    """The places (T, K, 2) of smoothed keypoints (T, K, 3), unseen ones interpolated from the frames around."""
    filled = smooth[..., :2].astype(np.float64)
    frames = np.arange(len(smooth))
    seen = smooth[..., 2] >= threshold
    middle = np.array([np.median(filled[..., axis][seen]) if seen.any() else 0.0 for axis in (0, 1)])
    for row in range(smooth.shape[1]):
        known = np.flatnonzero(seen[:, row])
        for axis in (0, 1):
            filled[:, row, axis] = np.interp(frames, known, filled[known, row, axis]) if len(known) else middle[axis]
    return filled


def _weighted_median(values: Values, weights: Values) -> float:
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])
