"""Strangers' bytes in native hands: a process of its own reads them, and its death or silence is a find too."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.errors import StanceError

PATIENCE_S = 30.0
START_S = 60.0
MOST_BYTES = 4 * 2**30
"""A process may set aside so much memory: several of these run at once."""
RENEWED = 2000
"""After so many files it is followed by another one, so that what leaks does not add up."""

Read = Callable[[Path], object]


class Reader:
    """Has ``read``, a function of a module, read files elsewhere; what it raises there is raised here."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._count = 0

    def __call__(self, path: Path) -> None:
        """Raises StanceError with its sentence, AssertionError where anything else than a value came of it."""
        pipe = self._pipe or self._start()
        pipe.send(str(path))
        try:
            said = pipe.recv() if pipe.poll(PATIENCE_S) else ("silent", f"nothing came of it in {PATIENCE_S:.0f} s")
        except (EOFError, OSError):
            said = ("dead", "the process died of it")
        if said[0] in ("silent", "dead"):
            said = (said[0], f"{said[1]} (exit code {self.close()})")
        self._count += 1
        if self._count % RENEWED == 0:
            self.close()
        if said[0] == "told":
            raise StanceError(said[1])
        assert said[0] == "read", said[1]

    def close(self) -> int | None:
        """End the process; gives its exit code, a negative one for the signal that it died of."""
        process, self._process, self._pipe = self._process, None, None
        if process is None:
            return None
        process.join(1)
        process.kill()
        process.join()
        return process.exitcode

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._read), daemon=True)
        self._process.start()
        theirs.close()
        assert self._pipe.poll(START_S)
        assert self._pipe.recv() == "ready"
        return self._pipe


def _serve(pipe: Connection, read: Read) -> None:
    """Read what comes through ``pipe`` until its other end is gone."""
    import app.sources.camera
    import app.sources.file  # noqa: F401 - takes a while, and is no part of any file's time

    bound_memory(MOST_BYTES)
    unseen: list[str] = []
    threading.excepthook = lambda args: unseen.append(f"{args.exc_type.__name__} in a thread: {args.exc_value}")
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            said = _said(read, Path(pipe.recv()))
            pipe.send(("unseen", unseen.pop()) if unseen else said)


def _said(read: Read, path: Path) -> tuple[str, str]:
    try:
        read(path)
    except StanceError as error:
        return "told", str(error)
    except MemoryError:
        return "read", ""  # it is the bound that is low
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        return "unexpected", traceback.format_exc()
    return "read", ""


def bound_memory(most_bytes: int) -> None:
    """Let this process set aside no more than that, where the system can hold it to it."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        bound = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
