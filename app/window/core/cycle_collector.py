"""Restricts Python's garbage collector of reference cycles to the window's thread.

By default it runs in any thread that has just created an object, and frees objects there. Widgets and plot items form
reference cycles, and Qt allows only the window's thread to free them: it may be painting them at that moment.
"""

from __future__ import annotations

import gc
import time
import weakref

from PyQt6.QtCore import QObject, QTimer

EVERY_MS = 100
GROWTH = 1.25
"""Factor by which the oldest generation must have grown before it is collected, which is slow if it is large."""
GROWTH_CHECK_S = 10.0
"""Interval between checks of that growth, in seconds."""

_keepers: set[object] = set()
_was_enabled = False


class CycleCollector(QObject):
    """Collects cycles only in the thread that creates this object, until ``stop``; needs its event loop."""

    def __init__(self, parent: QObject | None = None) -> None:
        global _was_enabled
        super().__init__(parent)
        self._keeper = object()
        weakref.finalize(self, _release, self._keeper).atexit = False
        if not _keepers:
            _was_enabled = gc.isenabled()
        _keepers.add(self._keeper)
        gc.disable()
        self._old = len(gc.get_objects(2))
        self._checked_s = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect_if_due)
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect again, unless another collector is active; idempotent."""
        self._timer.stop()
        _release(self._keeper)

    def collect_if_due(self) -> None:
        """Collect what Python would collect by now: young objects often, old ones rarely."""
        young, middle, _ = gc.get_count()
        most_young, most_middle, _ = gc.get_threshold()
        if young <= most_young:
            return
        if middle <= most_middle:
            gc.collect(0)
        elif self._has_grown():
            gc.collect()
            self._old = len(gc.get_objects(2))
        else:
            gc.collect(1)

    def _has_grown(self) -> bool:
        """Whether the oldest generation has grown enough to be collected."""
        now = time.monotonic()
        if now - self._checked_s < GROWTH_CHECK_S:
            return False
        self._checked_s = now
        return len(gc.get_objects(2)) > GROWTH * self._old


def _release(keeper: object) -> None:
    if keeper in _keepers:
        _keepers.discard(keeper)
        if not _keepers and _was_enabled:
            gc.enable()
