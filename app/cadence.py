"""When the detector looks: now and then, at once when somebody is missing, seldom where nothing happens."""

from __future__ import annotations

import numpy as np

from app.people import Floats, Frame
from app.track import Tracker
from app.watch import Watch

DOUBT = 0.45
"""Under this mean of keypoint scores the pose may have slipped off the person: the detector looks again."""

CALM = 5
"""Where nothing happens the detector looks so many times less often."""

MOVED = 0.1
"""Whose box has moved or changed by so many sizes since the detector looked is on the move."""

NEAR = 0.1
"""People who come this near to each other, in sizes, may be mixed up: that is not calm."""

LATE_S = 1e-6
"""Time stamps are not more exact than this."""


class Cadence:
    """Says for each frame, in order, whether the detector is wanted; ``every`` is the usual time between two looks."""

    def __init__(self, tracker: Tracker, every: float) -> None:
        self.every = every
        self._tracker = tracker
        self._watch = Watch()
        self.reset()

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""
        self._watch.reset()
        self._looked_s = -np.inf
        self._restless = False
        self._then: Floats = np.empty((0, 4), np.float32)

    def due(self, frame: Frame) -> bool:
        """Whether the detector is to look at ``frame``, the next one."""
        wanted = self._wanted(frame)
        if not wanted and self._waited_s(frame) >= self.every:
            self._restless = False
        return wanted

    def foreseen(self, frame: Frame) -> bool:
        """Whether the detector will have to look at ``frame``, which is still to come: a guess."""
        return self._wanted(frame) or (self._restless and self._waited_s(frame) >= self.every)

    def looked(self, frame: Frame) -> None:
        """The detector has looked at ``frame``, and the tracker has been told."""
        # What has happened until now will go on for a while.
        self._restless = self._waited_s(frame) < CALM * self.every
        self._looked_s, self._then = frame.time_s, self._boxes()
        self._watch.remember(frame, self._then)

    def _waited_s(self, frame: Frame) -> float:
        return frame.time_s - self._looked_s + LATE_S

    def _wanted(self, frame: Frame) -> bool:
        waited_s = self._waited_s(frame)
        if waited_s >= CALM * self.every or self._missing(frame):
            return True
        return waited_s >= self.every and (self._busy() or self._watch.stirred(frame, self._boxes()))

    def _boxes(self) -> Floats:
        return np.array([track.expected for track in self._tracker.in_sight], np.float32).reshape(-1, 4)

    def _missing(self, frame: Frame) -> bool:
        """Nobody is in sight, or somebody who has not walked out of the picture is not seen well."""
        height, width = frame.image.shape[:2]
        in_sight = self._tracker.in_sight
        return not in_sight or any(
            track.presence < DOUBT if track in in_sight else _inside(track.expected, width, height)
            for track in self._tracker.tracks
            if track.id and not self._tracker.away(track)
        )

    def _busy(self) -> bool:
        """Somebody is on the move, is out of sight or not known for sure yet, or people are near each other."""
        if any(not track.id or track not in self._tracker.in_sight for track in self._tracker.tracks):
            return True
        boxes = self._boxes()
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0, keepdims=True)
        if len(boxes) != len(self._then) or (np.abs(boxes - self._then) > MOVED * sizes).any():
            return True
        low, high = boxes[:, :2] - NEAR * sizes, boxes[:, 2:] + NEAR * sizes
        meet = (np.minimum(high[:, None], high) > np.maximum(low[:, None], low)).all(axis=2)
        return bool(meet.sum() > len(boxes))


def _inside(box: Floats, width: int, height: int) -> bool:
    """Whether ``box`` (4,) lies in the picture without touching its border."""
    edge = 0.01 * max(width, height)
    return bool(box[0] > edge and box[1] > edge and box[2] < width - edge and box[3] < height - edge)
