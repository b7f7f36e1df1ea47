"""Sends the poses of every frame to other programs at once; one sink for each kind of address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.core.live_address import LiveAddress
from app.core.message import Message
from app.sinks import Header, Sink
from app.sinks.jsonl import NO_NAMES
from app.sinks.output import Output


class Sender(Sink, Protocol):
    """A sink that sends; a receiver that is slow or gone loses frames, and never stops the pipeline."""

    @property
    def warnings(self) -> Sequence[Message]:
        """What was not sent so far, in sentences."""
        ...


def open_senders(addresses: Sequence[LiveAddress], header: Header, names: Mapping[int, str] = NO_NAMES) -> list[Output]:
    """Open a sink for each of ``addresses``; ``names`` are those of people, by id.

    Raises StanceError if an address is taken or cannot be reached; then no sink is left open.
    """
    from app.sinks.live.sent import SentOutput

    opened: list[Output] = []
    try:
        for address in addresses:
            opened.append(SentOutput(address, open_sender(address, header, names)))
    except BaseException:
        for sink in opened:
            sink.close()
        raise
    return opened


def open_sender(address: LiveAddress, header: Header, names: Mapping[int, str] = NO_NAMES) -> Sender:
    """Open the sink of one address; the package that it needs is imported here.

    Raises StanceError if the address is taken or cannot be reached, or the package is missing.
    """
    if address.scheme == "osc":
        from app.sinks.live.osc import Osc

        return Osc(address, header, names)
    if address.scheme == "udp":
        from app.sinks.live.udp import UdpLines

        return UdpLines(address, header, names)
    if address.scheme == "ws":
        from app.sinks.live.websocket import WebSocketLines

        return WebSocketLines(address, header, names)
    from app.sinks.live.lsl import LabStreams

    return LabStreams(address, header)
