"""Repeated work in the background that takes at most a fixed share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject

from app.window.core.tasks import Output, TaskRunner


class PacedWork:
    """Runs one piece of work at a time for ``receiver``, in threads named ``stance-NAME``.

    After each one it is not ``ready`` for ``pause_factor`` times as long as the work took, at least ``min_pause_s``
    seconds.
    """

    def __init__(
        self, background: TaskRunner, name: str, receiver: QObject, *, pause_factor: float, min_pause_s: float = 0.0
    ) -> None:
        self._background = background
        self._name = name
        self._receiver = receiver
        self._pause_factor = pause_factor
        self._min_pause_s = min_pause_s
        self._working = self._skips_pause = False
        self._ready_s = 0.0  # on the monotonic clock

    @property
    def ready(self) -> bool:
        """Whether ``run`` may be called now."""
        return not self._working and time.monotonic() >= self._ready_s

    def skip_pause(self) -> None:
        """End the pause at once, and make none after the work in progress."""
        self._ready_s = 0.0
        self._skips_pause = self._working

    def run(
        self, work: Callable[[], Output], done: Callable[[Output], None], failed: Callable[[Exception], None]
    ) -> None:
        """Do ``work`` in a thread, then call ``done`` with its result or ``failed`` with its error."""
        self._working = True
        started_s = time.monotonic()

        def finished(result: Output) -> None:
            took_s = time.monotonic() - started_s
            pause_s = 0.0 if self._skips_pause else max(self._pause_factor * took_s, self._min_pause_s)
            self._ready_s = time.monotonic() + pause_s
            self._working = self._skips_pause = False
            done(result)

        def stopped(error: Exception) -> None:
            self._working = self._skips_pause = False
            failed(error)

        self._background.run(self._name, work, finished, stopped, self._receiver)
