"""Processes the clips of a batch on an existing Ray cluster, one task a clip.

Tasks get a job and a clip and return an outcome, each of a few hundred bytes, so that nothing passes through Ray's
object store. A node sees the clips and the results' folder under the same paths (a network share), and has Stance
installed; each task writes its own files there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from app.batch.clip_list import Clip
from app.batch.clip_run import ROOT, Job, Outcome, run_clip
from app.core.errors import StanceError
from app.core.message import Message, foreign

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
        self._pending: dict[Any, Clip] = {}
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
        self._pending[self._start(self._job, clip)] = clip

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
        self._ray.shutdown()
        return ended

    def _outcome(self, reference: Any) -> Outcome:
        clip = self._pending.pop(reference)
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


def _run_in_task(job: Job, clip: Clip) -> Outcome:
    """``run_clip`` on a node of the cluster, ended when the task is cancelled."""
    cancelled = threading.Event()
    if not clip.path.exists() or not Path(job.folder).exists():
        missing = job.folder if clip.path.exists() else clip.path
        return Outcome(clip, problem=f"{missing} is not there on node {os.uname().nodename}: wanted a shared folder.")
    try:
        return run_clip(job, clip, cancelled.is_set)
    except KeyboardInterrupt:
        cancelled.set()
        return Outcome(clip)
