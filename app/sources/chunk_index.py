"""The index of an AVI file, which numbers the frames even if some of them are lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from av.packet import Packet
from av.video.stream import VideoStream

HEADER_BYTES = 8
"""Size of a chunk's header: an index entry states where the header starts, a packet where the data after it starts."""


class NumberedPacket(NamedTuple):
    """Packet number ``number`` of the file with its timestamp in ticks; ``packet`` is None if it is lost."""

    number: int
    stamp: int | None
    packet: Packet | None


class ChunkIndex:
    """Numbers the packets of ``stream`` by the index that its file has; by counting if ``stream`` is None or has none.

    Chunks without data, which repeat the frame before, have a timestamp but no number.
    """

    def __init__(self, stream: VideoStream | None) -> None:
        entries = [entry for entry in stream.index_entries if entry.size] if stream is not None else []
        stamps = [entry.timestamp for entry in entries]
        trusted = all(before < after for before, after in pairwise(stamps))
        self._stamps = stamps if trusted else []
        self._numbers = {entry.pos: number for number, entry in enumerate(entries)} if trusted else {}

    def number(self, packet: Packet, following: int) -> Iterator[NumberedPacket]:
        """Yield ``packet``, after the packets that are lost before it; ``following`` is the next number by counting."""
        found = self._numbers.get((packet.pos or 0) - HEADER_BYTES)
        if found is None or found < following:
            yield NumberedPacket(following, packet.dts, packet)
            return
        for lost in range(following, found):
            yield NumberedPacket(lost, self._stamps[lost], None)
        yield NumberedPacket(found, self._stamps[found], packet)
