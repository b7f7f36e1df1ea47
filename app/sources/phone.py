"""Phones as cameras: the addresses of common apps that serve a phone's camera, and why a connection fails."""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, unquote, urlsplit

from app.core.address import without_secrets
from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Image
from app.sources import STREAM_SCHEMES
from app.sources.camera import OPEN_S, open_stream
from app.sources.capture_thread import CaptureThread

CONNECT_S = 4.0
"""Longest wait for a phone to accept a connection, and for its answer, in seconds."""
POLL_S = 0.1
RELEASE_S = 2.0
"""Longest wait for a connection to be closed, in seconds."""
PORTS = {"rtsp": 554, "http": 80, "https": 443, "rtmp": 1935}
NAME = re.compile(r"(?i)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
STATUS = re.compile(rb"(?:HTTP|RTSP)/\d\.\d (\d{3})")


@dataclass(frozen=True, slots=True)
class PhoneApp:
    """An app that serves the camera of a phone, and where; ``login`` is the one that it has at first."""

    name: str
    scheme: str
    port: int
    path: str
    login: str = ""


APPS = (
    PhoneApp("IP Webcam (Android)", "http", 8080, "/video"),
    PhoneApp("IP Webcam (Android, H.264)", "rtsp", 8080, "/h264_ulaw.sdp"),
    PhoneApp("DroidCam (Android, iPhone)", "http", 4747, "/video"),
    PhoneApp("IP Camera Lite (iPhone)", "http", 8081, "/video", "admin:admin"),
    PhoneApp("RTSP", "rtsp", 8554, "/live"),
)
"""The apps as they are set up when they are installed; the last one stands for all that serve RTSP."""


def address_of(app: PhoneApp, typed: str) -> str:
    """The stream address of ``app`` on the phone at ``typed``: its IP address or name, and what differs from the app.

    ``typed`` may have a login, a port and a path too, or be a whole address. Raises StanceError if it is neither.
    """
    text = typed.strip()
    if text.lower().startswith(tuple(f"{scheme}://" for scheme in STREAM_SCHEMES)):
        return text
    parts = _split(f"//{text}")
    if parts is None or "://" in text or not _is_host(parts.hostname or ""):
        raise StanceError(
            "{text!r} is not the address of a phone: wanted the numbers that the app shows, such as 192.168.1.20.",
            text=text,
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    login = parts.netloc.rpartition("@")[0] or app.login
    path = text.partition("/")[1] + text.partition("/")[2]
    return f"{app.scheme}://{login}{'@' if login else ''}{host}:{parts.port or app.port}{path or app.path}"


def phone_images(address: str, stop: Callable[[], bool]) -> Iterator[Image]:
    """Yield the images (H, W, 3) uint8 BGR of the phone at ``address``, each time the newest, until ``stop()``.

    The connection is closed when the iteration ends. Raises StanceError with the reason if no image comes, or none any
    longer.
    """
    parts = _split(address)
    if parts is not None and parts.hostname and parts.scheme.lower() in ("http", "rtsp"):
        _connect(parts).close()
    connection = CaptureThread(partial(open_stream, address))
    try:
        while not stop():
            captured = connection.take(POLL_S)
            if captured is not None:
                yield captured.image
            elif connection.ended is not None or time.monotonic() - connection.last_s > OPEN_S:
                raise _lost(address, parts, connection)
    finally:
        connection.abandon()
        connection.join(RELEASE_S)


def _lost(address: str, parts: SplitResult | None, connection: CaptureThread) -> StanceError:
    """Why ``connection`` brings no image, or none any longer."""
    if connection.has_delivered:
        return StanceError("The phone at {host} has closed the connection: wanted a picture.", host=_host(parts))
    if parts is not None and parts.hostname:
        _explain(parts)
    return StanceError(
        "{source} sends no video: wanted an address that can be reached and played.",
        source=Message("The stream {name}", name=without_secrets(address)),
    )


def _split(address: str) -> SplitResult | None:
    """The parts of ``address``; None if it is malformed."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host(parts: SplitResult | None) -> str:
    return (parts.hostname if parts is not None else "") or ""


def _is_host(text: str) -> bool:
    """Whether ``text`` is an IP address or can be a name in the network."""
    if ":" not in text and not re.fullmatch(r"[\d.]*", text):
        return NAME.fullmatch(text) is not None
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _connect(parts: SplitResult) -> socket.socket:
    """A connection to the phone. Raises StanceError if it does not accept one."""
    host, port = _host(parts), parts.port or PORTS[parts.scheme.lower()]
    try:
        return socket.create_connection((host, port), CONNECT_S)
    except ConnectionRefusedError:
        raise StanceError(
            "{host} answers, but not on port {port}: wanted the server started in the app, and the port that it shows.",
            host=host,
            port=port,
        ) from None
    except OSError:
        raise StanceError(
            "Nothing answers at {host}: wanted the phone awake, in the same network, and the address that the app "
            "shows.",
            host=host,
        ) from None


def _explain(parts: SplitResult) -> None:
    """Raise StanceError if the phone's answer tells why it sends no video."""
    try:
        status = _status(parts)
    except (OSError, StanceError):
        return
    if status == 401:
        raise StanceError(
            "{host} asks for a name and a password: wanted the right ones before the address, as in "
            "name:password@192.168.1.20.",
            host=_host(parts),
        )
    if status == 404:
        raise StanceError(
            "{host} has no video at {path}: wanted the app that runs on the phone, or the whole address that it shows.",
            host=_host(parts),
            path=parts.path or "/",
        )


def _status(parts: SplitResult) -> int:
    """The status code of the phone's answer to a request for the video; 0 if it gives none. Raises OSError."""
    path = parts.path or "/"
    if parts.scheme.lower() == "rtsp":
        lines = [f"DESCRIBE rtsp://{parts.netloc.rpartition('@')[2]}{path} RTSP/1.0", "CSeq: 1"]
    else:
        query = f"?{parts.query}" if parts.query else ""
        lines = [f"GET {path}{query} HTTP/1.0", f"Host: {parts.netloc.rpartition('@')[2]}"]
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {base64.b64encode(login.encode()).decode()}")
    with _connect(parts) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        match = STATUS.match(connection.recv(64))
    return int(match[1]) if match else 0
