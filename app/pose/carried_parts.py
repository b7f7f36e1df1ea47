"""Hands and faces of an earlier frame on the bodies of a later one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.core.people import Floats
from app.pose.found_parts import FOLLOWED_SCORE, FoundParts


class CarriedParts(NamedTuple):
    """What was ``found`` at ``time_s`` on N people with these ``ids``, at ``places`` (N, P, 3) of their bodies."""

    time_s: float
    ids: Sequence[int]
    places: Floats
    found: FoundParts

    def to(self, ids: Sequence[int], places: Floats) -> FoundParts:
        """The same parts on M people with these ``ids``: moved with ``places`` (M, P, 3), in the same shape.

        Parts of people who were not there, and of places that are not seen, are at their place with the score 0, as
        those that were not found.
        """
        rows = np.array([self.ids.index(number) if number in self.ids else -1 for number in ids])
        before, parts = self.places[rows], self.found.keypoints[rows]
        is_seen = np.minimum(before[..., 2], places[..., 2]) >= FOLLOWED_SCORE
        is_found = (rows >= 0)[:, None] & is_seen & (parts[..., 0, 2] > 0)
        moved = parts[..., :2] + (places - before)[:, :, None, :2]
        keypoints = np.empty_like(parts)
        keypoints[..., :2] = np.where(is_found[..., None, None], moved, places[:, :, None, :2])
        keypoints[..., 2] = np.where(is_found[..., None], parts[..., 2], 0)
        world = None if self.found.world is None else self.found.world[rows]
        return FoundParts(keypoints, world, np.where(is_found, self.found.sizes[rows], 1).astype(np.float32))
