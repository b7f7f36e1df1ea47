"""Ends a headless run by Ctrl+C or SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tqdm import tqdm

from app.cli.console import terminate_on_sigterm


class StopRequest(threading.Event):
    """Set by Ctrl+C or SIGTERM; a second Ctrl+C raises KeyboardInterrupt.

    While ``is_patient``, the first Ctrl+C is only answered by a sentence, so that nothing that is known gets lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_patient = False
        self._is_unanswered = False

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if number == signal.SIGINT and self.is_patient:
            self.is_patient, self._is_unanswered = False, True
            return
        if self.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.set()

    def tell(self) -> None:
        """Print the sentence, which a handler of signals must not do: it may interrupt another output."""
        if self._is_unanswered:
            self._is_unanswered = False
            tqdm.write(
                "What was analysed is being written. Ctrl+C again ends the files where they are.", file=sys.stderr
            )


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """A request that Ctrl+C or SIGTERM makes."""
    requested = StopRequest()

    before = {number: signal.signal(number, requested.receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with terminate_on_sigterm():
            yield requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
