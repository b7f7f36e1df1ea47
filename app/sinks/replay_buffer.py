"""The last seconds of what is live, to be saved after the fact."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.people import Frame, FramePoses
from app.sinks import Sink

QUALITY = 92
MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    data: NDArray[np.uint8]
    poses: FramePoses


class Ring:
    """Keeps the last ``seconds`` of frames, as JPEG, with their people; at most about half a gigabyte."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._moments: deque[_Moment] = deque()
        self._bytes = 0

    @property
    def paths(self) -> list[Path]:
        """No file."""
        return []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Keep one frame and forget those that are older than ``seconds``."""
        _, data = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        with self._lock:
            self._moments.append(_Moment(data.reshape(-1).astype(np.uint8, copy=False), poses))
            self._bytes += data.nbytes
            oldest_s = poses.time_s - self.seconds
            while self._moments[0].poses.time_s < oldest_s or self._bytes > MOST_BYTES:
                self._bytes -= self._moments.popleft().data.nbytes

    def close(self) -> None:
        """Nothing is left open."""

    @property
    def kept_s(self) -> float:
        """How many seconds are kept by now."""
        with self._lock:
            return self._moments[-1].poses.time_s - self._moments[0].poses.time_s if self._moments else 0.0

    def pour(self, sinks: Sequence[Sink]) -> int:
        """Write everything that is kept into ``sinks`` and close them; gives the number of frames.

        Raises StanceError where one of them does; all are closed.
        """
        with self._lock:
            moments = list(self._moments)
        try:
            for moment in moments:
                image = np.asarray(cv2.imdecode(moment.data, cv2.IMREAD_COLOR), np.uint8)
                frame = Frame(moment.poses.index, moment.poses.time_s, image)
                for sink in sinks:
                    sink.write(frame, moment.poses)
        finally:
            for sink in sinks:
                sink.close()
        return len(moments)
