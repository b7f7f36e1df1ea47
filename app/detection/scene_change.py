"""Whether the picture has changed since the detector last ran, told from small gray copies of the frames."""

from __future__ import annotations

import cv2
import numpy as np

from app.core.people import Floats, Frame, Image

SIDE = 160
"""Longer side of the small copies, in pixels."""

MIN_CHANGE = 8.0
"""Smallest difference in gray (of 255) at any place that counts as a change; noise of cameras stays below it."""


class SceneChange:
    """Compares frames with the one in which the detector last ran."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the frame: the next one does not follow it."""
        self._detected: Floats | None = None

    def mark_detected(self, frame: Frame) -> None:
        """Compare with ``frame`` from now on."""
        self._detected = small_gray(frame.image)

    def has_changed(self, frame: Frame) -> bool:
        """Whether ``frame`` shows something else than the frame of the last detection; True if there was none."""
        before = self._detected
        if before is None:
            return True
        now = small_gray(frame.image)
        return now.shape != before.shape or float(cv2.absdiff(now, before).max()) >= MIN_CHANGE


def small_gray(image: Image) -> Floats:
    """A gray copy (h, w) of ``image`` (H, W, 3), about ``SIDE`` pixels long; each value is a mean of some pixels."""
    height, width = image.shape[:2]
    step = max(max(height, width) // SIDE, 1)
    rows = image[min(step // 2, height - 1) :: step, : max(width // step, 1) * step]
    small = cv2.resize(rows, (max(width // step, 1), len(rows)), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.blur(gray, (3, 3)), np.float32)
