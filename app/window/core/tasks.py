"""Background threads, whose results are delivered in the window's thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, pyqtSignal

from app.core.errors import StanceError
from app.system.threads import lower_priority
from app.window.core.cycle_collector import CycleCollector

log = logging.getLogger(__name__)

Output = TypeVar("Output")


class CancelledError(Exception):
    """The work was cancelled; its caller is not called back."""


def nothing(result: object) -> None:
    """A callback that ignores the result."""


class Task:
    """One request for background work, which can be cancelled.

    The work checks ``is_cancelled`` in its thread. ``TaskRunner`` calls back neither with the result nor with the error
    of a cancelled task.
    """

    def __init__(self, closing: threading.Event) -> None:
        self._cancelled = threading.Event()
        self._closing = closing

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, or the window is closing; any thread may read it."""
        return self._cancelled.is_set() or self._closing.is_set()

    def cancel(self) -> None:
        """Cancel the task; this cannot be undone."""
        self._cancelled.set()

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``, or until it is cancelled."""
        self._cancelled.wait(seconds)


class TaskRunner(QObject):
    """Runs functions in threads and calls ``done`` or ``failed`` in the thread that made this object.

    Owns its threads: one for the queue and one for each ``run``; ``close`` joins them. Both callbacks are for a
    ``receiver``: once that is deleted, neither is called. Where a ``task`` is given and cancelled, neither is called
    either; a result that has to be released then goes to ``discard``.
    """

    _finished = pyqtSignal(object)  # _Job

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.closing = threading.Event()
        self._collector = CycleCollector(self)  # otherwise these threads would free objects of the window's thread
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._jobs: set[_Job] = set()
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._start("row", self._run_queue)
        # Queued, so that no callback runs in the middle of another function; PyQt's type hints lack the argument.
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        closing, lock, queue = self.closing, self._lock, self._queue

        def end() -> None:
            with lock:  # no thread is emitting ``_finished`` any more
                closing.set()
            queue.put(None)

        self.destroyed.connect(end)

    def new_task(self, replaced: Task | None = None) -> Task:
        """A task for a request that replaces the one of ``replaced``, which is cancelled."""
        if replaced is not None:
            replaced.cancel()
        return Task(self.closing)

    def run(
        self,
        name: str,
        work: Callable[[], Output],
        done: Callable[[Output], None],
        failed: Callable[[Exception], None],
        receiver: QObject,
        task: Task | None = None,
        discard: Callable[[Output], None] = nothing,
    ) -> None:
        """Do ``work`` in a thread of its own, named ``stance-NAME``."""
        self._start(name, partial(self._do, self._note(_Job(receiver, work, done, failed, task, discard))))

    def queue(
        self,
        work: Callable[[], Output],
        done: Callable[[Output], None],
        failed: Callable[[Exception], None],
        receiver: QObject,
        task: Task | None = None,
    ) -> None:
        """Do ``work`` after everything that was queued before it."""
        self._queue.put(partial(self._do, self._note(_Job(receiver, work, done, failed, task))))

    def callback(self, call: Callable[..., None], receiver: QObject, task: Task | None = None) -> Callable[..., None]:
        """A function that any thread may call, and that calls ``call`` in this object's thread.

        ``call`` is not called once ``receiver`` is deleted or ``task`` is cancelled. (A thread that may outlive the
        receiver must not emit a signal of it.)
        """
        return lambda *values: self._send_back(_Job(receiver, task=task, call=partial(call, *values)))

    def busy(self, *names: str) -> bool:
        """Whether work with one of these ``names`` is running."""
        wanted = {f"stance-{name}" for name in names}
        return any(thread.is_alive() and thread.name in wanted for thread in self._threads)

    def close(self, wait_s: float) -> None:
        """Deliver no further results, and wait at most ``wait_s`` seconds for the threads."""
        self.closing.set()
        with self._lock:
            pass  # no thread is emitting ``_finished`` any more
        self._queue.put(None)
        deadline = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        busy = [thread.name for thread in self._threads if thread.is_alive()]
        if busy:
            log.warning("Work in the background takes longer than %.0f s; Stance ends without waiting for it.", wait_s)
            log.info("threads that are not waited for any longer: %s", ", ".join(busy))
        else:
            self._collector.stop()

    def _start(self, name: str, body: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=partial(_at_low_priority, body), name=f"stance-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run_queue(self) -> None:
        while (job := self._queue.get()) is not None:
            job()

    def _note(self, job: _Job) -> _Job:
        """Keep the job until it is delivered: it may hold widgets, which only this object's thread may free."""
        self._jobs.add(job)
        return job

    def _do(self, job: _Job) -> None:
        try:
            job.result, job.has_result = job.work(), True  # no local variable: it must not outlive the job here
        except CancelledError:
            pass
        except StanceError as error:
            job.call = partial(job.failed, error)
        except Exception as error:
            log.exception("the thread %s ended with an error", threading.current_thread().name)
            job.call = partial(job.failed, error)
        self._send_back(job)

    def _send_back(self, job: _Job) -> None:
        with self._lock:
            if not self.closing.is_set():
                self._finished.emit(job)

    def _deliver(self, job: _Job) -> None:
        self._jobs.discard(job)
        try:
            if not sip.isdeleted(job.receiver):  # only this thread deletes the receiver
                cancelled = job.task is not None and job.task.is_cancelled
                if job.has_result:
                    (job.discard if cancelled else job.done)(job.result)
                elif not cancelled:
                    job.call()
        finally:
            job.release()


class _Job:
    """Work and its callbacks; without an ``result``, ``call`` is called in the runner's thread."""

    def __init__(
        self,
        receiver: QObject,
        work: Callable[[], Any] = lambda: None,
        done: Callable[[Any], None] = nothing,
        failed: Callable[[Exception], None] = nothing,
        task: Task | None = None,
        discard: Callable[[Any], None] = nothing,
        call: Callable[[], None] = lambda: None,
    ) -> None:
        self.receiver, self.work, self.done, self.failed = receiver, work, done, failed
        self.task, self.discard, self.call = task, discard, call
        self.result: Any = None
        self.has_result = False

    def release(self) -> None:
        """Drop all references."""
        self.__dict__.clear()


def _at_low_priority(body: Callable[[], None]) -> None:
    """Run ``body`` at a lower priority than the window's own thread.

    Threads that are started from here inherit it: those of the engine, the networks and the decoder. They keep every
    core busy, and the window would stutter if it had to queue for one with all of them. Other systems prefer the
    foreground window by themselves.
    """
    lower_priority()
    body()
