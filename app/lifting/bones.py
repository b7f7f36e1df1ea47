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
        seen = points[..., 3] >= threshold
        columns = []
        for parent, child in self.pairs:
            start = points[..., parent, :3] if parent >= 0 else 0.0
            length = np.linalg.norm(points[..., child, :3] - start, axis=-1)
            known = seen[..., child] & (seen[..., parent] if parent >= 0 else True)
            columns.append(np.where(known, length, np.nan))
        shape = (*points.shape[:-2], len(self.pairs))
        return np.stack(columns, axis=-1).astype(np.float64) if columns else np.zeros(shape)

    def hold(self, points: Floats, lengths: Lengths) -> Floats:
        """``points`` (..., K, 4) with bones of ``lengths`` (B,) in the same directions; NaN keeps the length."""
        held = points.copy()
        for (parent, child), length in zip(self.pairs, lengths, strict=True):
            before = points[..., parent, :3] if parent >= 0 else np.zeros(3, np.float32)
            start = held[..., parent, :3] if parent >= 0 else before
            along = points[..., child, :3] - before
            own = np.linalg.norm(along, axis=-1, keepdims=True)
            scale = np.where(np.isfinite(length) & (own > 0), length / np.maximum(own, 1e-9), 1.0)
            held[..., child, :3] = start + along * np.where(points[..., child, 3:] > 0, scale, 1.0)
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

    def update(self, ids: Sequence[int], points: Sequence[Floats]) -> list[Floats]:
        """The new ``points`` (K, 4) of each of ``ids`` with held bones; other people are forgotten."""
        self._seen = {number: self._seen.get(number) or deque(maxlen=REMEMBERED) for number in ids}
        for number, own in zip(ids, points, strict=True):
            self._seen[number].append(self._bones.lengths(own, self._threshold))
        return self.hold(ids, points)

    def hold(self, ids: Sequence[int], points: Sequence[Floats]) -> list[Floats]:
        """``points`` (K, 4) of each of ``ids`` with the bones of their last update."""
        return [
            self._bones.hold(own, _median(np.array(self._seen[number])))
            for number, own in zip(ids, points, strict=True)
        ]


def _median(lengths: Lengths) -> Lengths:
    """The median (B,) of ``lengths`` (T, B) without NaN; NaN where there is nothing else."""
    ordered = np.sort(lengths, axis=0)  # NaN comes last
    count = np.isfinite(lengths).sum(axis=0)
    rows = np.arange(lengths.shape[1])
    middle = (
        ordered[np.maximum(count - 1, 0) // 2, rows] + ordered[np.minimum(count // 2, len(lengths) - 1), rows]
    ) / 2
    return np.asarray(np.where(count > 0, middle, np.nan))
