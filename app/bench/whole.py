"""Processes a whole file: time per frame and memory, by minute of the video."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.bench.live import MINUTE_S
from app.bench.passes import Drawing
from app.engine import Engine, Result
from app.engine.header import make_header
from app.pipeline import Pipeline
from app.sources import open_source
from app.system.heap import memory_mb
from app.system.threads import in_background


def process_file(clip: str, pipeline: Pipeline, folder: Path) -> dict[str, Any]:
    """Process ``clip`` at maximum speed, without encoding; JSON lines are written into ``folder``.

    Returns ``frames``, ``fps``, and by minute of the video ``ms_by_minute`` (milliseconds per frame) and
    ``memory_by_minute_mb`` (MB in use towards its end).
    """
    source = open_source(clip)
    sink = Drawing(folder / "whole.jsonl", make_header(clip, source, pipeline))
    frames: list[int] = []
    end_times_s: list[float] = []
    memory: list[float] = []

    def record(result: Result) -> None:
        minute = int(result.frame.time_s // MINUTE_S)
        while len(frames) <= minute:
            frames.append(0)
            end_times_s.append(0.0)
            memory.append(0.0)
        frames[minute] += 1
        end_times_s[minute] = time.perf_counter()
        if frames[minute] % 100 == 1:
            memory[minute] = memory_mb()

    engine = Engine(source, pipeline, [sink], on_result=record)
    start_s = time.perf_counter()
    in_background(engine.start)
    engine.wait()
    source.close()
    start_times_s = [start_s, *end_times_s]
    return {
        "frames": sum(frames),
        "fps": sum(frames) / (end_times_s[-1] - start_s),
        "ms_by_minute": [
            (end - begin) * 1000 / count
            for begin, end, count in zip(start_times_s, end_times_s, frames, strict=False)
            if count
        ],
        "memory_by_minute_mb": memory,
    }
