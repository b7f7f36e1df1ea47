"""When the detector runs: at regular intervals, and at once when a person is missing."""

from __future__ import annotations

import numpy as np

from app.core.people import Frame

TOLERANCE_S = 1e-6
"""Accuracy of time stamps, in seconds."""


class DetectionSchedule:
    """Decides for each frame whether the detector has to run; ``every`` is the interval in seconds."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.reset()

    def reset(self) -> None:
        """Forget the last run: the next frame does not follow the last one."""
        self._detected_s = -np.inf

    def should_detect(self, frame: Frame, is_someone_missing: bool) -> bool:
        """Whether the detector has to run on ``frame``: the interval has passed, or ``is_someone_missing``."""
        return frame.time_s - self._detected_s + TOLERANCE_S >= self.every or is_someone_missing

    def mark_detected(self, frame: Frame) -> None:
        """Note that the detector has run on ``frame``."""
        self._detected_s = frame.time_s
