"""When the detector looks: now and then, and at once when somebody is missing."""

from __future__ import annotations

import numpy as np

from app.people import Floats, Frame
from app.track import Tracker

DOUBT = 0.45
"""Under this mean of keypoint scores the pose may have slipped off the person: the detector looks again."""

LATE_S = 1e-6
"""Time stamps are not more exact than this."""


class Cadence:
    """Says for each frame whether the detector is wanted; ``every`` is the time in seconds between two looks."""

    def __init__(self, tracker: Tracker, every: float) -> None:
        self.every = every
        self._tracker = tracker
        self.reset()

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""
        self._looked_s = -np.inf

    def due(self, frame: Frame) -> bool:
        """Whether the detector is to look at ``frame``; for one that is still to come, whether it will have to."""
        return frame.time_s - self._looked_s + LATE_S >= self.every or self._missing(frame)

    def looked(self, frame: Frame) -> None:
        """The detector has looked at ``frame``."""
        self._looked_s = frame.time_s

    def _missing(self, frame: Frame) -> bool:
        """Nobody is in sight, or somebody who has not walked out of the picture is not seen well."""
        height, width = frame.image.shape[:2]
        in_sight = self._tracker.in_sight
        return not in_sight or any(
            track.presence < DOUBT if track in in_sight else _inside(track.expected, width, height)
            for track in self._tracker.tracks
            if track.id and not self._tracker.away(track)
        )


def _inside(box: Floats, width: int, height: int) -> bool:
    """Whether ``box`` (4,) lies in the picture without touching its border."""
    edge = 0.01 * max(width, height)
    return bool(box[0] > edge and box[1] > edge and box[2] < width - edge and box[3] < height - edge)
