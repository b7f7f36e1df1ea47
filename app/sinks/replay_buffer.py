"""Keeps the last seconds of a live source, to be saved afterwards."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.sinks import Sink

QUALITY = 92
"""JPEG quality, 0..100."""
MAX_BYTES = 512 * 2**20
"""Maximum size of the buffer, in bytes."""
ARRIVAL_S = 0.3
"""Longest wait for a frame that is shown already and not yet in the buffer, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _StoredFrame:
    data: NDArray[np.uint8]
    poses: FramePoses


class ReplayBuffer:
    """Keeps the frames of the last ``seconds`` as JPEG with their people; at most ``MAX_BYTES``."""

    name = Message("The replay buffer")
    is_passing = True
    """A frame that is missing here is missing from no recording."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._changed = threading.Condition()
        self._stored: deque[_StoredFrame] = deque()
        self._bytes = 0

    @property
    def paths(self) -> list[Path]:
        """Always empty: the buffer writes no file."""
        return []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Add one frame and drop those that are older than ``seconds``."""
        _, data = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        with self._changed:
            self._stored.append(_StoredFrame(data.reshape(-1).astype(np.uint8, copy=False), poses))
            self._bytes += data.nbytes
            oldest_s = poses.time_s - self.seconds
            while self._stored[0].poses.time_s < oldest_s or self._bytes > MAX_BYTES:
                self._bytes -= self._stored.popleft().data.nbytes
            self._changed.notify_all()

    def close(self) -> None:
        """Do nothing: no file is open."""

    @property
    def seconds_held(self) -> float:
        """The time between the oldest and the newest frame, in seconds."""
        with self._changed:
            return self._stored[-1].poses.time_s - self._stored[0].poses.time_s if self._stored else 0.0

    def snapshot(self, seconds: float = inf, until_s: float = -inf) -> LastSeconds:
        """A snapshot of the last ``seconds`` of the buffer, not changed by later frames.

        If the frame at ``until_s`` is still on its way here, it is waited for, at most ``ARRIVAL_S``.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._stored or self._stored[-1].poses.time_s >= until_s, ARRIVAL_S)
            oldest_s = self._stored[-1].poses.time_s - seconds if self._stored else 0.0
            return LastSeconds(tuple(one for one in self._stored if one.poses.time_s >= oldest_s))

    def at(self, time_s: float) -> tuple[Frame, FramePoses] | None:
        """The frame that was the newest one at ``time_s``, or else the oldest that is held; None without any."""
        with self._changed:
            earlier = (one for one in reversed(self._stored) if one.poses.time_s <= time_s)
            stored = next(earlier, self._stored[0] if self._stored else None)
        return _decoded(stored) if stored is not None else None


class LastSeconds:
    """A snapshot of a replay buffer."""

    def __init__(self, moments: Sequence[_StoredFrame]) -> None:
        self._stored = moments

    def write_to(self, sinks: Sequence[Sink]) -> int:
        """Write all frames to ``sinks`` and close them; returns the number of frames.

        Raises StanceError if one of the sinks does; all are closed in any case.
        """
        with ExitStack() as closing:
            for sink in sinks:
                closing.callback(sink.close)
            for stored in self._stored:
                frame, poses = _decoded(stored)
                for sink in sinks:
                    sink.write(frame, poses)
        return len(self._stored)


def _decoded(stored: _StoredFrame) -> tuple[Frame, FramePoses]:
    image = np.asarray(cv2.imdecode(stored.data, cv2.IMREAD_COLOR), np.uint8)
    return Frame(stored.poses.index, stored.poses.time_s, image), stored.poses
