"""The rotated square around a body, from the keypoints of any network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.pose.rotated_region import UP, Regions, regions_of_lines

MIN_SCORE = 0.3
"""Keypoints that score less are not seen."""

PADDING = 1.25
"""The region to the circle around the body, as the network of MediaPipe gets it."""

REACH = 1.05
"""The circle to the distance of the furthest keypoint from the hips."""

BODY_PER_TRUNK = 1.9
"""The circle to the distance from the middle of the hips to that of the shoulders, of a person who stands."""

TRUNK_PER_SHOULDERS, TRUNK_PER_NECK = 1.4, 2.2
"""That distance to the one between the shoulders, and to the one from them to the nose, of a person from the front."""


class BodyRegions:
    """Regions for keypoints of ``skeleton``, as wide as MediaPipe's (see ``regions_of_lines``).

    Raises StanceError if the skeleton has no shoulders and hips.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        rows = {name: row for row, name in enumerate(skeleton.names)}
        ends = [f"{side}_{part}" for part in ("hip", "shoulder") for side in ("left", "right")]
        if not all(end in rows for end in ends):
            raise StanceError(
                "The skeleton {skeleton} has no hips and shoulders: wanted a pose model of whole bodies.",
                skeleton=skeleton.name,
            )
        self._hips, self._shoulders = [rows[name] for name in ends[:2]], [rows[name] for name in ends[2:]]
        self._head = [rows[name] for name in ("nose", "left_ear", "right_ear") if name in rows]

    def __call__(self, keypoints: Floats) -> Regions:
        """The regions of N people with ``keypoints`` (N, K, 3) = x y score in pixels."""
        people = [self._lines(pose, pose[:, 2] >= MIN_SCORE) for pose in keypoints]
        hips, tops = np.array(people, np.float32).reshape(-1, 2, 2).transpose(1, 0, 2)
        return regions_of_lines(hips, tops, UP, PADDING)

    def _lines(self, pose: Floats, seen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """The middle of the hips, and the end of the circle's radius above it."""
        shoulders = pose[self._shoulders, :2].mean(axis=0)
        hips = pose[self._hips, :2].mean(axis=0)
        if not seen[self._hips].any() and seen[self._shoulders].any():
            hips = shoulders + self._trunk(pose, seen)
        trunk = shoulders - hips
        length = float(np.linalg.norm(trunk))
        apart = np.linalg.norm(pose[seen, :2] - hips, axis=1).max(initial=0.0)
        radius = max(float(apart) * REACH, length * BODY_PER_TRUNK, 1.0)
        up = trunk / length if length > 0 else np.array([0, -1], np.float32)
        return hips, hips + up * radius

    def _trunk(self, pose: Floats, seen: NDArray[np.bool_]) -> Floats:
        """The vector (2,) from the middle of the shoulders to that of the hips, which are not seen."""
        left, right = pose[self._shoulders, :2]
        middle, across = (left + right) / 2, left - right
        head = [row for row in self._head if seen[row]]
        neck = middle - pose[head, :2].mean(axis=0) if head else np.zeros(2, np.float32)
        length = max(np.linalg.norm(across) * TRUNK_PER_SHOULDERS, np.linalg.norm(neck) * TRUNK_PER_NECK)
        down = np.array([-across[1], across[0]], np.float32)
        down *= -1 if down @ neck < 0 or (not head and down[1] < 0) else 1
        size = float(np.linalg.norm(down))
        return (down / size if size > 0 else np.array([0, 1], np.float32)) * np.float32(length)
