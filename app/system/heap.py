"""The process's memory use, and how it is kept small."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

M_ARENA_MAX = -8  # from glibc's malloc.h
HEAPS = 2
"""Number of heaps that all threads share."""
GIVE_BACK_S = 20.0
"""Interval at which free memory is returned to the system, in seconds."""


def memory_mb() -> float:
    """The process's resident memory in megabytes; its peak on macOS, NaN on Windows."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


@contextmanager
def trim_heap() -> Iterator[None]:
    """Keep the resident memory close to what is in use while the context is open.

    By default glibc gives each thread its own heap and keeps free memory between used blocks, which in time doubles
    the memory use. Here all threads share ``HEAPS`` heaps, and a thread returns free memory periodically. Other
    systems need no help and are left alone.
    """
    trim = _trim_of_glibc()
    if trim is None:
        yield
        return
    stopped = threading.Event()
    thread = threading.Thread(target=_trim_periodically, args=(trim, stopped), name="stance-memory")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _trim_of_glibc() -> Callable[[int], int] | None:
    """Limit the number of heaps and return ``malloc_trim``, or None if the C library has no such function."""
    if sys.platform != "linux":
        return None
    try:
        system = ctypes.CDLL(None)
        system.mallopt(M_ARENA_MAX, HEAPS)
        trim: Callable[[int], int] = system.malloc_trim
    except (OSError, AttributeError):  # musl has no such functions
        return None
    return trim


def _trim_periodically(trim: Callable[[int], int], stopped: threading.Event) -> None:
    while not stopped.wait(GIVE_BACK_S):
        trim(0)
