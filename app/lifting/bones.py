"""Bones of constant length: a person's bones do not grow from frame to frame, but the depth of a lifter guesses so."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats
from app.core.skeleton import Skeleton

REMEMBERED = 300
"""Frames of a person whose bones count for the running median."""

Lengths = NDArray[np.float64]


class Bones:
    """The bones of ``skeleton`` as a tree from the pelvis outwards, along the limbs.

    ``pairs`` are (parent, child), parents first; the parent of a hip is the pelvis, -1, which is the origin.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        beside: dict[int, list[int]] = {row: [] for row in range(len(skeleton.names))}
        for a, b in skeleton.limbs:
            beside[a].append(b)
            beside[b].append(a)
        hips = keypoint_indices(skeleton, "hip")
        self.pairs: list[tuple[int, int]] = [(-1, row) for row in hips if len(hips) > 1]
        waiting, placed = deque(hips), set(hips)
        while waiting:
            parent = waiting.popleft()
            for child in beside[parent]:
                if child not in placed:
                    placed.add(child)
                    self.pairs.append((parent, child))
                    waiting.append(child)

    def lengths(self, points: Floats, threshold: float) -> Lengths:
        """Length in meters of each bone (..., B) of ``points`` (..., K, 4); NaN where an end scores too low."""
        places = np.concatenate([points[..., :3], np.zeros_like(points[..., :1, :3])], axis=-2)  # -1 is the pelvis
        seen = np.concatenate([points[..., 3] >= threshold, np.ones_like(points[..., :1, 3], bool)], axis=-1)
        parents, children = np.array(self.pairs, np.intp).reshape(-1, 2).T
        lengths = np.linalg.norm(places[..., children, :] - places[..., parents, :], axis=-1)
        return np.where(seen[..., children] & seen[..., parents], lengths, np.nan).astype(np.float64)

    def hold(self, points: Floats, lengths: Lengths) -> Floats:
        """``points`` (..., K, 4) with bones of ``lengths`` (..., B) in the same directions; NaN keeps the length."""
        wanted = lengths / np.maximum(self.lengths(points, -np.inf), 1e-9)
        placed = points[..., [child for _, child in self.pairs], 3] > 0
        factors = np.where(np.isfinite(wanted) & placed, wanted, 1.0).astype(np.float32)
        held = points.copy()
        for number, (parent, child) in enumerate(self.pairs):
            before = points[..., parent, :3] if parent >= 0 else np.float32(0)
            start = held[..., parent, :3] if parent >= 0 else np.float32(0)
            held[..., child, :3] = start + (points[..., child, :3] - before) * factors[..., number, None]
        return held


def median_lengths(bones: Bones, points: Floats, threshold: float) -> Lengths:
    """The median length (B,) of each of ``bones`` over ``points`` (T, K, 4); NaN where none is known."""
    return _median(bones.lengths(points, threshold))


class RunningLengths:
    """Holds the bones of people at the median of their lengths in the last ``REMEMBERED`` frames."""

    def __init__(self, skeleton: Skeleton, threshold: float) -> None:
        self._bones = Bones(skeleton)
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Forget all people."""
        self._seen: dict[int, deque[Lengths]] = {}
        self._medians: dict[int, Lengths] = {}

    def update(self, ids: Sequence[int], points: Sequence[Floats]) -> list[Floats]:
        """The new ``points`` (K, 4) of each of ``ids`` with held bones; other people are forgotten."""
        if not ids:
            self.reset()
            return []
        self._seen = {number: self._seen.get(number) or deque(maxlen=REMEMBERED) for number in ids}
        for number, own in zip(ids, self._bones.lengths(np.stack(points), self._threshold), strict=True):
            self._seen[number].append(own)
        self._medians = {number: _median(np.array(seen)) for number, seen in self._seen.items()}
        return self.hold(ids, points)

    def hold(self, ids: Sequence[int], points: Sequence[Floats]) -> list[Floats]:
        """``points`` (K, 4) of each of ``ids`` with the bones of their last update."""
        if not ids:
            return []
        return list(self._bones.hold(np.stack(points), np.stack([self._medians[number] for number in ids])))


def _median(lengths: Lengths) -> Lengths:
    """The median (B,) of ``lengths`` (T, B) without NaN; NaN where there is nothing else."""
    ordered = np.sort(lengths, axis=0)  # NaN comes last
    count = np.isfinite(lengths).sum(axis=0)
    rows = np.arange(lengths.shape[1])
    middle = (
        ordered[np.maximum(count - 1, 0) // 2, rows] + ordered[np.minimum(count // 2, len(lengths) - 1), rows]
    ) / 2
    return np.asarray(np.where(count > 0, middle, np.nan))
