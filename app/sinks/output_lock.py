"""Locks output files against other writers, and flushes them to disk about once a second.

Not by ``filelock``: it refuses symbolic links, and on Windows it deletes the locked file when it releases the lock. A
lock file with another name, made from the output's real path, would not cover hard links and would be left behind.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from app.core.errors import StanceError
from app.sinks import writing
from app.sinks.disk_time import waiting_for_disk

FLUSH_INTERVAL_S = 1.0
"""Minimum time between two flushes, in seconds."""
FLUSH_INTERVAL_FACTOR = 10
"""Minimum time between two flushes, as a multiple of the duration of the last one."""
STAGING_PREFIX, STAGING_LOCK = "stance-unfinished-", "stance.lock"
"""Names of a folder of unfinished files (see ``app.sinks.staging``) and of the locked file in it."""
CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})  # errors of devices, which cannot be flushed

if sys.platform == "win32":
    import ctypes
    from functools import partial
    from hashlib import sha256

    ALREADY_EXISTS = 183

    def hold(path: Path) -> Callable[[], object] | None:
        """Lock ``path`` exclusively; the file is created if it does not exist, and its content is not changed.

        Returns a function that releases the lock, or None if it is locked already. The end of a process releases its
        locks. Raises OSError if the file cannot be opened.
        """
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateMutexW.restype = ctypes.c_void_p
        while True:
            path.open("ab").close()
            place = os.path.normcase(path.resolve()).encode(errors="surrogatepass")
            mutex = ctypes.c_void_p(kernel.CreateMutexW(None, False, f"stance-{sha256(place).hexdigest()}"))
            if ctypes.get_last_error() == ALREADY_EXISTS:
                kernel.CloseHandle(mutex)
                return None
            if path.exists():
                return partial(kernel.CloseHandle, mutex)
            kernel.CloseHandle(mutex)  # deleted by the last holder after it was opened here

else:
    import fcntl

    def hold(path: Path) -> Callable[[], object] | None:
        """Lock ``path`` exclusively; the file is created if it does not exist, and its content is not changed.

        Returns a function that releases the lock, or None if it is locked already. The end of a process releases its
        locks. Raises OSError if the file cannot be opened.
        """
        while True:
            file = path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return None
            except OSError:
                return file.close  # a device, or a network share without locks
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return file.close
            file.close()  # deleted or replaced by the last holder after it was opened here


class OutputLock:
    """Locks the output ``path`` against all other outputs of Stance, in any process, until ``close``.

    Raises StanceError if another output has locked it, and if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_flush_s = time.monotonic() + FLUSH_INTERVAL_S
        with writing(path):
            release = hold(path)
        if release is None:
            raise locked_error(path)
        self._release: Callable[[], object] | None = release

    @contextmanager
    def creating(self) -> Iterator[None]:
        """A context that writes the beginning of the file: if that fails, the file is removed and the lock released."""
        try:
            yield
        except BaseException:
            with suppress(OSError):
                if self._path.is_file():  # not a device
                    self._path.unlink()
            self.close()
            raise

    def sync(self) -> None:
        """Flush the file to disk, if about a second has passed since the last time.

        Raises StanceError if that fails, or if ``path`` was deleted, as data written to it would be lost.
        """
        start = time.monotonic()
        if start < self._next_flush_s:
            return
        with waiting_for_disk(), writing(self._path), self._path.open("r+b", buffering=0) as file:
            fsync(file.fileno())
        end = time.monotonic()
        self._next_flush_s = end + max(FLUSH_INTERVAL_S, FLUSH_INTERVAL_FACTOR * (end - start))

    def close(self) -> None:
        """Release the lock; idempotent."""
        release, self._release = self._release, None
        if release is not None:
            release()


def locked_error(path: Path) -> StanceError:
    """The error for an output ``path`` that another writer has locked."""
    return StanceError("The output {path} is already being written: wanted another name.", path=path)


def fsync(number: int) -> None:
    """Flush the open file with descriptor ``number`` to disk; devices are ignored. Raises OSError."""
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise


def hold_temporary(beside: Path) -> tuple[Path, Callable[[], object]]:
    """Create and lock an empty temporary file in the folder of ``beside``; returns it and a function that releases it.

    Raises OSError if it cannot be created.
    """
    while True:
        path = beside.with_name(f".stance-{uuid4().hex[:8]}.plain")  # beside's own name may be of maximum length
        release = hold(path)
        if release is not None:
            return path, release


def hold_staging_folder(folder: Path) -> tuple[Path, Callable[[], object]]:
    """Create and lock a new folder for unfinished files in ``folder``; returns it and a function that releases it.

    Raises OSError if it cannot be created.
    """
    while True:
        path = folder / f"{STAGING_PREFIX}{uuid4().hex[:8]}"
        path.mkdir()
        # Until the lock is held, another writer's sweep may take the folder for an abandoned one.
        with suppress(FileNotFoundError):
            release = hold(path / STAGING_LOCK)
            if release is not None:
                return path, release


def sweep(folder: Path) -> None:
    """Remove temporary files and folders of killed processes: those that no process has locked any more.

    They are deleted before the lock is released, so that no writer can lock one that is about to be deleted.
    """
    for path in folder.glob(".stance-*.plain"):
        with suppress(OSError):
            release = hold(path)
            if release is not None:
                path.unlink()
                release()
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        with suppress(OSError):
            if not (path / STAGING_LOCK).exists():
                path.rmdir()
                continue
            release = hold(path / STAGING_LOCK)
            if release is not None:
                shutil.rmtree(path, ignore_errors=True)
                release()
