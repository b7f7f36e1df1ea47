"""Samples for the training of a lifter: people as made cameras see them, with the errors of a pose network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.lifting.body_units import normalize_body
from training.lift.bodies import ROW, SKELETON, Pool
from training.lift.network import OFFSETS

STRIDES = (1, 2, 4)
"""Frames of a motion (60 Hz) from one frame of the sample to the next: 60, 30 and 15 frames per second."""
SINGLE, PARTIAL = 0.3, 0.1
"""Fractions of the samples that have one frame alone, and that have some of the earlier ones.

Frames before the first known one are the first known one, as in the app.
"""

PITCH_DEGREES = (-15.0, 25.0)
"""Range of the direction in which the camera looks, downward positive."""
DISTANCE = (1.5, 4.2)
"""Range of the camera's distance, in body heights: 2.5 to 7 m."""
NOISE = (0.004, 0.012)
"""Range of the standard deviation of keypoints, in body heights."""
STEADY = 0.25
"""Fraction of the samples in which a part of the noise is the same in all frames."""
MISSING = 0.03
"""Fraction of the keypoints that are not seen."""

NORMALS = 1 << 22
"""Normal random numbers that a sampler draws beforehand."""

GROUPS = {
    "face": (0.10, ("nose", "eye", "ear")),
    "head": (0.05, ("nose", "eye", "ear", "head")),
    "feet": (0.05, ("heel", "big_toe", "small_toe")),
    "coco17": (0.15, ("heel", "big_toe", "small_toe", "head", "neck", "hip_middle")),
    "shins": (0.04, ("knee", "ankle", "heel", "big_toe", "small_toe")),
    "legs": (0.03, ("hip", "hip_middle", "knee", "ankle", "heel", "big_toe", "small_toe")),
}
"""Keypoints that are missing together, and in what fraction of the samples; ``hip_middle`` is the pelvis."""


@dataclass(frozen=True, slots=True)
class Samples:
    """``inputs`` (N, T, K, 3) of the network; ``wanted`` (N, K, 3) in body heights around the pelvis.

    The axes are those of the camera: x to the right, y up, z toward the camera.
    """

    inputs: Floats
    wanted: Floats


class Sampler:
    """Takes samples from a pool: ``weights`` (F,) say how often each of its rows is the current frame."""

    def __init__(self, pool: Pool, chance: np.random.Generator) -> None:
        lengths = (pool.ends - pool.starts + 1).astype(np.float64)
        self._pool = pool
        self._chance = chance
        self._normals = chance.standard_normal(NORMALS, np.float32)
        self._sums = np.cumsum(lengths**-0.5)  # long motions repeat themselves

    def take(self, count: int) -> Samples:
        """``count`` samples at random moments, from random cameras."""
        chance, pool = self._chance, self._pool
        current = np.searchsorted(self._sums, chance.random(count) * self._sums[-1]).clip(0, len(self._sums) - 1)
        strides = chance.choice(STRIDES, count) * chance.choice((-1, 1), count)
        room = np.where(strides > 0, current - pool.starts[current], pool.ends[current] - current) // np.abs(strides)
        offsets = np.minimum(OFFSETS, np.minimum(_known_frames(count, chance) - 1, room)[:, None])
        points = pool.points[current[:, None] - strides[:, None] * offsets]
        _turn(points, _cameras(count, chance))
        pixels = _project(points, chance.uniform(*DISTANCE, count).astype(np.float32))
        pixels += self._noise(pixels.shape)
        keypoints = np.empty(points.shape, np.float32)
        keypoints[..., :2] = pixels * np.array([1, -1], np.float32)
        keypoints[..., 2] = chance.random(points.shape[:3], np.float32) >= MISSING
        keypoints[..., 2] *= ~_missing_groups(count, chance)[:, None]
        same = np.cumsum(np.diff(offsets, axis=1, prepend=-1) > 0, axis=1) - 1  # the same frame, the same errors
        keypoints = keypoints.reshape(-1, *points.shape[2:])[same + np.arange(count)[:, None] * len(OFFSETS)]
        return Samples(network_input(keypoints), points[:, 0] - points[:, 0, ROW["hip"], None])

    def _noise(self, shape: tuple[int, ...]) -> Floats:
        """Errors of keypoints (N, T, K, 2), in body heights, partly the same in all frames."""
        chance, count = self._chance, shape[0]
        deviation = chance.uniform(*NOISE, count).astype(np.float32)
        steady = np.where(chance.random(count) < STEADY, chance.uniform(0, 0.9, count), 0).astype(np.float32)
        size = int(np.prod(shape))
        start = int(chance.integers(NORMALS - size))
        noise = self._normals[start : start + size].reshape(shape) * _column(deviation * np.sqrt(1 - steady**2))
        noise += chance.standard_normal((count, 1, *shape[2:]), np.float32) * _column(deviation * steady)
        return noise


def _column(values: Floats) -> Floats:
    return values[:, None, None, None]


def network_input(keypoints: Floats) -> Floats:
    """The input (N, T, K, 3) of the network for ``keypoints`` (N, T, K, 3), the current frame first."""
    placed, seen = normalize_body(keypoints, SKELETON.names)
    return np.concatenate([placed, seen[..., None]], axis=-1, dtype=np.float32)


def _cameras(count: int, chance: np.random.Generator) -> Floats:
    """Axes (N, 3, 3) of cameras all round, in columns: right, up, toward the camera."""
    yaw = chance.uniform(0, 2 * np.pi, count)
    pitch = np.radians(chance.uniform(*PITCH_DEGREES, count))
    c, s, cp, sp, none = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.zeros(count)
    axes = np.stack([c, -s * sp, s * cp, none, cp, sp, -s, -c * sp, c * cp], axis=-1)
    return axes.reshape(count, 3, 3).astype(np.float32)


def _turn(points: Floats, axes: Floats) -> None:
    count = len(points)
    points[:] = (points.reshape(count, -1, 3) @ axes).reshape(points.shape)


def _project(points: Floats, distance: Floats) -> Floats:
    """Places (N, T, K, 2) in the picture, x to the right and y up, of points that are ``distance`` (N,) away."""
    away = distance[:, None, None]
    return points[..., :2] * (away / np.maximum(away - points[..., 2], 0.2))[..., None]


def _known_frames(count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """The number of frames (N,) of each sample that are known, the current one among them."""
    sort = chance.random(count)
    partial = chance.integers(2, OFFSETS[-1] + 1, count)
    return np.where(sort < SINGLE, 1, np.where(sort < SINGLE + PARTIAL, partial, OFFSETS[-1] + 1))


def _missing_groups(count: int, chance: np.random.Generator) -> NDArray[np.bool_]:
    missing = np.zeros((count, len(SKELETON.names)), bool)
    parts = [name.replace("left_", "").replace("right_", "") for name in SKELETON.names]
    parts[ROW["hip"]] = "hip_middle"
    for share, group in GROUPS.values():
        rows = np.array([part in group for part in parts])
        missing |= (chance.random(count) < share)[:, None] & rows
    return missing
