"""Hides who is in the frames of a file, before it is drawn or encoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from app.core.film_options import Privacy
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.overlay.privacy import NEAR_S, PrivacyFilter
from app.sinks import Sink, unwritten
from app.sinks.header import Header

MAX_BYTES = 256 * 2**20
"""Maximum size of the frames that wait, in bytes."""


class PrivateFrames:
    """Passes frames to ``sink`` without what ``privacy`` hides of the people.

    To hide faces, frames wait for those of the next ``NEAR_S``, so that a person is hidden who is found later only.
    Photos do not follow each other and do not wait.
    """

    def __init__(self, sink: Sink, header: Header, privacy: Privacy) -> None:
        self._sink = sink
        self._still = header.still
        self._skeleton = header.skeleton
        self._filter = PrivacyFilter(header.skeleton, privacy)
        self._waits = privacy == "faces" and not header.still
        self._waiting: deque[tuple[Frame, FramePoses, str]] = deque()
        self._bytes = 0

    @property
    def paths(self) -> Sequence[Path]:
        """The files that the sink has created so far."""
        return self._sink.paths

    @property
    def unwritten(self) -> Message:
        """Why the sink created no file; empty if it did."""
        return next(iter(unwritten([self._sink])), Message(""))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Take one frame, and write those that have waited long enough. Raises StanceError if that fails."""
        self._waiting.append((frame, poses, name))
        self._bytes += frame.image.nbytes
        while self._waiting and not self._may_wait():
            self._pass_first()

    def close(self) -> None:
        """Write what waits and finish the file; idempotent. Raises StanceError if that fails."""
        try:
            while self._waiting:
                self._pass_first()
        finally:
            self._waiting.clear()
            self._sink.close()

    def _may_wait(self) -> bool:
        """Whether the first frame waits for further ones."""
        wait_s = self._waiting[-1][1].time_s - self._waiting[0][1].time_s
        return self._waits and 0 <= wait_s <= NEAR_S and self._bytes <= MAX_BYTES

    def _pass_first(self) -> None:
        frame, poses, name = self._waiting.popleft()
        self._bytes -= frame.image.nbytes
        if self._still:
            self._filter = PrivacyFilter(self._skeleton, self._filter.privacy)  # the people of another photo are others
        later = [other for _, other, _ in self._waiting]
        self._sink.write(self._filter.hide(frame, poses, later), poses, name)
