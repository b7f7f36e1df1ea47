"""Artificial sources, sinks and viewers for engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.engine import EngineEvent, Result


class Film:
    """A source of ``frames`` frames at 25 frames per second; the gray level of the image is the frame number."""

    name = "film"
    size = (8, 8)
    fps: float | None = 25.0
    still = False

    def __init__(self, frames: int, live: bool = False, breaks_at: int | None = None) -> None:
        self.frames: int | None = frames
        self.duration_s: float | None = frames / 25
        self.live = live
        self._breaks_at = breaks_at
        self._next = 0
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        if self.live and self._closed.wait(0.002):
            return None
        if self._closed.is_set() or self._next >= (self.frames or 0):
            return None
        if self._next == self._breaks_at:
            raise StanceError("The film is torn.")
        frame = Frame(self._next, self._next / 25, np.full((8, 8, 3), self._next % 256, np.uint8))
        self._next += 1
        return frame

    def seek(self, time_s: float) -> None:
        self._next = min(max(round(time_s * 25), 0), (self.frames or 1) - 1)

    def seek_index(self, index: int) -> None:
        self._next = min(max(index, 0), (self.frames or 1) - 1)

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        self._closed.set()


class Tape:
    """A sink that records what is written; it may be slow or fail."""

    def __init__(self, delay_s: float = 0.0, breaks_at: int | None = None) -> None:
        self.paths: list[Path] = []
        self.frames: list[int] = []
        self.closed = 0
        self.is_passing = False
        self._delay_s = delay_s
        self._breaks_at = breaks_at

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        time.sleep(self._delay_s)
        if frame.index == self._breaks_at:
            raise StanceError("The tape is full.")
        self.frames.append(frame.index)

    def close(self) -> None:
        self.closed += 1


class Viewer:
    """Collects results and events of an engine."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.events: list[EngineEvent] = []
        self._news = threading.Condition()

    def result(self, result: Result) -> None:
        with self._news:
            assert result.frame.index == result.poses.index
            self.frames.append(result.frame.index)
            self._news.notify_all()

    def event(self, event: EngineEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, timeout=60)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Assert that a test leaves no thread of Stance; tests of the window, before it in the process, may leave some."""
    before = set(threading.enumerate())
    yield
    left = [t.name for t in threading.enumerate() if t.name.startswith("stance-") and t not in before]
    assert left == [], left
