"""Work that may wait, away from the window's thread, with its answer brought back to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from app.errors import StanceError
from app.priority import give_way

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class CancelledError(Exception):
    """The work is no longer wanted; nobody is told."""


class Background(QObject):
    """Runs functions in threads; ``done`` and ``failed`` are called in the thread that made this object."""

    _came_back = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._row: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._start("row", self._work_off)
        self._came_back.connect(self._deliver)

    def run(
        self,
        name: str,
        work: Callable[[], Answer],
        done: Callable[[Answer], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do ``work`` in a thread of its own, named ``stance-NAME``."""
        self._start(name, partial(self._do, work, done, failed))

    def queue(
        self, work: Callable[[], Answer], done: Callable[[Answer], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do ``work`` after everything that was queued before it."""
        self._row.put(partial(self._do, work, done, failed))

    def close(self, wait_s: float) -> None:
        """Bring back nothing any more, and wait at most ``wait_s`` seconds for what is being done."""
        self.closing.set()
        with self._lock:
            pass  # whoever is bringing something back has done so
        self._row.put(None)
        deadline = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        busy = [thread.name for thread in self._threads if thread.is_alive()]
        if busy:
            log.warning("still busy after %.1f s: %s", wait_s, ", ".join(busy))

    def _start(self, name: str, body: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=partial(_giving_way, body), name=f"stance-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work_off(self) -> None:
        while (job := self._row.get()) is not None:
            job()

    def _do(
        self, work: Callable[[], Answer], done: Callable[[Answer], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            answer = work()
        except CancelledError:
            return
        except StanceError as error:
            self._bring_back(partial(failed, error))
        except Exception as error:
            log.exception("the thread %s ended with an error", threading.current_thread().name)
            self._bring_back(partial(failed, error))
        else:
            self._bring_back(partial(done, answer))

    def _bring_back(self, call: Callable[[], None]) -> None:
        with self._lock:
            if not self.closing.is_set():
                self._came_back.emit(call)

    def _deliver(self, call: Callable[[], None]) -> None:
        call()


def _giving_way(body: Callable[[], None]) -> None:
    """Do ``body`` after the window's own thread, where both want the processor.

    Threads that are started from here inherit it: the engine's, those of the networks and of the decoder. They keep
    every core busy, and a window that has to queue for one with all of them stutters. Other systems put the
    window in front first by themselves.
    """
    give_way()
    body()
