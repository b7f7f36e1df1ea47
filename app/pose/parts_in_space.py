"""Hands in space: they begin at the wrists of the body, and are smoothed like their pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.people import Floats
from app.core.settings import Settings
from app.pose.found_parts import FoundParts
from app.tracking.smoothing import Smoother

PARTS_PER_ID = 4
"""Parts of a person are smoothed under numbers of their own: this many times the id, and more."""
REGION_M = 0.35
"""About the side of the region of an adult's hand, in meters: the unit in which hands are smoothed."""


class PartsInSpace:
    """Places the parts that have ``FoundParts.world`` at the body's keypoints ``wrists``, one for each part.

    Frames come in order of time. Parts are smoothed around their first point, so that they stay at the wrist, which is
    smoothed with the body.
    """

    def __init__(self, wrists: Sequence[int], settings: Settings) -> None:
        self._wrists = list(wrists)
        self.restart(settings)

    def restart(self, settings: Settings) -> None:
        """Use the smoothing of ``settings``, and forget all people: what comes next is taken as it is found."""
        self._smoother = Smoother(settings.smooth, settings.threshold)
        self._ids: list[int] = []

    def update(
        self, time_s: float, ids: Sequence[int], found: Sequence[FoundParts], points_3d: Sequence[Floats | None]
    ) -> list[Floats | None]:
        """The ``points_3d`` (K, 4) of the people ``ids``, followed by those of what was ``found`` on them.

        Points of parts that the network does not place in space have the score 0, as those of parts that were not
        found. None stays None.
        """
        if all(points is None for points in points_3d):
            self._ids = []
            return list(points_3d)
        self._ids = list(ids)
        worlds = []
        for part in found:
            rows = [] if part.world is None else self._smoother.update(time_s, *_rows(ids, part, part.world))
            worlds.append(_in_meters(rows, part))
        return self._joined(points_3d, found, worlds)

    def predict(
        self, time_s: float, found: Sequence[FoundParts], points_3d: Sequence[Floats | None]
    ) -> list[Floats | None]:
        """The same for the people of the last update, predicted to ``time_s``.

        ``points_3d`` (K, 4) are predicted already.
        """
        if not self._ids:
            return self._joined(points_3d, found, [part.world for part in found])
        worlds = []
        for part in found:
            numbers, sizes = numbers_of(self._ids, part), [1.0] * len(self._ids) * part.keypoints.shape[1]
            rows = [] if part.world is None else self._smoother.predict(time_s, numbers, sizes)
            worlds.append(_in_meters(rows, part))
        return self._joined(points_3d, found, worlds)

    def _joined(
        self, points_3d: Sequence[Floats | None], found: Sequence[FoundParts], worlds: Sequence[Floats | None]
    ) -> list[Floats | None]:
        whole: list[Floats | None] = []
        for person, points in enumerate(points_3d):
            if points is None:
                whole.append(None)
                continue
            rows = [points]
            for part, world in zip(found, worlds, strict=True):
                own = np.zeros((*part.keypoints.shape[1:3], 4), np.float32)
                if world is not None:
                    wrists = points[self._wrists]
                    scores = np.minimum(part.keypoints[person, ..., 2], wrists[:, None, 3])
                    placed = wrists[:, None, :3] + world[person]
                    own[..., :3], own[..., 3] = np.where(scores[..., None] > 0, placed, 0), scores
                rows.append(own.reshape(-1, 4))
            whole.append(np.concatenate(rows))
        return whole


def numbers_of(ids: Sequence[int], found: FoundParts) -> list[int]:
    """A number for each part of each person, by which it is smoothed."""
    return [PARTS_PER_ID * number + part for number in ids for part in range(found.keypoints.shape[1])]


def _rows(ids: Sequence[int], part: FoundParts, world: Floats) -> tuple[list[int], list[Floats], list[float]]:
    """Numbers, points (K, 4) in units of a region with their scores, and sizes: what a ``Smoother`` takes."""
    points = np.concatenate([world / REGION_M, part.keypoints[..., 2:]], axis=-1).reshape(-1, world.shape[2], 4)
    return numbers_of(ids, part), list(points.astype(np.float32)), [1.0] * len(points)


def _in_meters(rows: Sequence[Floats], part: FoundParts) -> Floats | None:
    """The points (N, P, K, 3) of the smoothed ``rows`` (K, 4), from the first keypoint on; None without any."""
    if part.world is None:
        return None
    placed = np.array(rows, np.float32)[..., :3].reshape(part.world.shape) * np.float32(REGION_M)
    return np.asarray(placed - placed[:, :, :1], np.float32)
