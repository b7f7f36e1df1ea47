"""A whole file from end to end: what a frame costs and what memory is held, minute by minute of the film."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.bench.live import MINUTE_S
from app.bench.passes import Drawing
from app.engine import Engine, Result
from app.engine.header import describe
from app.pipeline import Pipeline
from app.priority import in_background
from app.resident import memory_mb
from app.sources import open_source


def go_through(clip: str, pipeline: Pipeline, folder: Path) -> dict[str, Any]:
    """``frames``, ``fps``, and by minute of the film ``ms_by_minute`` a frame and ``memory_by_minute_mb`` at its end.

    Everything but encoding is done, as fast as it goes; JSON lines are written into ``folder``.
    """
    source = open_source(clip)
    sink = Drawing(folder / "whole.jsonl", describe(clip, source, pipeline))
    frames: list[int] = []
    ended_s: list[float] = []
    memory: list[float] = []

    def note(result: Result) -> None:
        minute = int(result.frame.time_s // MINUTE_S)
        while len(frames) <= minute:
            frames.append(0)
            ended_s.append(0.0)
            memory.append(0.0)
        frames[minute] += 1
        ended_s[minute] = time.perf_counter()
        if frames[minute] % 100 == 1:
            memory[minute] = memory_mb()

    engine = Engine(source, pipeline, [sink], on_result=note)
    start_s = time.perf_counter()
    in_background(engine.start)
    engine.wait()
    source.close()
    began_s = [start_s, *ended_s]
    return {
        "frames": sum(frames),
        "fps": sum(frames) / (ended_s[-1] - start_s),
        "ms_by_minute": [
            (end - began) * 1000 / count for began, end, count in zip(began_s, ended_s, frames, strict=False) if count
        ],
        "memory_by_minute_mb": memory,
    }
