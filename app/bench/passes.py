"""One pass of the whole pipe over a clip as a file: as fast as it goes, drawn and written, but not encoded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine import Engine
from app.engine.header import describe
from app.overlay import Look, painted
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.priority import in_background
from app.sinks import Header
from app.sinks.jsonl import JsonLines
from app.sources import open_source

Stages = dict[str, list[float]]
"""Milliseconds of every time that a stage was gone through."""


@dataclass(frozen=True, slots=True)
class Pass:
    """How long a pass took, over how many frames with how many people in all."""

    seconds: float
    frames: int
    people: int
    stages: Stages

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds


class Drawing:
    """A sink that does all that a recording needs but encode: draws every frame, and writes JSON lines."""

    def __init__(self, path: Path, header: Header) -> None:
        self.stages: Stages = {"draw": [], "write": []}
        self._lines = JsonLines(path, header)
        self.paths = self._lines.paths
        self._header = header
        self._look = Look()

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """See ``Sink``."""
        start = time.perf_counter()
        painted(frame.image, poses, self._header.skeleton, self._look)
        drawn = time.perf_counter()
        self._lines.write(frame, poses, name)
        self.stages["draw"].append((drawn - start) * 1000)
        self.stages["write"].append((time.perf_counter() - drawn) * 1000)

    def close(self) -> None:
        """See ``Sink``."""
        self._lines.close()


def run_pass(clip: str, pipeline: Pipeline, frames: int, folder: Path) -> Pass:
    """The first ``frames`` of ``clip``, from a standing start to the last line written into ``folder``.

    Opening the file is not counted.
    """
    source = open_source(clip)
    sink = Drawing(folder / "pass.jsonl", describe(clip, source, pipeline))
    engine = Engine(source, pipeline, [sink], limit=frames)
    start = time.perf_counter()
    in_background(engine.start)
    engine.wait()
    seconds = time.perf_counter() - start
    source.close()
    done = engine.statistics
    stages = {stage: list(values) for stage, values in done.stage_ms.items()} | sink.stages
    return Pass(seconds, done.frames, done.people, stages)


def walk(clip: str, pipeline: Pipeline, frames: int) -> None:
    """The first ``frames`` of ``clip`` one by one without an engine: each network runs just as often as it must."""
    source = open_source(clip)
    pipeline.reset()
    for _ in range(frames):
        frame = source.read()
        if frame is None:
            break
        pipeline.process(frame)
    source.close()


def joined(parts: Iterable[Stages]) -> Stages:
    """Everything that was measured in several passes."""
    all_of: Stages = {}
    for stages in parts:
        for stage, values in stages.items():
            all_of.setdefault(stage, []).extend(values)
    return all_of


def spread(values: Iterable[float]) -> dict[str, float]:
    """The median, the smallest and the largest."""
    known = np.array(list(values))
    return {"median": float(np.median(known)), "least": float(known.min()), "most": float(known.max())}


def late(values: Iterable[float]) -> dict[str, float]:
    """The median and what one of twenty is above."""
    median, p95 = np.percentile(np.array(list(values)), [50, 95])
    return {"median": float(median), "p95": float(p95)}
