"""Measures how long a thread waits for the disk, as opposed to drawing and encoding."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

RECENT = 24
"""Number of frames that are compared."""

_current = threading.local()


class DiskTime:
    """Compares the time of recent frames with the part of it in which the thread waited for the disk.

    ``frame`` is used in the writing thread; ``mostly_disk`` may be asked from any thread, also while a write hangs.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT)
        self._begun_s: float | None = None
        self._waiting_since_s: float | None = None
        self._waited_s = 0.0

    @property
    def mostly_disk(self) -> bool:
        """Whether more than half of the time was spent on waiting for the disk."""
        now_s = time.perf_counter()
        recent, begun_s, since_s = list(self._recent), self._begun_s, self._waiting_since_s
        all_s = sum(took_s for took_s, _ in recent) + (now_s - begun_s if begun_s is not None else 0.0)
        disk_s = sum(waited_s for _, waited_s in recent) + self._waited_s
        return disk_s + (now_s - since_s if since_s is not None else 0.0) > all_s / 2

    @contextmanager
    def frame(self) -> Iterator[None]:
        """A context in which one frame is written."""
        self._begun_s, self._waited_s = time.perf_counter(), 0.0
        _current.measured = self
        try:
            yield
        finally:
            _current.measured = None
            self._recent.append((time.perf_counter() - self._begun_s, self._waited_s))
            self._begun_s, self._waited_s = None, 0.0

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        start_s = self._waiting_since_s = time.perf_counter()
        try:
            yield
        finally:
            self._waiting_since_s = None
            self._waited_s += time.perf_counter() - start_s


@contextmanager
def waiting_for_disk() -> Iterator[None]:
    """A context in which a file is written; counted by the ``DiskTime`` of this thread, if there is one."""
    measured: DiskTime | None = getattr(_current, "measured", None)
    if measured is None:
        yield
        return
    with measured._waiting():
        yield
