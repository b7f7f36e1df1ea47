"""Matches keypoints to people by their tags (Newell et al., NeurIPS 2017; ``HeatmapParser`` of HigherHRNet)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.inference.bottom_up_card import AssociativeEmbedding
from app.pose.grouping.peaks import Peaks
from app.tracking.assignment import best_pairs


class _Groups:
    """The people so far: ``joints`` (K, 3 + L) = x y score tags of each, and the sums of their tags (L,)."""

    def __init__(self, keypoints: int, tag_length: int) -> None:
        self.joints: list[NDArray[np.float64]] = []
        self._shape = (keypoints, 3 + tag_length)
        self._sums: list[Floats] = []
        self._counts: list[int] = []
        self._numbers: dict[float, int] = {}

    def __len__(self) -> int:
        return len(self.joints)

    def mean_tags(self, most: int) -> Floats:
        """The mean tag (G, L) of each of the first ``most`` groups."""
        return np.array(self._sums[:most]) / np.array(self._counts[:most], np.float32)[:, None]

    def join(self, group: int, keypoint: int, joint: NDArray[np.float64], tag: Floats) -> None:
        """Add a keypoint to a group."""
        self.joints[group][keypoint] = joint
        self._sums[group] = self._sums[group] + tag
        self._counts[group] += 1

    def start(self, keypoint: int, joint: NDArray[np.float64], tag: Floats) -> None:
        """Add a group. Groups are known by their first tags: one with the same tag is continued."""
        known = self._numbers.get(float(tag[0]))
        if known is not None:
            self.joints[known][keypoint] = joint
            self._sums[known], self._counts[known] = tag, 1
            return
        self._numbers[float(tag[0])] = len(self.joints)
        self.joints.append(np.zeros(self._shape))
        self.joints[-1][keypoint] = joint
        self._sums.append(tag)
        self._counts.append(1)


def match_by_tags(peaks: Peaks, tags: Floats, keypoints: int, spec: AssociativeEmbedding) -> Floats:
    """People (N, K, 3 + L) = x y score tags, from ``peaks`` (M) with ``tags`` (M, L); x y in cells, zeros: not found.

    Keypoints are taken in the order of ``spec``. Those of one kind are assigned to the groups by the Hungarian method:
    the cost is the distance of tags, rounded to a hundred times a whole number, less the score. A keypoint that is
    farther than the threshold starts a group.
    """
    groups = _Groups(keypoints, tags.shape[1])
    rows = np.column_stack([peaks.x, peaks.y, peaks.value, tags]).astype(np.float64)
    starts = np.searchsorted(peaks.map, np.arange(keypoints + 1))
    for keypoint in spec.order or range(keypoints):
        part = slice(starts[keypoint], starts[keypoint + 1])
        joints, own = rows[part], tags[part]
        if not len(joints):
            continue
        if len(groups) and spec.ignore_too_much and len(groups) >= spec.max_people:
            continue
        assigned = _assign(joints, groups.mean_tags(spec.max_people), spec) if len(groups) else {}
        for row, (joint, tag) in enumerate(zip(joints, own, strict=True)):
            if row in assigned:
                groups.join(assigned[row], keypoint, joint, tag)
            else:
                groups.start(keypoint, joint, tag)
    return np.array(groups.joints, np.float32).reshape(len(groups), keypoints, rows.shape[1])


def _assign(joints: NDArray[np.float64], means: Floats, spec: AssociativeEmbedding) -> dict[int, int]:
    """The group of each row of ``joints`` (M, 3 + L) that is near enough to one; ``means`` (G, L) are their tags."""
    distances = np.linalg.norm(joints[:, None, 3:] - means[None], axis=2)
    costs = np.round(distances) * 100 - joints[:, 2:3] if spec.use_scores else distances
    pairs = best_pairs(-costs)
    return {row: group for row, group in pairs if distances[row, group] < spec.tag_threshold}
