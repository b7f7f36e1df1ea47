"""One pass of the full pipeline over a clip at maximum speed, with drawing and writing but without encoding."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.bench.cpu_clock import CpuClock, CpuTime
from app.core.people import Frame, FramePoses
from app.engine import Engine
from app.engine.header import make_header
from app.overlay import DrawStyle, painted
from app.pipeline import Pipeline
from app.sinks import Header
from app.sinks.jsonl import JsonLines
from app.sources import open_source
from app.system.threads import in_background

Stages = dict[str, list[float]]
"""Durations of all runs of each stage, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Result of a pass: number of frames, total number of people, processor time, durations of the stages."""

    frames: int
    people: int
    cpu: CpuTime
    stages: Stages

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.frames / self.cpu.elapsed


class Drawing:
    """A sink with the work of a recording except encoding: draws every frame and writes JSON lines."""

    def __init__(self, path: Path, header: Header) -> None:
        self.stages: Stages = {"draw": [], "write": []}
        self._lines = JsonLines(path, header)
        self.paths = self._lines.paths
        self._header = header
        self._style = DrawStyle()

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw the frame and write its people; see ``Sink.write``."""
        start = time.perf_counter()
        painted(frame.image, poses, self._header.skeleton, self._style)
        drawn_s = time.perf_counter()
        self._lines.write(frame, poses, name)
        self.stages["draw"].append((drawn_s - start) * 1000)
        self.stages["write"].append((time.perf_counter() - drawn_s) * 1000)

    def close(self) -> None:
        """Close the file; see ``Sink.close``."""
        self._lines.close()


def run_pass(clip: str, clock: CpuClock, frames: int, folder: Path) -> Pass:
    """Process the first ``frames`` of ``clip`` by the clock's pipeline and write them into ``folder``.

    The time runs from the start of the engine to the last line written; opening the file is not counted.
    """
    source = open_source(clip)
    sink = Drawing(folder / "pass.jsonl", make_header(clip, source, clock.pipeline))
    engine = Engine(source, clock.pipeline, [sink], limit=frames)
    with clock.measured() as measured:
        in_background(engine.start)
        engine.wait()
    source.close()
    done = engine.statistics
    stages = {stage: list(values) for stage, values in done.stage_ms.items()} | sink.stages
    return Pass(done.frames, done.people, measured[0], stages)


def walk(clip: str, pipeline: Pipeline, frames: int) -> None:
    """Process the first ``frames`` of ``clip`` without an engine, so that no network runs ahead in vain."""
    source = open_source(clip)
    pipeline.reset()
    for _ in range(frames):
        frame = source.read()
        if frame is None:
            break
        pipeline.process(frame)
    source.close()


def merge_stages(parts: Iterable[Stages]) -> Stages:
    """The durations of all passes in one, by stage."""
    all_of: Stages = {}
    for stages in parts:
        for stage, values in stages.items():
            all_of.setdefault(stage, []).extend(values)
    return all_of


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median, smallest and largest of ``values``."""
    known = np.array(list(values))
    return {"median": float(np.median(known)), "least": float(known.min()), "most": float(known.max())}


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Median and 95th percentile of ``values``."""
    median, p95 = np.percentile(np.array(list(values)), [50, 95])
    return {"median": float(median), "p95": float(p95)}
