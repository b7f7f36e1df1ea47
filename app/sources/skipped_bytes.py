"""Bytes that the demuxer of Matroska files skipped: after damage it searches for the next cluster, without an error."""

from __future__ import annotations

from av.packet import Packet

FORMAT = "matroska,webm"
"""FFmpeg's name of the container, whose packets are stored one after another, with little between them."""
MAX_HEADER_BYTES = 1000
"""Bytes between two packets that may be headers."""


class SkippedBytes:
    """Compares the positions of successive packets of all streams of a file."""

    def __init__(self) -> None:
        self._position = -1
        self._end: int | None = None

    def jump(self) -> None:
        """Note a seek: the next packet does not follow the last one."""
        self._position, self._end = -1, None

    def before(self, packet: Packet) -> bool:
        """Whether more bytes than headers lie between the last packet and this one."""
        position = packet.pos
        if position is None or not packet.size:
            return False
        end = self._end
        if position == self._position and end is not None:  # another frame of the same block
            self._end = end + packet.size
            return False
        self._position, self._end = position, position + packet.size
        return end is not None and position - end > MAX_HEADER_BYTES
