"""A WebSocket server (RFC 6455) that sends JSON lines; each line is one text message."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.core.message import Message, foreign
from app.core.people import Frame, FramePoses
from app.sinks import Header
from app.sinks.jsonl import NO_NAMES, FrameLines

MAX_QUEUED = 8
"""Frames that wait for a slow client; the oldest is left out when another one comes."""
MAX_CLIENTS = 32
MAX_RECEIVED_BYTES = 4096
"""Largest message that a client may send; what it says is ignored."""
OWN_PAGES = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
"""Web pages that may connect: those of this computer. Otherwise any page that is open in a browser could."""
FLUSH_S, CLOSE_S = 0.4, 0.3
"""Time that clients have at the end to get the last frames, and to say goodbye, in seconds."""
OPEN_S = 10.0

quiet = logging.getLogger("app.sinks.live.connections")
quiet.setLevel(logging.CRITICAL)  # a client that speaks no WebSocket is no fault of this program


class WebSocketLink:
    """A ``Link`` whose clients stay connected from run to run; owns the thread of the server.

    Clients that come before the first run wait for it. Raises StanceError if the address is taken, or is not one of
    this computer.
    """

    def __init__(self, address: LiveAddress) -> None:
        self._server = _LineServer(address)
        self._server.start()

    def begin(self, header: Header, names: Mapping[int, str] = NO_NAMES) -> WebSocketLines:
        """See ``Link``."""
        return WebSocketLines(self._server, header, names)

    def close(self) -> None:
        """Close all connections and the port, within a second; idempotent."""
        self._server.close()


class WebSocketLines:
    """Sends each client the head first, then the line of every frame.

    A client that is too slow misses frames; no client delays another one or the pipeline.
    """

    def __init__(self, server: _LineServer, header: Header, names: Mapping[int, str] = NO_NAMES) -> None:
        self._lines = FrameLines(header, names)
        self._server = server
        self._server.begin(self._lines.head)

    @property
    def paths(self) -> list[Path]:
        """Always empty: no file is written."""
        return []

    @property
    def warnings(self) -> list[Message]:
        """How many frames slow clients have missed."""
        return self._server.warnings

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Send the line of one frame to all clients; returns at once."""
        if line := self._lines.changed():
            self._server.rename(self._lines.head, line)
        self._server.send(self._lines.frame(poses, name))

    def close(self) -> None:
        """See ``Sender``: clients stay connected."""


