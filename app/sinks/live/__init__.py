"""Sends the poses of every frame to other programs at once; one link for each kind of address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from app.core.live_address import LiveAddress
from app.core.message import Message
from app.sinks import Header, Sink
from app.sinks.jsonl import NO_NAMES

if TYPE_CHECKING:
    from app.sinks.live.sent import SentOutput


class Sender(Sink, Protocol):
    """Sends the frames of one run over a link; closing it leaves the link open.

    A receiver that is slow or gone loses frames, and never stops the pipeline.
    """

    @property
    def warnings(self) -> Sequence[Message]:
        """What was not sent so far, in sentences."""
        ...


class Link(Protocol):
    """The connection to other programs at one address, over which one run after another is sent."""

    def begin(self, header: Header, names: Mapping[int, str] = NO_NAMES) -> Sender:
        """Tell the receivers that another run begins; ``names`` are those of people, by id.

        The sender of the run before is closed already.
        """
        ...

    def close(self) -> None:
        """End the connection; idempotent."""
        ...


def open_senders(
    addresses: Sequence[LiveAddress], header: Header, names: Mapping[int, str] = NO_NAMES
) -> list[SentOutput]:
    """Open a sink for each of ``addresses``; ``names`` are those of people, by id.

    Raises StanceError if an address is taken or cannot be reached; then no sink is left open.
    """
    opened: list[SentOutput] = []
    try:
        for address in addresses:
            opened.append(open_sender(address, header, names))
    except BaseException:
        for sink in opened:
            sink.close()
        raise
    return opened


def open_sender(address: LiveAddress, header: Header, names: Mapping[int, str] = NO_NAMES) -> SentOutput:
    """Open the sink of one address for one run; its link is closed with it. Raises StanceError as ``open_link``."""
    from app.sinks.live.sent import SentOutput

    link = open_link(address)
    try:
        return SentOutput(address, link.begin(header, names), link)
    except BaseException:
        link.close()
        raise


def open_link(address: LiveAddress) -> Link:
    """Open the link of one address; the package that it needs is imported here.

    Raises StanceError if the address is taken or cannot be reached, or the package is missing.
    """
    if address.scheme == "osc":
        from app.sinks.live.datagrams import DatagramLink
        from app.sinks.live.osc import Osc

        return DatagramLink(address, Osc)
    if address.scheme == "udp":
        from app.sinks.live.datagrams import DatagramLink
        from app.sinks.live.udp import UdpLines

        return DatagramLink(address, UdpLines)
    if address.scheme == "ws":
        from app.sinks.live.websocket import WebSocketLink

        return WebSocketLink(address)
    from app.sinks.live.lsl import LabLink

    return LabLink(address)
