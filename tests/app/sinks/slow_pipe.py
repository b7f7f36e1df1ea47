"""A file on a slow disk: a named pipe that is read slowly."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WAIT_S = 60.0


@contextmanager
def slow_pipe(path: Path) -> Iterator[threading.Event]:
    """Make ``path`` a pipe from which 100 bytes are read every 0.2 s, until the event is set or the context ends."""
    fcntl = pytest.importorskip("fcntl")
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        pytest.skip("needs a named pipe with a small buffer")
    os.mkfifo(path)
    ended = threading.Event()

    def read_slowly() -> None:
        with path.open("rb", buffering=0) as pipe:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
            while pipe.read(1_000_000 if ended.is_set() else 100):
                ended.wait(0.2)

    reader = threading.Thread(target=read_slowly)
    reader.start()
    try:
        yield ended
    finally:
        ended.set()
        reader.join(WAIT_S)