class _Client:
    """What waits for one client: the latest frames, and in between heads and names, which are never left out."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, bool]] = deque()  # with whether it is a frame
        self._frames = 0
        self.changed = asyncio.Event()
        self.is_gone = False

    def put(self, line: str, is_frame: bool) -> bool:
        """Let ``line`` wait; returns whether the oldest frame is left out for it."""
        is_full = is_frame and self._frames == MAX_QUEUED
        if is_full:
            del self._lines[next(place for place, (_, frame) in enumerate(self._lines) if frame)]
        else:
            self._frames += is_frame
        self._lines.append((line, is_frame))
        self.changed.set()
        return is_full

    def take(self) -> str | None:
        """The next line to send, or None."""
        if not self._lines:
            return None
        line, is_frame = self._lines.popleft()
        self._frames -= is_frame
        return line


class _LineServer(threading.Thread):
    """The server's thread. All clients belong to it; other threads call ``begin``, ``rename``, ``send``, ``close``."""

    def __init__(self, address: LiveAddress) -> None:
        super().__init__(name="stance-websocket", daemon=True)
        self._address = address
        self._head = ""
        self._loop = asyncio.new_event_loop()
        self._clients: set[_Client] = set()
        self._missed = 0
        self._stopping = asyncio.Event()
        self._opened = threading.Event()
        self._error: Exception | None = None

    @property
    def warnings(self) -> list[Message]:
        """How many frames slow clients have missed."""
        if not self._missed:
            return []
        return [
            Message("{address}: slow receivers missed {count} frames.", address=str(self._address), count=self._missed)
        ]

    def start(self) -> None:
        """Start listening. Raises StanceError if that is not possible."""
        super().start()
        self._opened.wait(OPEN_S)
        if self._error is not None:
            self.join()
            raise _not_opened(self._address, self._error)

    def begin(self, head: str) -> None:
        """Send the ``head`` of another run to all clients, and to those that come later."""
        self._call(lambda: self._begin(head))

    def rename(self, head: str, line: str) -> None:
        """Send ``line`` to all clients, and ``head`` to those that come later."""
        self._call(lambda: self._rename(head, line))

    def send(self, line: str) -> None:
        """Send the ``line`` of a frame to all clients."""
        self._call(lambda: self._send(line))

    def close(self) -> None:
        """Stop listening and end the thread; idempotent."""
        self._call(self._stopping.set)
        self.join(FLUSH_S + 2 * CLOSE_S)

    def run(self) -> None:
        """The body of the thread."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except (OSError, UnicodeError) as error:
                self._error = error
            finally:
                self._opened.set()

    def _call(self, what: object) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(what)  # type: ignore[arg-type]

    def _begin(self, head: str) -> None:
        self._missed = 0
        self._rename(head, head)

    def _rename(self, head: str, line: str) -> None:
        self._head = head
        for client in self._clients:
            client.put(line, is_frame=False)

    def _send(self, line: str) -> None:
        for client in self._clients:
            self._missed += client.put(line, is_frame=True)

    async def _serve(self) -> None:
        server = await serve(
            self._attend,
            self._address.host,
            self._address.port,
            origins=[None, OWN_PAGES],
            compression=None,  # costs more time than it saves
            max_size=MAX_RECEIVED_BYTES,
            close_timeout=CLOSE_S,
            logger=quiet,
        )
        self._opened.set()
        await self._stopping.wait()
        await self._end(server)

    async def _end(self, server: Server) -> None:
        """Close all connections and the port; clients get what waits for them if they take it in time."""
        for client in self._clients:
            client.changed.set()
        deadline = self._loop.time() + FLUSH_S
        while self._clients and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        connections = list(server.connections)
        server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 1.5 * CLOSE_S)
        for connection in connections:
            connection.transport.abort()

    async def _attend(self, connection: ServerConnection) -> None:
        """Send one client all lines until it goes, or the server stops and nothing waits."""
        if len(self._clients) >= MAX_CLIENTS:
            return
        client = _Client()
        if self._head:
            client.put(self._head, is_frame=False)
        self._clients.add(client)
        listening = asyncio.create_task(_ignore(connection, client))
        try:
            await self._feed(connection, client)
        except ConnectionClosed:
            pass
        finally:
            listening.cancel()
            self._clients.discard(client)

    async def _feed(self, connection: ServerConnection, client: _Client) -> None:
        while True:
            client.changed.clear()
            while (line := client.take()) is not None:
                await connection.send(line)
            if client.is_gone or self._stopping.is_set():
                return
            await client.changed.wait()


async def _ignore(connection: ServerConnection, client: _Client) -> None:
    """Drop what a client says until it goes."""
    with suppress(ConnectionClosed):
        async for _ in connection:
            pass
    client.is_gone = True
    client.changed.set()


def _not_opened(address: LiveAddress, error: Exception) -> StanceError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return StanceError(
            "{address} is taken by another program: wanted another port.",
            address=str(address),
        )
    if number == errno.EADDRNOTAVAIL:
        return StanceError(
            "{host} is not an address of this computer: wanted 127.0.0.1, or 0.0.0.0 for all networks.",
            host=address.host,
        )
    reason = getattr(error, "strerror", None) or error
    return StanceError(
        "No program can connect to {address}: {reason}; wanted another port or host.",
        address=str(address),
        reason=foreign(reason),
    )
