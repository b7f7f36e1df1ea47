"""Derives presentation order from decoding order, for containers that store nothing else (AVI, ASF, raw streams)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

MAX_REORDER = 16
"""Maximum number of frames by which a codec delays a frame."""


@dataclass(frozen=True, slots=True)
class Place:
    """A frame's position: ``index`` in presentation order, timestamp ``stamp`` in ticks; None if unknown."""

    index: int | None
    stamp: int | None


class DisplayOrder:
    """Counts packets into a decoder and frames out of it.

    The n-th frame in presentation order has the n-th smallest timestamp of the packets. Packets whose frame could not
    be decoded keep their position. ``first`` is the number of the first packet in the file; if decoding starts in
    mid-file, positions are certain from the second key frame on, because a key frame can be followed by frames that
    are shown before it.
    """

    def __init__(self, first: int = 0) -> None:
        self._sent = first
        self._index = first
        self._waiting: set[int] = set()
        self._keys: set[int] = set()
        self._stamps: list[int] = []

    @property
    def following(self) -> int:
        """The number of the next packet."""
        return self._sent

    def send(self, stamp: int | None, is_key: bool) -> int:
        """Note a packet sent to the decoder; returns its number in the file, which identifies its frame."""
        number = self._sent
        self._sent += 1
        self._waiting.add(number)
        if is_key:
            self._keys.add(number)
        if stamp is not None:
            heapq.heappush(self._stamps, stamp)
        return number

    def show(self, number: int | None) -> Place:
        """Return the position of the frame that the decoder output next; ``number`` is that of its packet, if known."""
        if number is None or number not in self._waiting:
            number = min(self._waiting, default=self._sent)
        is_key = number in self._keys
        # Packets sent before a key frame are shown before it, or were lost.
        lost = [other for other in self._waiting if other < number and (is_key or other < number - MAX_REORDER)]
        self._waiting.difference_update(lost, (number,))
        self._keys.discard(number)
        for _ in lost:
            self._take()
        return self._take()

    def _take(self) -> Place:
        self._index += 1
        return Place(self._index - 1, heapq.heappop(self._stamps) if self._stamps else None)
