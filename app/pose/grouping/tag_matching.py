"""Matches keypoints to people by their tags (Newell et al., NeurIPS 2017; ``HeatmapParser`` of HigherHRNet)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.inference.bottom_up_card import AssociativeEmbedding
from app.pose.grouping.peaks import Peaks
from app.system.giving_up import raise_if_given_up
from app.tracking.assignment import best_pairs


class _Groups:
    """The people so far: ``joints`` (G, K, 3 + L) = x y score tags of each, and the sums of their tags (G, L)."""

    def __init__(self, keypoints: int, tag_length: int) -> None:
        self.joints: NDArray[np.float64] = np.zeros((0, keypoints, 3 + tag_length))
        self._sums: Floats = np.zeros((0, tag_length), np.float32)
        self._counts: Floats = np.zeros(0, np.float32)
        self._numbers: dict[float, int] = {}

    def __len__(self) -> int:
        return len(self.joints)

    def mean_tags(self, most: int) -> Floats:
        """The mean tag (G, L) of each of the first ``most`` groups."""
        return self._sums[:most] / self._counts[:most, None]

    def join(self, groups: NDArray[np.intp], keypoint: int, joints: NDArray[np.float64], tags: Floats) -> None:
        """Add a keypoint to each of ``groups``: ``joints`` (M, 3 + L) with ``tags`` (M, L)."""
        self.joints[groups, keypoint] = joints
        self._sums[groups] += tags
        self._counts[groups] += 1

    def start(self, keypoint: int, joint: NDArray[np.float64], tag: Floats) -> None:
        """Add a group. Groups are known by their first tags: one with the same tag is continued."""
        known = self._numbers.get(float(tag[0]))
        if known is None:
            known = self._numbers[float(tag[0])] = len(self.joints)
            self.joints = np.concatenate([self.joints, np.zeros((1, *self.joints.shape[1:]))])
            self._sums = np.concatenate([self._sums, tag[None]])
            self._counts = np.append(self._counts, np.float32(1))
        self.joints[known, keypoint] = joint
        self._sums[known], self._counts[known] = tag, 1


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
        raise_if_given_up()
        part = slice(starts[keypoint], starts[keypoint + 1])
        joints, own = rows[part], tags[part]
        if not len(joints):
            continue
        if len(groups) and spec.ignore_too_much and len(groups) >= spec.max_people:
            continue
        assigned = _assign(joints, groups.mean_tags(spec.max_people), spec) if len(groups) else {}
        if len(assigned) == len(joints):
            groups.join(np.array([assigned[row] for row in range(len(joints))]), keypoint, joints, own)
            continue
        for row, (joint, tag) in enumerate(zip(joints, own, strict=True)):
            if row in assigned:
                groups.join(np.array([assigned[row]]), keypoint, joint[None], tag[None])
            else:
                groups.start(keypoint, joint, tag)
    return groups.joints.astype(np.float32)


def _assign(joints: NDArray[np.float64], means: Floats, spec: AssociativeEmbedding) -> dict[int, int]:
    """The group of each row of ``joints`` (M, 3 + L) that is near enough to one; ``means`` (G, L) are their tags."""
    difference = joints[:, None, 3:] - means
    distances = np.abs(difference[..., 0]) if means.shape[1] == 1 else np.sqrt((difference**2).sum(axis=2))
    costs = np.round(distances) * 100 - joints[:, 2:3] if spec.use_scores else distances
    pairs = best_pairs(-costs)
    return {row: group for row, group in pairs if distances[row, group] < spec.tag_threshold}
