"""Clips of plain gray frames, and a headless run over them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from app.cli.headless import run_headless
from app.core.settings import RunOptions, Settings
from app.sinks.jsonl_reader import Recording, read_recording

WIDTH, HEIGHT, FPS = 160, 120, 10


def write_clip(path: Path, levels: Sequence[int]) -> Path:
    """Write a video with one frame for each of the gray ``levels``."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 4_000_000
        for level in levels:
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), level, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def run(settings: Settings, clip: Path, out: Path, start_s: float = 0.0, end_s: float | None = None) -> Recording:
    """Analyse ``clip`` without a window into the JSON Lines file ``out``, and read that."""
    assert run_headless(settings, RunOptions(str(clip), (out,), start_s=start_s, end_s=end_s)) == 0
    return read_recording(out)
