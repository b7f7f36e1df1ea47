"""Whether anything happens where nobody is known: if nothing does, the detector need not look so often."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.people import Floats, Frame, Image

CELLS = 48
"""Cells along the picture's longer side: the smallest person that detectors find covers more than one."""

SAMPLED = 4
"""Each cell is the mean of so many pixels in both directions."""

STIR = 6.0
"""Grey levels, of 255, by which four cells together change when somebody comes in; noise and leaves stay below."""

AROUND = 0.15
"""How far around a person, in sizes, changes are put down to that person."""

KEPT = 16
"""So many frames may be asked about in turn."""


class Watch:
    """Remembers a small picture from when the detector last looked, and where everybody was."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing has been seen yet."""
        self._then: Floats | None = None
        self._boxes: Floats = np.empty((0, 4), np.float32)
        self._cells: dict[int, Floats] = {}

    def remember(self, frame: Frame, boxes: Floats) -> None:
        """The detector looked at ``frame``, in which people are in ``boxes`` (N, 4)."""
        self._then, self._boxes = self._small(frame), boxes

    def stirred(self, frame: Frame, boxes: Floats) -> bool:
        """Whether ``frame`` is another one than then, outside the ``boxes`` (N, 4) of people now and then."""
        now = self._small(frame)
        if self._then is None or self._then.shape != now.shape:
            return True
        change = now - self._then
        height, width = frame.image.shape[:2]
        _hide(change, np.concatenate([boxes, self._boxes]), np.array(now.shape[::-1]) / (width, height))
        return bool(np.abs(cv2.blur(change, (2, 2))).max() > STIR)

    def _small(self, frame: Frame) -> Floats:
        if frame.index not in self._cells:
            if len(self._cells) >= KEPT:
                del self._cells[next(iter(self._cells))]
            self._cells[frame.index] = _grey_cells(frame.image)
        return self._cells[frame.index]


def _grey_cells(image: Image) -> Floats:
    """The mean grey of each cell of ``image`` (H, W, 3)."""
    cells = [max(round(CELLS * side / max(image.shape[:2])), 1) for side in image.shape[1::-1]]
    sampled = cv2.resize(image, [side * SAMPLED for side in cells], interpolation=cv2.INTER_NEAREST)
    grey = cv2.resize(cv2.cvtColor(sampled, cv2.COLOR_BGR2GRAY), cells, interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def _hide(change: Floats, boxes: Floats, scale: NDArray[np.float64]) -> None:
    """Set ``change`` to nothing around ``boxes`` (N, 4); ``scale`` is cells a pixel, in x and y."""
    margin = AROUND * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0, keepdims=True)
    low = np.floor((boxes[:, :2] - margin) * scale).clip(0).astype(int)
    high = np.ceil((boxes[:, 2:] + margin) * scale).clip(0).astype(int)
    for (x0, y0), (x1, y1) in zip(low, high, strict=True):
        change[y0:y1, x0:x1] = 0
