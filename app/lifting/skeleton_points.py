"""Points of a lifter's layout become points of the skeleton in force."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.lifting.layouts import FROM_H36M, HIPS, MIDDLES, gather, sources

MIN_SCORE = 0.3
"""Keypoints that score less do not count for the scale of the picture, if others do."""


class SkeletonPoints:
    """Turns points with ``names`` into those of ``skeleton`` (K keypoints).

    A keypoint that the lifter has no point for (eyes and ears of a lifter of Human3.6M, toes) is put where the picture
    shows it, at the depth of the nearest keypoint along the limbs that has one. The scale of the picture is that of
    the other keypoints (weak perspective). The middle of the hips becomes the origin.
    """

    def __init__(self, names: tuple[str, ...], skeleton: Skeleton) -> None:
        self._rows = sources(skeleton.names, names, FROM_H36M if "root" in names else MIDDLES)
        self._known = np.array([bool(rows) for rows in self._rows])
        self._near = _nearest(skeleton, self._known)
        self._hips = hips_of(skeleton)

    def __call__(self, points: Floats, keypoints: Floats) -> Floats:
        """Points (N, K, 4) from those of the lifter (N, J2, 3) and the ``keypoints`` (N, K, 3) in the picture.

        The score of a point is that of its keypoint; 0 with x y z 0 where it cannot be placed.
        """
        out = np.zeros((*keypoints.shape[:2], 4), np.float32)
        out[..., 3] = keypoints[..., 2]
        padded = np.concatenate([points, np.ones((*points.shape[:2], 1), np.float32)], axis=-1)
        out[..., :3] = gather(padded, self._rows)[..., :3]
        if not self._known.all():
            self._place_others(out, keypoints)
        return from_pelvis(out, self._hips)

    def _place_others(self, out: Floats, keypoints: Floats) -> None:
        scales = _meters_per_pixel(out[:, self._known], keypoints[:, self._known])
        for row in np.flatnonzero(~self._known).tolist():
            near = self._near[row]
            if near is None:
                out[:, row] = 0
                continue
            moved = (keypoints[:, row, :2] - keypoints[:, near, :2]) * scales[:, None]
            out[:, row, :3] = out[:, near, :3]
            out[:, row, 0] += moved[:, 0]
            out[:, row, 1] -= moved[:, 1]
            out[scales <= 0, row] = 0


def hips_of(skeleton: Skeleton) -> list[int]:
    """The keypoints whose mean is the pelvis; empty if ``skeleton`` has none."""
    return sources(["hip"], skeleton.names, {"hip": (("pelvis",), ("root",), HIPS)})[0]


def from_pelvis(points: Floats, hips: list[int]) -> Floats:
    """``points`` (..., K, 4) with the mean of ``hips`` as origin; those with a score of 0 stay, and all if it has one.

    ``hips`` are what ``hips_of`` returns.
    """
    if not hips:
        return points
    known = (points[..., hips, 3:] > 0).all(axis=-2, keepdims=True) & (points[..., 3:] > 0)
    moved = points.copy()
    moved[..., :3] -= points[..., hips, :3].mean(axis=-2, keepdims=True) * known
    return moved


def _nearest(skeleton: Skeleton, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int | None]:
    """For each keypoint the nearest one along the limbs that is ``known`` (K,); None if there is none."""
    beside: dict[int, list[int]] = {row: [] for row in range(len(known))}
    for a, b in skeleton.limbs:
        beside[a].append(b)
        beside[b].append(a)
    found: list[int | None] = []
    for row in range(len(known)):
        waiting, passed = deque([row]), {row}
        while waiting and not known[waiting[0]]:
            further = [other for other in beside[waiting.popleft()] if other not in passed]
            passed.update(further)
            waiting.extend(further)
        found.append(waiting[0] if waiting else None)
    return found


def _meters_per_pixel(points: Floats, keypoints: Floats) -> Floats:
    """The scale (N,) at which ``points`` (N, K, 4) fit ``keypoints`` (N, K, 3) best, by least squares; 0 if none."""
    weights = (keypoints[..., 2:] >= MIN_SCORE).astype(np.float64)
    weights = np.where(weights.sum(axis=1, keepdims=True) >= 3, weights, 1.0)
    total = weights.sum(axis=1, keepdims=True)
    pixels, meters = keypoints[..., :2].astype(np.float64), points[..., :2] * np.array([1.0, -1.0])
    pixels = pixels - (pixels * weights).sum(axis=1, keepdims=True) / total
    meters = meters - (meters * weights).sum(axis=1, keepdims=True) / total
    across = (weights * pixels * meters).sum(axis=(1, 2))
    return np.asarray(np.where(across > 0, (weights * meters**2).sum(axis=(1, 2)) / np.maximum(across, 1e-9), 0.0))
