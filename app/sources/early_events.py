"""Holds back the events of a source until it is known that the source is used."""

from __future__ import annotations

from threading import Lock

from app.sources import Notify, SourceEvent


class EarlyEvents:
    """A ``Notify`` that queues events until ``flush``; a source that is refused then gives its error alone."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._queued: list[SourceEvent] | None = []
        self._lock = Lock()

    def __call__(self, event: SourceEvent) -> None:
        """Pass ``event`` on, or queue it."""
        with self._lock:
            if self._queued is not None:
                self._queued.append(event)
                return
        self._notify(event)

    def flush(self) -> None:
        """Pass on the queued events; from now on events are passed on at once."""
        with self._lock:
            queued, self._queued = self._queued or [], None
        for event in queued:
            self._notify(event)
