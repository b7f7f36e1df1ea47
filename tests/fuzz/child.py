"""Reads untrusted files with native decoders in a child process; a crash or a hang counts as a finding."""

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

from app.core.errors import StanceError

TIMEOUT_S = 30.0
START_S = 60.0
MOST_BYTES = 4 * 2**30
"""Memory limit of a process, in bytes; several run at once."""
FILES_PER_PROCESS = 2000
"""Files after which a new process is started, so that leaks do not add up."""

Read = Callable[[Path], object]


class Reader:
    """Calls ``read``, a module's function, in a child process, and raises here what it raises there."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._count = 0

    def __call__(self, path: Path) -> None:
        """Read ``path``. Raises StanceError as ``read`` does, AssertionError for any other failure."""
        pipe = self._pipe or self._start()
        pipe.send(str(path))
        try:
            answer = pipe.recv() if pipe.poll(TIMEOUT_S) else ("silent", f"no answer within {TIMEOUT_S:.0f} s")
        except (EOFError, OSError):
            answer = ("dead", "the process died")
        if answer[0] in ("silent", "dead"):
            answer = (answer[0], f"{answer[1]} (exit code {self.close()})")
        self._count += 1
        if self._count % FILES_PER_PROCESS == 0:
            self.close()
        if answer[0] == "refused":
            raise StanceError(answer[1])
        assert answer[0] == "read", answer[1]

    def close(self) -> int | None:
        """End the process; return its exit code, which is negative if a signal ended it."""
        process, self._process, self._pipe = self._process, None, None
        if process is None:
            return None
        process.join(1)
        process.kill()
        process.join()
        return process.exitcode

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, other_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(other_end, self._read), daemon=True)
        self._process.start()
        other_end.close()
        assert self._pipe.poll(START_S)
        assert self._pipe.recv() == "ready"
        return self._pipe


def _serve(pipe: Connection, read: Read) -> None:
    """Read each path received through ``pipe`` until the other end closes."""
    import app.sources.camera
    import app.sources.file  # noqa: F401 - slow, so imported before the first file

    bound_memory(MOST_BYTES)
    in_threads: list[str] = []
    threading.excepthook = lambda args: in_threads.append(f"{args.exc_type.__name__} in a thread: {args.exc_value}")
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            answer = _answer(read, Path(pipe.recv()))
            pipe.send(("in_threads", in_threads.pop()) if in_threads else answer)


def _answer(read: Read, path: Path) -> tuple[str, str]:
    try:
        read(path)
    except StanceError as error:
        return "refused", str(error)
    except MemoryError:
        return "read", ""  # the memory limit is low, this is not a finding
    except Exception:  # noqa: BLE001 - any exception is a finding
        return "unexpected", traceback.format_exc()
    return "read", ""


def bound_memory(most_bytes: int) -> None:
    """Limit this process's memory to ``most_bytes`` (not on Windows)."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        bound = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
