"""A clip played as a live source."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from app.bench.live import Playback, play
from app.engine import Result
from app.pipeline import Pipeline
from app.sources import open_source
from app.system.heap import memory_mb
from tests.app.sources.clips import make_clip, number_of, steady


def test_clip_repeats_with_continuous_timestamps(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", steady(4, 25))
    camera = Playback(open_source(str(clip)))
    start = time.perf_counter()
    frames = [frame for _ in range(10) if (frame := camera.read()) is not None]
    assert time.perf_counter() - start >= 9 / 25  # like a camera, it gives no frame early
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(10) / 25)
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    camera.close()
    assert camera.read() is None


def test_dropped_frames_are_counted(pipeline: Pipeline, demo: Path) -> None:
    shown: list[Result] = []
    live = play(Playback(open_source(str(demo))), pipeline, 2.0, shown.append)
    assert len(shown) == len(live.ages) == len(live.stages["show"]) > 0
    assert live.frames >= len(shown)
    assert [result.frame.index for result in shown] == sorted({result.frame.index for result in shown})
    # Every frame was processed, dropped or is still waiting.
    assert live.frames + live.dropped >= shown[-1].frame.index
    assert memory_mb() > 50
