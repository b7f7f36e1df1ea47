"""Processes the clips of a batch on an existing Ray cluster, one task a clip.

Tasks get a job and a clip and return an outcome, each of a few hundred bytes, so that nothing passes through Ray's
object store. On a node that sees the clip and the results' folder under the same paths (a network share), a task reads
and writes them there. Any other node gets the clip from the driver, and gives the results to it. All have Stance
installed.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

from app.batch.clip_copy import Offer, run_copy
from app.batch.clip_list import Clip
from app.batch.clip_run import ROOT, Job, Outcome, run_clip
from app.batch.clip_server import ClipServer
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.sinks import writing

RETRIES = 5
"""How often a task is started again whose node has failed."""
AHEAD = 2.0
"""Tasks in progress, as a multiple of the cluster's processors: the next ones wait at the nodes."""
ASK_S = 1.0
"""Time after which the cluster is asked for its processors again, in seconds."""


class RayRunner:
    """A ``Runner`` on the cluster at ``address``, whose tasks take one processor each.

    Raises StanceError if Ray is not installed or the cluster does not answer.
    """

    def __init__(self, job: Job, address: str) -> None:
        self._ray = _connect(address)
        self._job = job
        try:
            self._mark = _make_mark(job)
            self._server = ClipServer(job, self._ray.util.get_node_ip_address())
        except BaseException:
            self._ray.shutdown()
            raise
        self._pending: dict[Any, tuple[Clip, int]] = {}  # with its number on the server
        self._processors, self._ask_again_s = 1.0, 0.0
        task = self._ray.remote(num_cpus=1, max_retries=RETRIES)(_run_in_task)
        self._start: Callable[..., Any] = task.remote

    @property
    def room(self) -> int:
        """See ``Runner``; follows the cluster as it grows and shrinks."""
        now = time.monotonic()
        if now >= self._ask_again_s:
            self._processors = self._ray.cluster_resources().get("CPU", 1.0)
            self._ask_again_s = now + ASK_S
        return max(int(self._processors * AHEAD), 1) - len(self._pending)

    def start(self, clip: Clip) -> None:
        """See ``Runner``."""
        number, path = self._server.offer(clip)
        offer = Offer(*self._server.address, path)
        self._pending[self._start(self._job, clip, _Seen.by_driver(clip, self._mark), offer)] = clip, number

    def finished(self, timeout_s: float) -> Iterable[Outcome]:
        """See ``Runner``."""
        done, _ = self._ray.wait(list(self._pending), num_returns=1, timeout=timeout_s)
        return [self._outcome(reference) for reference in done]

    def close(self) -> Iterable[Outcome]:
        """See ``Runner``; the cluster goes on."""
        pending = list(self._pending)
        done, running = self._ray.wait(pending, num_returns=len(pending), timeout=0) if pending else ([], [])
        for reference in running:
            self._ray.cancel(reference)
        ended = [self._outcome(reference) for reference in done]
        self._pending.clear()
        self._server.close()
        _mark_path(self._job).unlink(missing_ok=True)
        self._ray.shutdown()
        return ended

    def _outcome(self, reference: Any) -> Outcome:
        clip, number = self._pending.pop(reference)
        self._server.withdraw(number)
        try:
            outcome: Outcome = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[0]
            return Outcome(clip, problem=str(Message("The cluster could not process it: {reason}.", reason=reason)))
        return outcome


def _connect(address: str) -> Any:
    try:
        import ray
    except ImportError:
        raise StanceError("Ray is not installed: wanted it in this environment, by `pip install ray`.") from None
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}},
        )
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise StanceError(
            "No Ray cluster answers at {address}: {reason}; wanted the address of its head node, such as "
            "10.0.0.5:6379.",
            address=address,
            reason=foreign(str(error).strip().splitlines()[0]),
        ) from None
    return ray


class _Seen(NamedTuple):
    """What the driver sees of a clip and the results' folder; a node that sees the same shares them."""

    bytes: int
    time_ns: int
    mark: str

    @classmethod
    def by_driver(cls, clip: Clip, mark: str) -> Self:
        """Of ``clip``; all zero if it is gone."""
        try:
            state = clip.path.stat()
        except OSError:
            return cls(0, 0, mark)
        return cls(state.st_size, state.st_mtime_ns, mark)

    def is_here(self, job: Job, clip: Clip) -> bool:
        """Whether this computer sees the same clip and the same folder."""
        try:
            state = clip.path.stat()
            mark = _mark_path(job).read_text(encoding="ascii")
        except (OSError, ValueError):
            return False
        return (state.st_size, state.st_mtime_ns, mark) == self


def _mark_path(job: Job) -> Path:
    return job.hidden("driver")


def _make_mark(job: Job) -> str:
    """A random text in a file of the results' folder, by which nodes know that they see the same folder."""
    mark = secrets.token_hex(16)
    with writing(_mark_path(job)):
        _mark_path(job).write_text(mark, encoding="ascii")
    return mark


def _run_in_task(job: Job, clip: Clip, seen: _Seen, offer: Offer) -> Outcome:
    """Process ``clip`` on a node of the cluster until the task is cancelled."""
    cancelled = threading.Event()
    try:
        if seen.is_here(job, clip):
            return run_clip(job, clip, cancelled.is_set)
        return run_copy(job, clip, offer, cancelled.is_set)
    except KeyboardInterrupt:
        cancelled.set()
        return Outcome(clip)
