"""Keeps count of what was sent to an address, as ``Output`` does of what is in a file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.core.message import Message
from app.sinks.live import Sender
from app.sinks.output import Output


class SentOutput(Output):
    """Passes frames to ``sender`` until that fails; ``frames`` is the number of frames passed."""

    is_passing = True
    """A frame that is missing here is missing from no recording."""

    def __init__(self, address: LiveAddress, sender: Sender) -> None:
        super().__init__(sender)
        self.address = address
        self._sender = sender

    @property
    def warnings(self) -> Sequence[Message]:
        """What was not sent, in sentences."""
        return self._sender.warnings

    def _fail(self, error: StanceError) -> None:
        self.reason = self.failure = error
        with suppress(Exception):  # the same fault again
            self._sender.close()
