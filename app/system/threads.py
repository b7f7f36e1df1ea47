"""Threads that give way to others where both want the processor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")

STEP = 5
"""So much nicer a thread gets, on Linux's scale of 40."""


def give_way() -> None:
    """Let the calling thread, and those that it starts from now on, have what the others leave; it adds up.

    On Linux only: there niceness is a thread's own and not the process's.
    """
    if sys.platform == "linux":
        os.nice(STEP)


def in_background(call: Callable[[], Answer]) -> Answer:
    """What ``call`` gives, from a thread that gives way; so do the threads that it starts."""
    with ThreadPoolExecutor(1, initializer=give_way) as thread:
        return thread.submit(call).result()
