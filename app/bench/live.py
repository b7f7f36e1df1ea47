"""Plays a clip as a camera and shows it: measures the latency to the screen and the dropped frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.bench.passes import Stages
from app.core.people import Frame
from app.engine import Engine, Result
from app.pipeline import Pipeline
from app.sources import Source
from app.system.heap import memory_mb
from app.system.threads import in_background

USUAL_FPS = 30.0
"""Frame rate of a file that does not state one."""
POLL_S = 0.02
MINUTE_S = 60.0

Show = Callable[[Result], None]
"""Paints a result and returns when it is painted."""


class Playback:
    """A file played as a live source: frames come at their timestamps, and the file repeats from its start."""

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
        self._started_s: float | None = None
        self._index = 0
        self._closed = False

    def read(self) -> Frame | None:
        """Wait until the next frame is due and return it; timestamps continue across repeats. None once closed."""
        frame = self._file.read()
        if frame is None and not self._closed:
            self._file.seek(0)
            frame = self._file.read()
        if frame is None:
            return None
        now = time.perf_counter()
        if self._started_s is None:
            self._started_s = now
        time_s = self._index / self._rate
        time.sleep(max(self._started_s + time_s - now, 0))
        self._index += 1
        return Frame(self._index - 1, time_s, frame.image)

    def seek(self, time_s: float) -> None:
        """Does nothing: a live source cannot seek."""

    def seek_index(self, index: int) -> None:
        """Does nothing: a live source cannot seek."""

    def frame_name(self, index: int) -> str:
        """Empty: the frames have no names."""
        return ""

    def close(self) -> None:
        """See ``Source``."""
        self._closed = True
        self._file.close()


@dataclass(slots=True)
class Live:
    """Result of a live measurement.

    ``frames`` were processed and ``dropped`` left out in ``seconds``; ``ages`` holds (seconds since the start,
    milliseconds from capture to screen) of each shown frame, ``stages`` the durations of each stage in milliseconds.
    """

    frames: int = 0
    dropped: int = 0
    seconds: float = 0.0
    ages: list[tuple[float, float]] = field(default_factory=list)
    stages: Stages = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    """Memory in use at the start and after every minute, in MB."""
    memory_end_mb: float = 0.0


def play(source: Source, pipeline: Pipeline, seconds: float, show: Show) -> Live:
    """Run the pipeline on a live ``source`` for ``seconds``; ``show`` gets the newest result, in this thread."""
    live = Live(memory_mb=[memory_mb()])
    newest: list[Result] = []
    engine = Engine(source, pipeline, on_result=newest.append)
    start = time.perf_counter()
    in_background(engine.start)
    showing: list[float] = []
    while (elapsed := time.perf_counter() - start) < seconds and not engine.wait(0 if newest else POLL_S / 10):
        if newest:
            result = newest[-1]
            newest.clear()
            before = time.perf_counter()
            show(result)
            now = time.perf_counter()
            showing.append((now - before) * 1000)
            live.ages.append((elapsed, (now - result.taken_s) * 1000))
        if elapsed >= MINUTE_S * len(live.memory_mb):
            live.memory_mb.append(memory_mb())
    live.seconds = time.perf_counter() - start
    engine.stop()
    engine.wait(0)
    live.memory_end_mb = memory_mb()
    live.frames, live.dropped = engine.statistics.frames, engine.statistics.dropped
    live.stages = {stage: list(values) for stage, values in engine.statistics.stage_ms.items()} | {"show": showing}
    return live
