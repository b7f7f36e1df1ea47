"""The last estimated frames of every track, for lifters that need more than one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from app.core.people import Floats, Frame
from app.pose.model import TrackWindow

Row = tuple[float, Floats, Floats]


class TrackWindows:
    """Keeps up to ``length`` frames of each track that is visible."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._rows: dict[int, deque[Row]] = {}

    def reset(self) -> None:
        """Forget all tracks."""
        self._rows.clear()

    def add(
        self, frame: Frame, ids: Sequence[int], boxes: Sequence[Floats], keypoints: Sequence[Floats]
    ) -> list[TrackWindow]:
        """Add the tracks of ``frame`` (``boxes`` (4,) and ``keypoints`` (K, 3) each); returns their windows.

        Tracks that are not among ``ids`` are forgotten.
        """
        new = {id_: self._rows.get(id_) or deque(maxlen=self._length) for id_ in ids}
        for id_, box, points in zip(ids, boxes, keypoints, strict=True):
            new[id_].append((frame.time_s, points, box))
        self._rows = new
        return [_window(id_, rows, frame.size) for id_, rows in new.items()]


def _window(id_: int, rows: deque[Row], size: tuple[int, int]) -> TrackWindow:
    times, keypoints, boxes = zip(*rows, strict=True)
    return TrackWindow(id_, np.array(times), np.stack(keypoints), np.stack(boxes), size)
