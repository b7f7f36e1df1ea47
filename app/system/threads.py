"""Thread priorities, and pausing background work while the user waits for other work."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")

STEP = 5
"""Increment of the niceness of a thread; Linux has 40 levels."""


def lower_priority() -> None:
    """Lower the priority of the calling thread and of threads that it starts from now on; repeated calls add up.

    On Linux only, where niceness belongs to the thread and not to the process.
    """
    if sys.platform == "linux":
        os.nice(STEP)


def in_background(call: Callable[[], Result]) -> Result:
    """Return the result of ``call``, run in a thread of lower priority; threads that it starts inherit the priority.

    Raises whatever ``call`` raises.
    """
    with ThreadPoolExecutor(1, initializer=lower_priority) as thread:
        return thread.submit(call).result()


class ForegroundWork:
    """Counts work that the user is waiting for; background analysis pauses while there is any.

    Use ``with foreground_work:`` in any thread; contexts may overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._listeners: list[Callable[[], None]] = []

    @property
    def busy(self) -> bool:
        """Whether there is foreground work."""
        return self._count > 0

    def __enter__(self) -> None:
        self._change(1)

    def __exit__(self, *error: object) -> None:
        self._change(-1)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """While open, call ``listener`` whenever foreground work starts or ends, in the thread where it does."""
        with self._lock:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _change(self, by: int) -> None:
        with self._lock:
            before = self._count
            self._count += by
            listeners = list(self._listeners) if not before or not self._count else []
        for listener in listeners:
            listener()


foreground_work = ForegroundWork()


def unjoined_threads() -> list[threading.Thread]:
    """Stance's daemon threads that are still running; they may hang in library code, so they are never joined."""
    return [thread for thread in threading.enumerate() if thread.daemon and thread.name.startswith("stance-")]
