"""Addresses of other programs that get the poses of each frame: ``osc://``, ``ws://``, ``udp://``, ``lsl:``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args
from urllib.parse import urlsplit

from app.core.errors import StanceError

Scheme = Literal["osc", "ws", "udp", "lsl"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LOOPBACK = "127.0.0.1"
LSL = re.compile(r"(?i)lsl:(?://)?(.*)")
URL = re.compile(r"(?i)(?!file:)[a-z][a-z0-9+.-]+://")
MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class LiveAddress:
    """Where poses are sent to: a ``host`` and a ``port``, or for Lab Streaming Layer the ``name`` of the streams.

    The host of ``ws`` is the interface that the server listens on.
    """

    scheme: Scheme
    host: str = ""
    port: int = 0
    name: str = ""

    def __str__(self) -> str:
        if self.scheme == "lsl":
            return f"lsl:{self.name}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this computer can be at the address."""
        from ipaddress import ip_address

        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def is_live(text: str) -> bool:
    """Whether ``text`` is an address rather than a path."""
    return bool(LSL.match(text) or URL.match(text))


def parse_live(text: str) -> LiveAddress:
    """The address that ``text`` is. Raises StanceError if it is none that poses can be sent to."""
    text = text.strip()
    if (found := LSL.fullmatch(text)) is not None:
        if not (name := found[1].strip()) or not name.isprintable():
            raise StanceError("The stream {address} has no name: wanted lsl:NAME, as lsl:stance.", address=text)
        return LiveAddress("lsl", name=name)
    scheme = text.partition("://")[0].lower()
    if "://" not in text or scheme not in SCHEMES:
        raise StanceError(
            "Poses cannot be sent to {address}: wanted osc://HOST:PORT, ws://HOST:PORT, udp://HOST:PORT or lsl:NAME.",
            address=text,
        )
    host, port = _host_and_port(text)
    return LiveAddress(next(one for one in SCHEMES if one == scheme), host, port)


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:  # a port that is no number, or an IPv6 address without its end
        host, port = "", 0
    if not host or not port or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise StanceError(
            "The address {address} is not valid: wanted a host and a port from 1 to {most}, as {scheme}://127.0.0.1:9000.",
            address=text,
            most=MAX_PORT,
            scheme=text.partition("://")[0].lower(),
        )
    return host, port


def checked_live(addresses: Sequence[LiveAddress], listen: str = "") -> tuple[LiveAddress, ...]:
    """``addresses``, of which servers listen on the interface ``listen``, if that is given.

    Raises StanceError for an address that is given twice, and for a server that other computers could connect to
    although ``listen`` is empty.
    """
    checked = []
    for address in addresses:
        if address.scheme == "ws" and listen:
            address = replace(address, host=listen)
        elif address.scheme == "ws" and not address.is_loopback:
            raise StanceError(
                "Other computers could connect to {address}: wanted ws://127.0.0.1:{port}, or --listen {host} with it.",
                address=str(address),
                port=address.port,
                host=address.host,
            )
        if address in checked:
            raise StanceError("The address {address} is given twice: wanted each once.", address=str(address))
        checked.append(address)
    return tuple(checked)
