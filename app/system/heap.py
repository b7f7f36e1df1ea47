"""How much main memory the process holds, and how it comes to hold less."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def kept_small() -> Iterator[None]:
    """Hold little more memory than is used for as long as this lasts: the whole program.

    By itself glibc gives each thread a heap of its own, and keeps what is free between what is used: in time that is as
    much again. Here all share ``HEAPS``, and a thread gives back what is free. Other systems do so by themselves.
    """
    trim = _trim_of_glibc()
    if trim is None:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_give_back, args=(trim, over), name="stance-memory")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _trim_of_glibc() -> Callable[[int], int] | None:
    """What gives back free memory, once threads share their heaps; None where there is no such function."""
    if sys.platform != "linux":
        return None
    try:
        system = ctypes.CDLL(None)
        system.mallopt(M_ARENA_MAX, HEAPS)
        trim: Callable[[int], int] = system.malloc_trim
    except (OSError, AttributeError):  # musl has no such functions
        return None
    return trim


def _give_back(trim: Callable[[int], int], over: threading.Event) -> None:
    while not over.wait(GIVE_BACK_S):
        trim(0)
