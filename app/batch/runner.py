"""Where the clips of a batch are processed: the interface, and this computer."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Protocol

from app.batch.clip_list import Clip
from app.batch.clip_run import Job, Outcome, run_clip

MEMORY_OF_A_RUN = 1.2e9
"""Memory that a run needs with the default networks on full HD, in bytes."""
MEMINFO = Path("/proc/meminfo")

RunClip = Callable[[Job, Clip, Callable[[], bool]], Outcome]


class Runner(Protocol):
    """Processes clips, several at a time; used by one thread."""

    @property
    def room(self) -> int:
        """How many more clips it takes now."""
        ...

    def start(self, clip: Clip) -> None:
        """Begin with ``clip``."""
        ...

    def finished(self, timeout_s: float) -> Iterable[Outcome]:
        """The clips that have ended since the last call; waits for one at most ``timeout_s`` seconds."""
        ...

    def close(self) -> Iterable[Outcome]:
        """End what is in progress; returns the clips that have ended before that. Idempotent."""
        ...


def cores() -> list[int]:
    """The numbers of the processor cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else list(range(os.cpu_count() or 1))


def usual_workers(cores: int, free_bytes: int | None) -> int:
    """How many clips to process at a time: one on each of ``cores``, as far as ``free_bytes`` of memory carry.

    Several runs of one thread give more frames a second together than one run of several threads.
    """
    fitting = cores if free_bytes is None else int(free_bytes // MEMORY_OF_A_RUN)
    return max(min(cores, fitting), 1)


def free_memory() -> int | None:
    """Memory that programs can still use, in bytes; None where the system does not tell."""
    try:
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


class LocalRunner:
    """A ``Runner`` with ``workers`` processes at a time on this computer, which share its cores."""

    def __init__(self, job: Job, workers: int, run: RunClip = run_clip) -> None:
        self._job = job
        self._run = run
        self._workers = workers
        self._cancelled = threading.Event()
        self._pending: dict[Future[Outcome], Clip] = {}
        self._shares: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        known = cores()
        for worker in range(workers):
            self._shares.put(known[worker::workers] or known)
        self._pool = ThreadPoolExecutor(workers, "stance-batch", self._take_cores)

    @property
    def room(self) -> int:
        """See ``Runner``."""
        return self._workers - len(self._pending)

    def start(self, clip: Clip) -> None:
        """See ``Runner``."""
        self._pending[self._pool.submit(self._run, self._job, clip, self._cancelled.is_set)] = clip

    def finished(self, timeout_s: float) -> Iterable[Outcome]:
        """See ``Runner``."""
        done, _ = wait(self._pending, timeout_s, FIRST_COMPLETED)
        for future in done:
            del self._pending[future]
        return [future.result() for future in done]

    def close(self) -> Iterable[Outcome]:
        """See ``Runner``."""
        self._cancelled.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        ended = [future.result() for future in self._pending if not future.cancelled()]
        self._pending.clear()
        return ended

    def _take_cores(self) -> None:
        """Limit the thread, and the processes that it starts, to its share of the cores: a run has as many threads."""
        if sys.platform == "linux":
            os.sched_setaffinity(0, self._shares.get())
