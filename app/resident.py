"""How much main memory the process holds, and how it comes to hold less."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

M_ARENA_MAX = -8  # of glibc's malloc.h
HEAPS = 2
GIVE_BACK_S = 20.0


def memory_mb() -> float:
    """The process's resident memory in megabytes; the most there ever was, or NaN, where the system tells no more."""
    told = Path("/proc/self/statm")
    if told.exists():
        return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def keep_small() -> None:
    """Hold little more memory than is used, from now on to the end of the process; to be called once.

    By itself glibc gives each thread a heap of its own, and keeps what is free between what is used: in time that is as
    much again. Here all share ``HEAPS``, and a thread gives back what is free. Other systems do so by themselves.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # musl has no such functions
        system = ctypes.CDLL(None)
        system.mallopt(M_ARENA_MAX, HEAPS)
        threading.Thread(target=_give_back, args=(system.malloc_trim,), name="stance-memory", daemon=True).start()


def _give_back(trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(GIVE_BACK_S)
        trim(0)
