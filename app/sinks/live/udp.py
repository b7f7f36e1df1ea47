"""JSON lines by UDP: each line is one datagram."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.sinks import Header
from app.sinks.jsonl import NO_NAMES, FrameLines
from app.sinks.live.datagrams import Datagrams

HEAD_S = 2.0
"""Interval at which the head is sent again, in seconds, for receivers that start later."""


class UdpLines:
    """Sends the head, again every ``HEAD_S`` seconds, and a line for each frame, without the line break."""

    def __init__(self, datagrams: Datagrams, header: Header, names: Mapping[int, str] = NO_NAMES) -> None:
        self._lines = FrameLines(header, names)
        self._datagrams = datagrams
        self._head_s = -HEAD_S

    @property
    def paths(self) -> list[Path]:
        """Always empty: no file is written."""
        return []

    @property
    def warnings(self) -> list[Message]:
        """What did not fit in a datagram, or could not be sent."""
        return self._datagrams.warnings

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Send the line of one frame."""
        self._lines.changed()  # the head has the names and sides as they are now
        if (now_s := time.monotonic()) - self._head_s >= HEAD_S:
            self._head_s = now_s
            self._datagrams.send(self._lines.head.encode("utf-8", "replace"))
        self._datagrams.send(self._lines.frame(poses, name).encode("utf-8", "replace"))

    def close(self) -> None:
        """See ``Sender``: nothing is open but the link."""
