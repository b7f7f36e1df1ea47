"""Keeps count of what was sent to an address, as ``Output`` does of what is in a file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.sinks.live import Link, Sender
from app.sinks.output import Output


class SentOutput(Output):
    """Passes frames to ``sender`` until that fails; ``frames`` is the number of frames passed.

    ``link`` is closed with it, if it is given.
    """

    is_passing = True
    """A frame that is missing here is missing from no recording."""

    def __init__(self, address: LiveAddress, sender: Sender, link: Link | None = None) -> None:
        super().__init__(sender)
        self.address = address
        self._sender = sender
        self._link = link

    @property
    def warnings(self) -> Sequence[Message]:
        """What was not sent, in sentences."""
        return self._sender.warnings

    def close(self) -> None:
        """End the run; idempotent. Raises StanceError if that fails for the first time."""
        try:
            super().close()
        finally:
            self._close_link()

    def _fail(self, error: StanceError) -> None:
        self.reason = self.failure = error
        with suppress(Exception):  # the same fault again
            self._sender.close()
        self._close_link()

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()


class SameSkeleton(SentOutput):
    """Leaves out frames whose people have another number of keypoints than ``keypoints``.

    While the pose model changes, a few frames of the other one still come, which the head does not describe.
    """

    def __init__(self, address: LiveAddress, sender: Sender, keypoints: int) -> None:
        super().__init__(address, sender)
        self._keypoints = keypoints

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """See ``Output``."""
        if all(len(person.keypoints) == self._keypoints for person in poses.people):
            super().write(frame, poses, name)
