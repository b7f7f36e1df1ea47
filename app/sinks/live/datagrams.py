"""A UDP socket that sends to one address and never waits, and the link that sends one run after another by it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.core.message import Message, foreign
from app.sinks import Header
from app.sinks.jsonl import NO_NAMES
from app.sinks.live import Sender

MAX_BYTES = 65507
"""Largest content of a UDP datagram over IPv4, in bytes (RFC 768, RFC 791)."""


class Datagrams:
    """Sends datagrams to ``address`` from one thread; datagrams that no program receives are lost.

    Raises StanceError if the host has no address, or the network cannot be reached.
    """

    def __init__(self, address: LiveAddress) -> None:
        self._address = address
        self._unfit = self._unsent = 0
        self._reason: Message | None = None
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise _unreachable(address, error) from None
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_BYTES)
            self._socket.connect(place)
        except OSError as error:
            self._socket.close()
            raise _unreachable(address, error) from None

    def forget(self) -> None:
        """Count again from 0 what could not be sent."""
        self._unfit = self._unsent = 0

    def send(self, data: bytes) -> None:
        """Send ``data``; if that is not possible now, it is counted and told by ``warnings``."""
        try:
            with suppress(ConnectionRefusedError):  # the answer to an earlier datagram: nothing listened there then
                self._socket.send(data)
                return
            with suppress(ConnectionRefusedError):
                self._socket.send(data)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                self._unfit += 1
            else:
                self._unsent += 1
                self._reason = foreign(error.strerror or error)

    @property
    def warnings(self) -> list[Message]:
        """How many datagrams were too large, and how many could not be sent."""
        found = []
        if self._unfit:
            found.append(
                Message(
                    "Not sent to {address}: {count} frames that do not fit in a datagram of {most} bytes.",
                    address=str(self._address),
                    count=self._unfit,
                    most=MAX_BYTES,
                )
            )
        if self._unsent and self._reason is not None:
            found.append(
                Message(
                    "Not sent to {address}: {count} frames ({reason}).",
                    address=str(self._address),
                    count=self._unsent,
                    reason=self._reason,
                )
            )
        return found

    def close(self) -> None:
        """Close the socket; idempotent."""
        self._socket.close()


class DatagramLink:
    """A ``Link`` to ``address`` by datagrams, which ``sender`` makes of each run.

    Raises StanceError as ``Datagrams`` does.
    """

    def __init__(self, address: LiveAddress, sender: Callable[[Datagrams, Header, Mapping[int, str]], Sender]) -> None:
        self._datagrams = Datagrams(address)
        self._sender = sender

    def begin(self, header: Header, names: Mapping[int, str] = NO_NAMES) -> Sender:
        """See ``Link``."""
        self._datagrams.forget()
        return self._sender(self._datagrams, header, names)

    def close(self) -> None:
        """See ``Link``."""
        self._datagrams.close()


def _unreachable(address: LiveAddress, error: OSError | UnicodeError) -> StanceError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return StanceError(
        "{address} cannot be reached: {reason}; wanted a computer in the network and its port.",
        address=str(address),
        reason=foreign(reason),
    )
