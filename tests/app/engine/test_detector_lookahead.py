"""The detector in a thread of its own: files come out the same, and live pictures do not wait."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from app.engine import Engine, Result
from app.engine.header import describe
from app.overlay import Look
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.settings import Settings
from app.sinks.video import Video
from app.sources.file import VideoFile
from tests.app.engine.camera import Camera
from tests.app.engine.conftest import Witness, same

FRAMES = 60


def run(engine: Engine) -> None:
    engine.start()
    assert engine.wait(120)


@pytest.mark.parametrize("settings", [Settings(), Settings(detect_every=0.0), Settings(half_rate=True)])
def test_a_file_comes_out_the_same_to_the_bit(
    pipeline: Pipeline, witness: Witness, demo: Path, settings: Settings
) -> None:
    pipeline.adjust(settings)
    source = VideoFile(demo)
    alone = [pipeline.process(frame) for _ in range(FRAMES) if (frame := source.read())]
    source.close()
    looks = len(witness.threads)
    witness.threads.clear()

    results: list[Result] = []
    run(Engine(VideoFile(demo), pipeline, on_result=results.append, limit=FRAMES))
    assert len(results) == len(alone) == FRAMES
    assert all(same(one.poses, other) for one, other in zip(results, alone, strict=True))
    ahead = [name for name in witness.threads if name.startswith("stance-scout")]
    assert ahead, "nothing was looked at ahead"
    assert len(witness.threads) <= 2 * looks, "too much was looked at for nothing"


def test_little_is_looked_at_for_nothing(pipeline: Pipeline, witness: Witness, demo: Path, tmp_path: Path) -> None:
    """The man moves for a second, and then the clip stands still for two: the detector is wanted every 0.2 s."""
    source = VideoFile(demo)
    header = describe(str(demo), source, pipeline)
    film = Video(tmp_path / "calm.mp4", header, Look(skeleton=False, ids=False))
    for index in range(90):
        if index < 30:
            frame = source.read()
        assert frame
        film.write(Frame(index, index / 30, frame.image), FramePoses(index, index / 30, ()))
    film.close()
    source.close()
    results: list[Result] = []
    run(Engine(VideoFile(tmp_path / "calm.mp4"), pipeline, on_result=results.append))
    assert len(results) == 90
    needed = sum("detect" in result.stage_ms for result in results)
    assert 15 <= needed <= 20
    assert len(witness.threads) <= needed + 4


def test_a_live_picture_does_not_wait_for_the_detector(pipeline: Pipeline, witness: Witness, demo: Path) -> None:
    witness.delay_s = 0.4
    results: list[tuple[float, Result]] = []
    source = Camera(VideoFile(demo), fps=15, seconds=4)
    run(Engine(source, pipeline, on_result=lambda result: results.append((time.perf_counter(), result))))
    ages = [now - result.taken_s for now, result in results]
    assert np.median(ages) < witness.delay_s / 2
    assert set(witness.threads) == {"stance-scout_0"}
    found = [result.poses.people for _, result in results]
    assert not found[0]
    assert all(found[len(found) // 2 :]), "somebody who stands there is seen from the first answer on"
    assert {person.id for people in found for person in people} <= {1, 2}
