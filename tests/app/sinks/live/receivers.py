"""A free port, and a wait for what arrives from another thread."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

TIMEOUT_S = 30.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of the loopback interface that no program uses at the moment."""
    with socket.socket(socket.AF_INET, kind) as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; fail after ``TIMEOUT_S`` seconds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.005)
