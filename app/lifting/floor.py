"""How high the pelvis is: the lowest foot stands on the floor, but for what the picture shows of a flight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

SOLES = ("heel", "big_toe", "small_toe")
ANKLE_M = 0.08
"""Height of the ankles of a standing person, in meters, for skeletons that have no soles."""
AROUND_S = 0.5
"""The place of the floor is that of the lowest feet within this time before and after, in seconds."""
FLIGHT_M = 0.06
"""Feet that are at least so far above the floor in the picture are in the air, in meters."""


def pelvis_heights(times_s: Values, points: Floats, skeleton: Skeleton, keypoints: Floats | None = None) -> Values:
    """The height (T,) of the pelvis of one person above the floor, in meters.

    The lowest foot is put on the floor in every frame. With ``keypoints`` it is put as far above the floor as the
    picture shows it above its lowest place around that time, if that is enough for a flight: a jump is seen only
    there, since ``points`` count from the pelvis. The floor is assumed level and the camera still for a second. Frames
    without feet have the height of the nearest ones.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        points: (T, K, 4), x y z in meters from the pelvis, y up, and score.
        skeleton: The skeleton of the K points.
        keypoints: (T, K, 3), x y score in pixels of the same person.
    """
    feet, above = _feet(skeleton)
    known = (points[:, feet, 3] > 0).any(axis=1) if feet else np.zeros(len(points), bool)
    if not known.any():
        return np.zeros(len(points))
    seen = points[:, feet, 3] > 0
    lowest = np.where(seen, points[:, feet, 1], np.inf).min(axis=1)
    heights = above - lowest
    if keypoints is not None:
        pixels = np.where(seen, keypoints[:, feet, 1], -np.inf).max(axis=1)
        heights = heights + np.where(known, _flights(times_s, pixels, _meters_per_pixel(points, keypoints)), 0.0)
    frames = np.arange(len(points))
    return np.interp(frames, frames[known], heights[known].astype(np.float64))


def _feet(skeleton: Skeleton) -> tuple[list[int], float]:
    """The keypoints that touch the floor, and their height above it when a person stands, in meters."""
    for names, above in ((SOLES, 0.0), (("ankle", "foot"), ANKLE_M)):
        rows = [row for row, name in enumerate(skeleton.names) if name.endswith(names)]
        if rows:
            return rows, above
    return [], 0.0


def _flights(times_s: Values, pixels: Floats, meters_per_pixel: float) -> Values:
    """How far (T,) feet at the rows ``pixels`` (T,) are in the air, in meters."""
    first = np.searchsorted(times_s, times_s - AROUND_S)
    last = np.searchsorted(times_s, times_s + AROUND_S, side="right")
    floor = np.array([pixels[a:b].max() for a, b in zip(first.tolist(), last.tolist(), strict=True)])
    up = np.where(np.isfinite(floor) & np.isfinite(pixels), floor - pixels, 0.0) * meters_per_pixel
    return np.where(up >= FLIGHT_M, up, 0.0)


def _meters_per_pixel(points: Floats, keypoints: Floats) -> float:
    """The median scale of the picture, from the extent of the person in both."""
    seen = (points[..., 3] > 0) & (keypoints[..., 2] > 0)
    ratios = []
    for own, meters, pixels in zip(seen, points[..., :2], keypoints[..., :2], strict=True):
        if own.sum() >= 2:
            ratios.append(np.ptp(meters[own], axis=0).max() / max(float(np.ptp(pixels[own], axis=0).max()), 1e-6))
    return float(np.median(ratios)) if ratios else 0.0
