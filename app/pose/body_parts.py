"""Adds the keypoints of hands and faces to tracked people, after the body: it does not depend on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np

from app.core.composed_skeleton import SIDES, Layout
from app.core.people import Floats, Frame
from app.core.settings import Settings
from app.pose.found_parts import FoundParts, PartFinder
from app.tracking.smoothing import Smoother
from app.tracking.tracker import Track

Timed = Callable[[str], AbstractContextManager[None]]
PARTS_PER_ID = 4
"""Parts of a person are smoothed under numbers of their own: this many times the id, and more."""


class WholePeople(NamedTuple):
    """N people with all their keypoints: smoothed and as ``measured`` (K, 3) each, and their ``points_3d`` (K, 4)."""

    keypoints: Sequence[Floats]
    measured: Sequence[Floats]
    points_3d: Sequence[Floats | None]


class BodyParts:
    """Finds the parts of each person, and smooths each part by itself, in units of its own size.

    Frames come in order of time. ``layout`` is that of all keypoints; ``timed`` gives the context of a finder's stage.
    """

    def __init__(self, finders: Sequence[PartFinder], layout: Layout, settings: Settings, timed: Timed) -> None:
        self.layout = layout
        self._finders = finders
        self._wrists = [layout.skeleton.names.index(f"{side}_wrist") for side in SIDES if layout.hands[0]]
        self._timed = timed
        self.reset()
        self._begin(settings)

    def _begin(self, settings: Settings) -> None:
        self._choices = (settings.smooth, settings.threshold)
        self._smoothers = [Smoother(settings.smooth, settings.threshold) for _ in self._finders]

    def adjust(self, settings: Settings) -> None:
        """Use other smoothing, which begins anew with the people of the last frame."""
        if self._choices != (settings.smooth, settings.threshold):
            self._begin(settings)
            self._smooth(self._time_s)

    def reset(self) -> None:
        """Forget all people."""
        self._time_s, self._ids = 0.0, list[int]()
        self._found: list[FoundParts] = []
        for finder in self._finders:
            finder.reset()

    def add(
        self, frame: Frame, tracks: Sequence[Track], steady: Sequence[Floats], points_3d: Sequence[Floats | None]
    ) -> WholePeople:
        """The people of ``tracks`` with their parts in ``frame``.

        ``steady`` are the smoothed keypoints (K, 3) of their bodies, ``points_3d`` (K, 4) theirs in space, if there are
        any.
        """
        bodies = [track.keypoints for track in tracks]
        if not self._finders or not tracks:
            if self._ids:
                self.reset()
            return WholePeople(steady, bodies, points_3d)
        self._time_s, self._ids = frame.time_s, [track.id for track in tracks]
        self._found = []
        for finder in self._finders:
            with self._timed(finder.stage):
                self._found.append(finder.find(frame, self._ids, np.array(bodies)))
        with self._timed("smooth"):
            whole = _joined(steady, self._smooth(frame.time_s))
        return WholePeople(
            whole, _joined(bodies, [found.keypoints for found in self._found]), self._in_space(points_3d)
        )

    def predict(self, time_s: float, steady: Sequence[Floats], points_3d: Sequence[Floats | None]) -> WholePeople:
        """The people of the last frame with their parts, predicted to ``time_s``.

        Their bodies ``steady`` (K, 3) and ``points_3d`` (K, 4) are predicted already.
        """
        if not self._found:
            return WholePeople(steady, steady, points_3d)
        parts = []
        for found, smoother in zip(self._found, self._smoothers, strict=True):
            rows = smoother.predict(time_s, _numbers(self._ids, found), found.sizes.reshape(-1).tolist())
            parts.append(_placed(np.array(rows).reshape(found.keypoints.shape), found))
        whole = _joined(steady, parts)
        return WholePeople(whole, whole, self._in_space(points_3d))

    def _smooth(self, time_s: float) -> list[Floats]:
        """The smoothed keypoints (N, P, K, 3) of what each finder found."""
        smoothed = []
        for found, smoother in zip(self._found, self._smoothers, strict=True):
            rows = list(found.keypoints.reshape(-1, *found.keypoints.shape[2:]))
            numbers, sizes = _numbers(self._ids, found), found.sizes.reshape(-1).tolist()
            steady = np.array(smoother.update(time_s, numbers, rows, sizes))
            smoothed.append(_placed(steady.reshape(found.keypoints.shape), found))
        return smoothed

    def _in_space(self, points_3d: Sequence[Floats | None]) -> list[Floats | None]:
        """``points_3d`` (K, 4) with those of the hands, which begin at the wrists; those of faces are not known."""
        whole: list[Floats | None] = []
        for person, points in enumerate(points_3d):
            if points is None:
                whole.append(None)
                continue
            rows = [points]
            for found in self._found:
                own = np.zeros((*found.keypoints.shape[1:3], 4), np.float32)
                if found.world is not None:
                    wrists = points[self._wrists]
                    scores = np.minimum(found.keypoints[person, ..., 2], wrists[:, None, 3])
                    placed = wrists[:, None, :3] + found.world[person]
                    own[..., :3], own[..., 3] = np.where(scores[..., None] > 0, placed, 0), scores
                rows.append(own.reshape(-1, 4))
            whole.append(np.concatenate(rows))
        return whole


def _numbers(ids: Sequence[int], found: FoundParts) -> list[int]:
    """A number for each part of each person, by which it is smoothed."""
    return [PARTS_PER_ID * number + part for number in ids for part in range(found.keypoints.shape[1])]


def _placed(steady: Floats, found: FoundParts) -> Floats:
    """Smoothed keypoints (N, P, K, 3); parts that were not found are where they were put."""
    return np.where(found.keypoints[..., 2:] > 0, steady, found.keypoints)


def _joined(bodies: Sequence[Floats], parts: Sequence[Floats]) -> list[Floats]:
    """The keypoints (K, 3) of each body, followed by those of its ``parts`` (N, P, K, 3)."""
    return [np.concatenate([body, *(part[row].reshape(-1, 3) for part in parts)]) for row, body in enumerate(bodies)]
