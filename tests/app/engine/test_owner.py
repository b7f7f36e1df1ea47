"""One owner of a pipeline at any time, tested with a slow network."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from app.core.people import FramePoses
from app.core.settings import Settings
from app.engine import Engine, Result
from app.pipeline import Pipeline, open_pipeline
from app.sources.file import VideoFile
from tests.app.engine.conftest import same

FRAMES = 8


class Gate:
    """Blocks every run of a network while it is closed."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.somebody_waits = threading.Event()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made, real = Gate(), onnxruntime.InferenceSession

    class Session(real):  # type: ignore[misc, valid-type]
        def run(self, *wanted: Any) -> Any:
            if not made.open.is_set():
                made.somebody_waits.set()
                assert made.open.wait(120)
            return super().run(*wanted)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    yield made
    made.open.set()


@pytest.fixture
def slow(gate: Gate, yolox_tiny: Path, rtmpose_s: Path) -> Pipeline:
    return open_pipeline(Settings(pose=str(rtmpose_s), detector=str(yolox_tiny), device="cpu"))


def run(clip: Path, pipeline: Pipeline, start_s: float) -> list[FramePoses]:
    results: list[Result] = []
    engine = Engine(VideoFile(clip), pipeline, on_result=results.append, start_s=start_s, limit=FRAMES)
    engine.start()
    assert engine.wait(120)
    return [result.poses for result in results]


def equal(some: Sequence[FramePoses], others: Sequence[FramePoses]) -> bool:
    return len(some) == len(others) and all(same(one, other) for one, other in zip(some, others, strict=True))


@pytest.mark.slow
def test_second_engine_waits_until_the_pipeline_is_released(slow: Pipeline, gate: Gate, demo: Path) -> None:
    """The first engine is stopped during a network run that outlasts the wait."""
    wanted = run(demo, slow, 1.0)
    first = Engine(VideoFile(demo), slow)
    gate.open.clear()
    first.start()
    assert gate.somebody_waits.wait(120)
    first.stop(0.1)
    assert first.state == "draining"
    results: list[Result] = []
    second = Engine(VideoFile(demo), slow, on_result=results.append, start_s=1.0, limit=FRAMES)
    second.start()
    assert not second.wait(1.0)
    gate.open.set()
    assert second.wait(120)
    assert first.wait(120)
    assert equal([result.poses for result in results], wanted)


def test_engine_that_waits_for_a_pipeline_can_be_stopped(slow: Pipeline, gate: Gate, demo: Path) -> None:
    first, second = Engine(VideoFile(demo), slow), Engine(VideoFile(demo), slow)
    gate.open.clear()
    first.start()
    assert gate.somebody_waits.wait(120)
    second.start()
    second.stop()
    assert second.wait(20)
    assert second.statistics.frames == 0
    gate.open.set()
    first.stop()
    assert first.wait(120)


@pytest.mark.slow
def test_pipelines_made_beside_each_other_track_separately(slow: Pipeline, gate: Gate, demo: Path) -> None:
    """Two engines at the same time give the results of each alone."""
    early, late = run(demo, slow.clone_with_shared_networks(), 0.0), run(demo, slow.clone_with_shared_networks(), 1.0)
    results: dict[float, list[Result]] = {0.0: [], 1.0: []}
    engines = [
        Engine(
            VideoFile(demo),
            slow.clone_with_shared_networks(),
            on_result=results[start_s].append,
            start_s=start_s,
            limit=FRAMES,
        )
        for start_s in results
    ]
    for engine in engines:
        engine.start()
    for engine in engines:
        assert engine.wait(120)
    assert equal([result.poses for result in results[0.0]], early)
    assert equal([result.poses for result in results[1.0]], late)
