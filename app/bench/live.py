"""A clip played as a camera would give it, and shown: how old the picture is on the screen, and what was left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.bench.passes import Stages
from app.engine import Engine, Result
from app.people import Frame
from app.pipeline import Pipeline
from app.priority import in_background
from app.resident import memory_mb
from app.sources import Source

USUAL_FPS = 30.0
GLANCE_S = 0.02
MINUTE_S = 60.0

Show = Callable[[Result], None]
"""Paints a result, and returns when that is done."""


class Playback:
    """A file as a camera: each frame comes when it is due, from the start again after the end, and no one waits."""

    live = True
    still = False

    def __init__(self, file: Source) -> None:
        self.name = file.name
        self.size = file.size
        self.fps: float | None = file.fps or USUAL_FPS
        self.frames: int | None = None
        self.duration_s: float | None = None
        self._rate = file.fps or USUAL_FPS
        self._file = file
        self._began_s: float | None = None
        self._index = 0
        self._closed = False

    def read(self) -> Frame | None:
        """The next frame, at its time; its time stamp goes on from round to round."""
        frame = self._file.read()
        if frame is None and not self._closed:
            self._file.seek(0)
            frame = self._file.read()
        if frame is None:
            return None
        now = time.perf_counter()
        if self._began_s is None:
            self._began_s = now
        time_s = self._index / self._rate
        time.sleep(max(self._began_s + time_s - now, 0))
        self._index += 1
        return Frame(self._index - 1, time_s, frame.image)

    def seek(self, time_s: float) -> None:
        """A camera has nothing to seek in."""

    def frame_name(self, index: int) -> str:
        """Empty: the frames have no names."""
        return ""

    def close(self) -> None:
        """See ``Source``."""
        self._closed = True
        self._file.close()


@dataclass(slots=True)
class Live:
    """What was seen on the screen; ``ages`` are (seconds since the start, milliseconds from camera to screen)."""

    frames: int = 0
    dropped: int = 0
    seconds: float = 0.0
    ages: list[tuple[float, float]] = field(default_factory=list)
    stages: Stages = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    """At the start and after every minute."""
    memory_end_mb: float = 0.0


def play(source: Source, pipeline: Pipeline, seconds: float, show: Show) -> Live:
    """Run the pipe on a live ``source`` for so long, and ``show`` the newest result in this very thread."""
    seen = Live(memory_mb=[memory_mb()])
    newest: list[Result] = []
    engine = Engine(source, pipeline, on_result=newest.append)
    start = time.perf_counter()
    in_background(engine.start)
    showing: list[float] = []
    while (elapsed := time.perf_counter() - start) < seconds and not engine.wait(0 if newest else GLANCE_S / 10):
        if newest:
            result = newest[-1]
            newest.clear()
            before = time.perf_counter()
            show(result)
            now = time.perf_counter()
            showing.append((now - before) * 1000)
            seen.ages.append((elapsed, (now - result.taken_s) * 1000))
        if elapsed >= MINUTE_S * len(seen.memory_mb):
            seen.memory_mb.append(memory_mb())
    seen.seconds = time.perf_counter() - start
    engine.stop()
    engine.wait(0)
    seen.memory_end_mb = memory_mb()
    seen.frames, seen.dropped = engine.statistics.frames, engine.statistics.dropped
    seen.stages = {stage: list(values) for stage, values in engine.statistics.stage_ms.items()} | {"show": showing}
    return seen
