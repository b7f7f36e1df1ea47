"""The detector in threads of its own: files give the same result, live frames do not wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.people import Frame, FramePoses, Person
from app.core.settings import Settings
from app.engine import Engine, Result
from app.engine.header import make_header
from app.overlay import DrawStyle
from app.pipeline import Pipeline
from app.sinks.video import Video
from app.sources.file import VideoFile
from tests.app.engine.camera import Camera
from tests.app.engine.conftest import Witness, same

FRAMES = 45


def run(engine: Engine) -> None:
    engine.start()
    assert engine.wait(120)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        pytest.param(Settings(detect_every=0.0), marks=pytest.mark.slow),
        pytest.param(Settings(half_rate=True), marks=pytest.mark.slow),
    ],
)
def test_lookahead_does_not_change_the_result(
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


@pytest.mark.slow
def test_lookahead_wastes_few_detector_runs(pipeline: Pipeline, witness: Witness, demo: Path, tmp_path: Path) -> None:
    """A second of movement, then two seconds of the same frame: the detector is needed every 0.2 s."""
    source = VideoFile(demo)
    header = make_header(str(demo), source, pipeline)
    film = Video(tmp_path / "calm.mp4", header, DrawStyle(skeleton=False, ids=False))
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


def test_live_frames_do_not_wait_for_the_detector(pipeline: Pipeline, witness: Witness, demo: Path) -> None:
    witness.may_answer.clear()
    found: list[tuple[Person, ...]] = []

    def hear(result: Result) -> None:
        found.append(result.poses.people)
        if len(found) == 8:
            witness.may_answer.set()

    run(Engine(Camera(VideoFile(demo), fps=15, seconds=4), pipeline, on_result=hear))
    assert set(witness.threads) == {"stance-scout_0"}
    assert not any(found[:8])
    seen = [bool(people) for people in found]
    assert any(seen)
    assert all(seen[seen.index(True) :]), "somebody who stands there is seen from the first answer on"
    assert {person.id for people in found for person in people} <= {1, 2}
