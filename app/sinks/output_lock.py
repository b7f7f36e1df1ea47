"""An output that is written by one at a time, and that a power cut leaves as it was a second before."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from app.errors import StanceError
from app.sinks import writing

EVERY_S = 1.0
RARELY = 10
"""A disk that takes long to settle is asked so seldom that it is a tenth of the time."""
UNSETTLED = frozenset({errno.EINVAL, errno.ENOTSUP})  # what devices answer, which keep nothing

if sys.platform == "win32":
    import ctypes
    from functools import partial
    from hashlib import sha256

    ALREADY_EXISTS = 183

    def hold(path: Path) -> Callable[[], object] | None:
        """Keep every other holder from ``path``, which is made if it is not there, and nothing in it changed.

        Gives what lets go of it, None where another holds it; the end of a process lets go of all. Raises OSError.
        """
        path.open("ab").close()
        place = os.path.normcase(path.resolve()).encode(errors="surrogatepass")
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateMutexW.restype = ctypes.c_void_p
        mutex = ctypes.c_void_p(kernel.CreateMutexW(None, False, f"stance-{sha256(place).hexdigest()}"))
        if ctypes.get_last_error() == ALREADY_EXISTS:
            kernel.CloseHandle(mutex)
            return None
        return partial(kernel.CloseHandle, mutex)

else:
    import fcntl

    def hold(path: Path) -> Callable[[], object] | None:
        """Keep every other holder from ``path``, which is made if it is not there, and nothing in it changed.

        Gives what lets go of it, None where another holds it; the end of a process lets go of all. Raises OSError.
        """
        file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        except OSError:
            pass  # a device, or a share that knows no locks
        return file.close


class Held:
    """Keeps every other output of Stance, in any process, from ``path`` until ``close``.

    Raises StanceError where one writes it already, and where the disk refuses: now rather than after the first frame.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due_s = time.monotonic() + EVERY_S
        with writing(path):
            release = hold(path)
        if release is None:
            raise taken(path)
        self._release: Callable[[], object] | None = release

    def settle(self) -> None:
        """Have the disk keep what is written so far, about once a second.

        Raises StanceError where it refuses, or ``path`` is gone: what is written to it then nobody will ever find.
        """
        start = time.monotonic()
        if start < self._due_s:
            return
        with writing(self._path), self._path.open("r+b", buffering=0) as file:
            fsync(file.fileno())
        end = time.monotonic()
        self._due_s = end + max(EVERY_S, RARELY * (end - start))

    def close(self) -> None:
        """Let others write it; idempotent."""
        release, self._release = self._release, None
        if release is not None:
            release()


def taken(path: Path) -> StanceError:
    """What is told where another one writes ``path``."""
    return StanceError(f"The output {path} is being written already: wanted another name.")


def fsync(number: int) -> None:
    """Have the disk keep all of the open file ``number``, unless it is a device. Raises OSError."""
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in UNSETTLED:
            raise


def beside(path: Path) -> Path:
    """A new name in the folder of ``path``, for what is on its way there; to be held for as long as it is."""
    return path.with_name(f".stance-{uuid4().hex[:8]}.plain")  # the output's own may be as long as names can be


def sweep(folder: Path) -> None:
    """Remove what has a name of ``beside`` and is held by nobody: whoever made it was killed."""
    for path in folder.glob(".stance-*.plain"):
        with suppress(OSError):
            release = hold(path)
            if release is not None:
                path.unlink()
                release()
