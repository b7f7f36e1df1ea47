"""The points in three dimensions of tracked people: lifted or from the pose model, then smoothed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np

from app.core.people import Floats, Frame
from app.core.settings import Settings, Smooth
from app.core.skeleton import Skeleton
from app.lifting.bones import RunningLengths
from app.lifting.skeleton_points import from_pelvis, hips_of
from app.pose.model import FrameLifter, Lifter
from app.pose.track_windows import TrackWindows
from app.tracking.smoothing import Smoother
from app.tracking.tracker import Track

STAGE = "lift"
"""Name of the stage of lifters, in the times of a frame."""
STATURE_M = 1.7
"""Size of people for the smoothing of points, in meters."""
ORIGIN_M = 1e-3
"""A pelvis so near to the origin is meant to be there, in meters."""


class Lifting:
    """Adds points to the people of each frame, by ``lifters`` or as the pose model gives them.

    Frames come in order of time. A lifter that needs later frames gets the last one instead, as at the end of a clip.
    ``timed`` gives the context of a stage: of the lifters, or of smoothing.
    """

    def __init__(
        self,
        lifters: Sequence[Lifter | FrameLifter],
        skeleton: Skeleton,
        settings: Settings,
        timed: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self.lifters = lifters
        self._timed = timed
        self._skeleton = skeleton
        self._hips = hips_of(skeleton)
        self._windows = TrackWindows(1 + max((lifter.history[0] for lifter in lifters), default=0))
        self._found: tuple[float, dict[int, Floats]] = (0.0, {})
        self._begin(settings)

    def adjust(self, settings: Settings) -> None:
        """Use other settings; if they change smoothing or bones, both begin anew with the people of the last frame."""
        if _choices(settings) != self._choices:
            self._begin(settings)
            self._steady(*self._found)

    def _begin(self, settings: Settings) -> None:
        self._choices = _choices(settings)
        self._smoother = Smoother(settings.smooth, settings.threshold)
        self._lengths = RunningLengths(self._skeleton, settings.threshold) if settings.hold_bones else None

    def reset(self) -> None:
        """Forget all people."""
        self._windows.reset()
        self._smoother.reset()
        self._found = (0.0, {})
        if self._lengths is not None:
            self._lengths.reset()

    def update(self, frame: Frame, tracks: Sequence[Track], keypoints: Sequence[Floats]) -> list[Floats | None]:
        """Points (K, 4) of each of ``tracks``, whose smoothed ``keypoints`` are (K, 3); None without any."""
        points: list[Floats | None] = [track.points_3d for track in tracks]
        for lifter in self.lifters:
            with self._timed(STAGE):
                points = list(self._lift(lifter, frame, tracks, keypoints))
        found = {track.id: own for track, own in zip(tracks, points, strict=True) if own is not None}
        self._found = (frame.time_s, found)
        with self._timed("smooth"):
            by_id = self._steady(*self._found)
        return [by_id.get(track.id) for track in tracks]

    def predict(self, time_s: float, ids: Sequence[int]) -> list[Floats | None]:
        """Points (K, 4) of each of ``ids``, extrapolated to ``time_s``, shortly after the last update."""
        known = list(self._found[1])
        predicted = self._smoother.predict(time_s, known, [STATURE_M] * len(known))
        if self._lengths is not None:
            predicted = self._lengths.hold(known, predicted)
        by_id = dict(zip(known, predicted, strict=True))
        return [by_id.get(number) for number in ids]

    def _steady(self, time_s: float, found: dict[int, Floats]) -> dict[int, Floats]:
        """The points that were ``found`` at ``time_s``, smoothed, by id."""
        ids = list(found)
        steady = self._smoother.update(time_s, ids, list(found.values()), [STATURE_M] * len(ids))
        if self._lengths is not None:
            steady = self._lengths.update(ids, steady)
        return {number: self._at_origin(found[number], own) for number, own in zip(ids, steady, strict=True)}

    def _at_origin(self, points: Floats, steady: Floats) -> Floats:
        """The smoothed points ``steady`` (K, 4) with the pelvis as origin, if ``points`` (K, 4) have it there."""
        if not self._hips or np.abs(points[self._hips, :3].mean(axis=0)).max() > ORIGIN_M:
            return steady
        return from_pelvis(steady, self._hips)

    def _lift(
        self, lifter: Lifter | FrameLifter, frame: Frame, tracks: Sequence[Track], keypoints: Sequence[Floats]
    ) -> list[Floats]:
        ids, boxes = [track.id for track in tracks], [track.expected for track in tracks]
        windows = self._windows.add(frame, ids, boxes, keypoints)
        if hasattr(lifter, "lift_all"):
            return [points.astype("float32", copy=False) for points in lifter.lift_all(frame, windows)]
        return [lifter.lift(window)[-1].astype("float32") for window in windows]


def _choices(settings: Settings) -> tuple[Smooth, float, bool]:
    return settings.smooth, settings.threshold, settings.hold_bones
