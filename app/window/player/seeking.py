"""Seeking in a file: one seek at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it imports OpenCV and ONNX Runtime, which the window does not wait for
    from app.engine import Engine

Seek = Callable[["Engine"], None]


class SeekQueue:
    """Starts one seek at a time; of those requested while one is ``active`` only the newest is kept.

    ``index`` is the frame number of the newest request, None where a time was requested.
    """

    def __init__(self) -> None:
        self.active = False
        self.index: int | None = None
        self._next: Seek | None = None
        self._newest: Seek | None = None

    @property
    def overtaken(self) -> bool:
        """Whether another frame is requested than the one that the active seek will show."""
        return self._next is not None

    def request(self, engine: Engine | None, seek: Seek, index: int | None) -> None:
        """Call ``seek`` with ``engine`` now, or when the active seek has ended; without an engine do nothing."""
        self.index, self._newest = index, seek
        if engine is None:
            return
        if self.active:
            self._next = seek
            return
        self.active = True
        seek(engine)

    def repeat(self, engine: Engine | None) -> None:
        """Request the newest seek again, for example because the range of the engine has changed meanwhile."""
        if self._newest is not None:
            self.request(engine, self._newest, self.index)

    def note_shown(self, engine: Engine | None) -> None:
        """A frame is shown: the active seek has ended, and the newest of those requested meanwhile starts."""
        self.active = False
        seek, self._next = self._next, None
        if seek is not None:
            self.request(engine, seek, self.index)

    def clear(self) -> None:
        """Forget every seek: another source is shown."""
        self.active = False
        self._next = None
