"""The state of an engine, which only moves forward."""

from __future__ import annotations

import threading
import time
from typing import Literal

State = Literal["new", "running", "draining", "ended", "failed"]
"""``draining``: no further frame is read, the files are being finished. ``failed``: one of its threads has died."""

ORDER: tuple[State, ...] = ("new", "running", "draining", "ended", "failed")


class Lifecycle:
    """Owns an engine's state; any thread may read and change it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state: State = "new"
        self.ended_s: float | None = None

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    @property
    def alive(self) -> bool:
        """Whether frames may still come."""
        return self._state in ("new", "running")

    @property
    def over(self) -> bool:
        """Whether it has ended or failed."""
        return self._state in ("ended", "failed")

    def start(self) -> bool:
        """From new to running; False if it was started or stopped before."""
        return self._go("running", only_from="new")

    def drain(self) -> bool:
        """Read no further frame; True if it was never started."""
        with self._changed:
            unstarted = self._state == "new"
            self._go("draining")
            return unstarted

    def end(self, failed: bool) -> None:
        """Everything is finished; ``ended_s`` becomes the time of this call (``time.monotonic``)."""
        with self._changed:
            if not self.over:
                self.ended_s = time.monotonic()
                self._go("failed" if failed else "ended")

    def wait(self, wait_s: float | None) -> bool:
        """Wait until it has ended or failed, at most ``wait_s`` seconds; True if it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self.over, wait_s)

    def _go(self, state: State, only_from: State | None = None) -> bool:
        with self._changed:
            if ORDER.index(state) <= ORDER.index(self._state) or (only_from and self._state != only_from):
                return False
            self._state = state
            self._changed.notify_all()
            return True
