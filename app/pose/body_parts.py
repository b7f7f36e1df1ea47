"""Adds the keypoints of hands and faces to tracked people, after the body: it does not depend on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np

from app.core.composed_skeleton import SIDES, Layout
from app.core.people import Floats, Frame
from app.core.settings import Settings
from app.pose.found_parts import FoundParts, InEachFrame, PartFinder, PartRunner
from app.pose.parts_in_space import PartsInSpace, numbers_of
from app.tracking.smoothing import Smoother
from app.tracking.tracker import Track

Timed = Callable[[str], AbstractContextManager[None]]


class WholePeople(NamedTuple):
    """N people with all their keypoints: smoothed and as ``measured`` (K, 3) each, and their ``points_3d`` (K, 4)."""

    keypoints: Sequence[Floats]
    measured: Sequence[Floats]
    points_3d: Sequence[Floats | None]


class BodyParts:
    """Finds the parts of each person, and smooths each part by itself, in units of its own size.

    Frames come in order of time. ``layout`` is that of all keypoints; ``timed`` gives the context of a finder's stage.
    ``runner`` calls the finders.
    """

    def __init__(self, finders: Sequence[PartFinder], layout: Layout, settings: Settings, timed: Timed) -> None:
        self.layout = layout
        self.runner: PartRunner = InEachFrame()
        self._finders = [_TimedFinder(finder, timed) for finder in finders]
        wrists = [layout.skeleton.names.index(f"{side}_wrist") for side in SIDES if layout.hands[0]]
        self._space = PartsInSpace(wrists, settings)
        self._timed = timed
        self._begin(settings)
        self.reset()

    def _begin(self, settings: Settings) -> None:
        self._settings = settings
        self._smoothers = [Smoother(settings.smooth, settings.threshold) for _ in self._finders]

    def adjust(self, settings: Settings) -> None:
        """Use other smoothing, which begins anew with the people of the last frame."""
        if (self._settings.smooth, self._settings.threshold) != (settings.smooth, settings.threshold):
            self._begin(settings)
            self._smooth(self._time_s)
            self._space.restart(settings)

    def reset(self) -> None:
        """Forget all people."""
        self.runner.forget()
        self._time_s, self._ids = 0.0, list[int]()
        self._found: list[FoundParts] = []
        self._space.restart(self._settings)
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
        poses = np.array(bodies)
        self._found = [self.runner.find(finder, frame, self._ids, poses) for finder in self._finders]
        with self._timed("smooth"):
            whole = _joined(steady, self._smooth(frame.time_s))
            in_space = self._space.update(frame.time_s, self._ids, self._found, points_3d)
        return WholePeople(whole, _joined(bodies, [found.keypoints for found in self._found]), in_space)

    def predict(self, time_s: float, steady: Sequence[Floats], points_3d: Sequence[Floats | None]) -> WholePeople:
        """The people of the last frame with their parts, predicted to ``time_s``.

        Their bodies ``steady`` (K, 3) and ``points_3d`` (K, 4) are predicted already.
        """
        if not self._found:
            return WholePeople(steady, steady, points_3d)
        parts = []
        for found, smoother in zip(self._found, self._smoothers, strict=True):
            rows = smoother.predict(time_s, numbers_of(self._ids, found), found.sizes.reshape(-1).tolist())
            parts.append(_placed(np.array(rows).reshape(found.keypoints.shape), found))
        whole = _joined(steady, parts)
        return WholePeople(whole, whole, self._space.predict(time_s, self._found, points_3d))

    def _smooth(self, time_s: float) -> list[Floats]:
        """The smoothed keypoints (N, P, K, 3) of what each finder found."""
        smoothed = []
        for found, smoother in zip(self._found, self._smoothers, strict=True):
            rows = list(found.keypoints.reshape(-1, *found.keypoints.shape[2:]))
            numbers, sizes = numbers_of(self._ids, found), found.sizes.reshape(-1).tolist()
            steady = np.array(smoother.update(time_s, numbers, rows, sizes))
            smoothed.append(_placed(steady.reshape(found.keypoints.shape), found))
        return smoothed


class _TimedFinder:
    """``finder``, whose time is measured in whichever thread it is called."""

    def __init__(self, finder: PartFinder, timed: Timed) -> None:
        self.stage, self.places, self.reset = finder.stage, finder.places, finder.reset
        self._finder = finder
        self._timed = timed

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """See ``PartFinder``."""
        with self._timed(self.stage):
            return self._finder.find(frame, ids, poses)


def _placed(steady: Floats, found: FoundParts) -> Floats:
    """Smoothed keypoints (N, P, K, 3); parts that were not found are where they were put."""
    return np.where(found.keypoints[..., 2:] > 0, steady, found.keypoints)


def _joined(bodies: Sequence[Floats], parts: Sequence[Floats]) -> list[Floats]:
    """The keypoints (K, 3) of each body, followed by those of its ``parts`` (N, P, K, 3)."""
    return [np.concatenate([body, *(part[row].reshape(-1, 3) for part in parts)]) for row, body in enumerate(bodies)]
