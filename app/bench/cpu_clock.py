"""Processor time of a pipeline's networks and of everything else, by the clocks of the threads."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from app.bench.network_owners import network_owners
from app.inference.onnx_model import OnnxModel
from app.pipeline import Pipeline

TASKS = Path("/proc/self/task")
"""Linux: one folder per thread of this process."""


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Processor time in seconds: of the ``networks``, of the whole ``process``, and the ``elapsed`` time."""

    networks: float
    process: float
    elapsed: float

    @property
    def other(self) -> float:
        """Processor time of everything that is not a network, in seconds."""
        return max(self.process - self.networks, 0.0)

    @property
    def busy(self) -> float:
        """Share of the cores that were busy, 0..1."""
        return self.process / (self.elapsed * _cores())


class CpuClock:
    """Measures the processor time of a pipeline's networks and of the process.

    A run counts in the thread that calls it, and in the threads of the session's pool where a run has several. Those
    are the threads that appeared while ``open_pipeline`` ran; they are known on Linux only, so ``is_exact`` is False
    elsewhere if there are any.
    """

    def __init__(self, open_pipeline: Callable[[], Pipeline]) -> None:
        before = _native_threads()
        self.pipeline = open_pipeline()
        self._pool = _native_threads() - before
        self._lock = threading.Lock()
        self._seconds = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether the networks' time is complete: each run has one thread, or the pool's threads have clocks."""
        networks = (owner.network for owner in network_owners(self.pipeline))
        return sys.platform == "linux" or all(network.threads.count == 1 for network in networks)

    @contextmanager
    def measured(self) -> Iterator[list[CpuTime]]:
        """Measure what runs within this context; the list has the result once it has ended."""
        users = network_owners(self.pipeline)
        networks = [user.network for user in users]
        for user, network in zip(users, networks, strict=True):
            user.network = _Timed(network, self._add)
        result: list[CpuTime] = []
        start, start_s = self._now(), time.perf_counter()
        try:
            yield result
        finally:
            end, elapsed = self._now(), time.perf_counter() - start_s
            for user, network in zip(users, networks, strict=True):
                user.network = network
            result.append(CpuTime(end[0] - start[0], end[1] - start[1], elapsed))

    def _add(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds

    def _now(self) -> tuple[float, float]:
        return self._seconds + sum(map(_thread_seconds, self._pool)), time.process_time()


class _Timed(OnnxModel):
    """A network whose runs report the processor time of the thread that they run in to ``add``."""

    def __init__(self, network: OnnxModel, add: Callable[[float], None]) -> None:
        vars(self).update(vars(network))
        self._add = add

    def _run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        start = time.thread_time()
        try:
            return super()._run(arrays)
        finally:
            self._add(time.thread_time() - start)


def _native_threads() -> set[int]:
    """The ids of this process's threads that are not Python's; empty where the system does not list them."""
    if not TASKS.is_dir():
        return set()
    known = {thread.native_id for thread in threading.enumerate()}
    return {int(task.name) for task in TASKS.iterdir()} - known


def _thread_seconds(thread: int) -> float:
    """Processor time of a thread of this process, in seconds; 0 once it has ended."""
    try:
        return int((TASKS / str(thread) / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
