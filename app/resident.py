"""How much main memory the process holds, and how it comes to hold less."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

M_ARENA_MAX = -8  # of glibc's malloc.h
HEAPS = 2


def memory_mb() -> float:
    """The process's resident memory in megabytes; the most there ever was, or NaN, where the system tells no more."""
    told = Path("/proc/self/statm")
    if told.exists():
        return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def share_heaps() -> None:
    """Let all threads, from now on, take their memory from ``HEAPS`` heaps.

    By itself glibc gives each thread one of its own, which keeps what was ever needed at once. Other systems do not.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has no such thing
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
