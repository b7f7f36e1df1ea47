"""``python -m tools.batch_scale``: a batch of ten thousand clips on a hundred nodes, with simulated nodes.

The driver is the real one, and so are the records and tables that it reads and writes. A node sleeps as long as a clip
has taken; while the driver waits, the clock jumps to the end of the next clip. What the driver costs shows as the time
by which the batch takes longer than with a driver that costs nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app import __version__
from app.batch.batch import run_batch
from app.batch.clip_list import Clip, find_clips
from app.batch.clip_run import Job, Outcome, Record, write_record
from app.batch.ray_runner import AHEAD
from app.cli.console import Parser, exit_code, number
from app.core.errors import StanceError
from app.system.heap import memory_mb

SECONDS = (12.402, 17.107, 22.073)
"""Measured times of 50 frames of 640x480 with a film, on a busy computer, in seconds; a simulated clip takes one."""


class Clock:
    """Time since the beginning, in seconds: that of the driver, and what was jumped over while it waited."""

    def __init__(self) -> None:
        self._jumped_s = 0.0
        self._excluded_s = 0.0
        self._began_s = time.perf_counter()

    @property
    def driver_s(self) -> float:
        """Time that the driver has used, in seconds."""
        return time.perf_counter() - self._began_s - self._excluded_s

    @property
    def now_s(self) -> float:
        """The time, in seconds."""
        return self.driver_s + self._jumped_s

    def jump(self, time_s: float) -> None:
        """Go on to ``time_s``, if that is later than now."""
        self._jumped_s += max(time_s - self.now_s, 0.0)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time of the block, which is not the driver's."""
        began_s = time.perf_counter()
        yield
        self._excluded_s += time.perf_counter() - began_s


@dataclass(slots=True)
class SimulatedNodes:
    """A ``Runner`` with ``nodes`` of one processor each.

    ``taken_s`` has the time of each clip in the order of their starts, ``memory`` that of this process, in megabytes,
    after every hundredth clip.
    """

    job: Job
    nodes: int
    clock: Clock
    taken_s: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(0))
    _free_s: list[float] = field(default_factory=list)  # heap: since when each node has nothing to do
    _pending: list[tuple[float, Clip, float]] = field(default_factory=list)  # heap: end, clip, its time
    _ended: int = 0

    def __post_init__(self) -> None:
        self._free_s = [0.0] * self.nodes

    @property
    def room(self) -> int:
        """See ``Runner``."""
        return int(self.nodes * AHEAD) - len(self._pending)

    def start(self, clip: Clip) -> None:
        """See ``Runner``."""
        took_s = self._random.choice(SECONDS)
        end_s = max(heapq.heappop(self._free_s), self.clock.now_s) + took_s
        heapq.heappush(self._free_s, end_s)
        heapq.heappush(self._pending, (end_s, clip, took_s))
        self.taken_s.append(took_s)

    def finished(self, timeout_s: float) -> Iterable[Outcome]:
        """See ``Runner``; one clip at a time, as Ray gives them."""
        end_s, clip, took_s = heapq.heappop(self._pending)
        self.clock.jump(end_s)
        with self.clock.stopped():
            if self._ended % 100 == 0:
                self.memory.append(memory_mb())
            self._ended += 1
            return [_process(self.job, clip, took_s)]

    def close(self) -> Iterable[Outcome]:
        """See ``Runner``."""
        return []


def _process(job: Job, clip: Clip, took_s: float) -> Outcome:
    """What ``run_clip`` leaves of a clip, without looking at it."""
    files = {}
    for path in job.outputs(clip):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n", encoding="utf-8")
        files[path.relative_to(job.folder).as_posix()] = path.stat().st_size
    state = clip.path.stat()
    identity = (str(clip.path), state.st_size, state.st_mtime_ns, __version__, job.formats, job.options)
    record = Record(*identity, files, 120, 1, 24.0, took_s)
    write_record(job.record(clip), record)
    return Outcome(clip, record)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a simulated batch has cost.

    ``total_s`` is its time and ``ideal_s`` that with a driver that costs nothing; ``driver_s`` is the driver's part of
    it, and ``resume_s`` the time in which a repeated batch finds all clips complete. The memory of the process is that
    after a tenth of the clips and after all of them, in megabytes.
    """

    total_s: float
    ideal_s: float
    driver_s: float
    resume_s: float
    early_mb: float
    late_mb: float

    @property
    def overhead(self) -> float:
        """Share by which the batch takes longer than with a driver that costs nothing."""
        return self.total_s / self.ideal_s - 1.0


def simulate(folder: Path, clips: int, nodes: int) -> Figures:
    """Run a batch of ``clips`` empty files, which are made in ``folder``, on simulated ``nodes``."""
    for place in range(clips):
        path = folder / "clips" / f"{place // 100:03d}" / f"{place % 100:02d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    job = Job(folder / "results", ("jsonl",), ())
    clock = Clock()
    runner = SimulatedNodes(job, nodes, clock)
    found = find_clips([f"{folder}/clips/**/*.mp4"])
    _run(job, found, runner)
    total_s, driver_s = clock.now_s, clock.driver_s
    _run(job, found, runner)
    resume_s = clock.driver_s - driver_s
    early_mb = runner.memory[len(runner.memory) // 10]
    return Figures(total_s, _ideal(runner.taken_s, nodes), driver_s, resume_s, early_mb, runner.memory[-1])


def _run(job: Job, clips: Sequence[Clip], runner: SimulatedNodes) -> None:
    """Run the batch without its progress bar and its last line. Raises StanceError if it fails."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run_batch(job, clips, lambda _: runner, resume=True)
    if code:
        raise StanceError("The batch has ended with exit code {code}: wanted 0.", code=code)


def _ideal(taken_s: Sequence[float], nodes: int) -> float:
    """When the last of ``nodes`` is ready if each takes the next clip at once, in seconds."""
    free_s = [0.0] * nodes
    for took_s in taken_s:
        heapq.heapreplace(free_s, free_s[0] + took_s)
    return max(free_s)


def _main() -> int:
    parser = Parser(prog="python -m tools.batch_scale", description="Simulate a batch of many clips on many nodes.")
    parser.add_argument("--clips", type=number(int, "the number of clips"), default=10_000, metavar="N")
    parser.add_argument("--nodes", type=number(int, "the number of nodes"), default=100, metavar="N")
    arguments: argparse.Namespace = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stance-") as folder:
        figures = simulate(Path(folder), arguments.clips, arguments.nodes)
    print(
        f"{arguments.clips} clips on {arguments.nodes} nodes: {figures.total_s:.1f} s, {figures.ideal_s:.1f} s without "
        f"a driver, overhead {figures.overhead:.2%}\n"
        f"driver: {figures.driver_s:.2f} s, {1e3 * figures.driver_s / arguments.clips:.2f} ms a clip; "
        f"--resume of the whole: {figures.resume_s:.2f} s\n"
        f"memory: {figures.early_mb:.0f} MB after a tenth of the clips, {figures.late_mb:.0f} MB after all"
    )
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(_main, "`python main.py --doctor` shows what is missing."))
