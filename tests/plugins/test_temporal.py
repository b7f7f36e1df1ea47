"""A pose network that needs the frames before and after the current one gets them, in order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.engine import Engine, EngineEvent, Result
from app.inference.onnx_model import OnnxModel
from app.network_answers import NetworkAnswers
from app.pipeline import open_pipeline
from app.sources import Source
from app.window.main_window import MainWindow
from tests.plugins import one_stage, temporal
from tests.plugins.clips import HEIGHT, WIDTH, run, write_clip

LEVELS = [20, 60, 100, 140, 180, 220, 160, 80, 40, 120]
TOLERANCE = 6.0
"""Difference that the video codec makes, in levels of gray."""
WANTED = np.array(list(zip([LEVELS[0], *LEVELS], LEVELS, [*LEVELS[1:], LEVELS[-1]], strict=False)), float)
"""Levels (T, 3) of the previous, the current and the next frame; at the ends the frame itself is repeated."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    network = temporal.write_network(tmp_path / "temporal.onnx")
    return Settings(pose=str(network), detector="none", device="cpu", smooth="none")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "levels.mp4", LEVELS)


def levels_of(poses: FramePoses) -> np.ndarray:
    """The levels (3,) that the first keypoints of the only person contain."""
    (person,) = poses.people
    return person.keypoints[:3, 0] / WIDTH * 255


def gray(index: int, level: int) -> Frame:
    return Frame(index, index / 10, np.full((HEIGHT, WIDTH, 3), level, np.uint8))


def test_files_are_analysed_with_the_frames_before_and_after(settings: Settings, clip: Path, tmp_path: Path) -> None:
    found = np.array([levels_of(poses) for poses in run(settings, clip, tmp_path / "out.jsonl").poses])
    np.testing.assert_allclose(found, WANTED, atol=TOLERANCE)


def test_the_end_of_the_range_is_the_last_frame(settings: Settings, clip: Path, tmp_path: Path) -> None:
    recording = run(settings, clip, tmp_path / "out.jsonl", 0.2, 0.5)
    wanted = WANTED[2:5].copy()
    wanted[0, 0], wanted[-1, -1] = LEVELS[2], LEVELS[4]
    found = np.array([levels_of(poses) for poses in recording.poses])
    np.testing.assert_allclose(found, wanted, atol=TOLERANCE)


@pytest.mark.parametrize("half_rate", [False, True])
def test_a_pipeline_without_an_engine_looks_ahead_too(settings: Settings, half_rate: bool) -> None:
    pipeline = open_pipeline(settings)
    pipeline.settings = Settings(half_rate=half_rate)
    frames = [gray(index, level) for index, level in enumerate(LEVELS)]
    all_poses = list(pipeline.process_all(iter(frames)))
    assert [poses.index for poses in all_poses] == list(range(len(LEVELS)))
    estimated = range(0, len(LEVELS), 1 + half_rate)
    np.testing.assert_allclose([levels_of(all_poses[index]) for index in estimated], WANTED[list(estimated)], atol=0.1)


def test_a_reset_forgets_the_frames_before(settings: Settings) -> None:
    pipeline = open_pipeline(settings)
    pipeline.process(gray(0, 200))
    pipeline.reset()
    np.testing.assert_allclose(levels_of(pipeline.process(gray(5, 100))), [100, 100, 100], atol=0.1)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the network file of each run of a network from now on."""
    ran: list[str] = []
    original = OnnxModel.run

    def counted(network: OnnxModel, inputs: Sequence[Any]) -> list[np.ndarray]:
        ran.append(network.path.name)
        return original(network, inputs)

    monkeypatch.setattr(OnnxModel, "run", counted)
    return ran


def test_poses_of_a_temporal_network_are_kept_by_the_frames_they_depend_on(settings: Settings, runs: list[str]) -> None:
    pipeline, answers = open_pipeline(settings), NetworkAnswers()
    frames = [gray(index, level) for index, level in enumerate(LEVELS)]
    runs.clear()
    first = [*answers.pipeline(pipeline).process_all(frames)]
    assert len(runs) >= len(LEVELS)
    runs.clear()
    again = [*answers.pipeline(pipeline).process_all(frames)]
    assert runs == []
    for found in (first, again):
        np.testing.assert_allclose([levels_of(poses) for poses in found], WANTED, atol=0.1)
        depths = [poses.people[0].points_3d for poses in found]
        np.testing.assert_allclose(np.array(depths)[:, 0, 2] * 255, LEVELS, atol=0.1)
    part = [levels_of(poses) for poses in answers.pipeline(pipeline).process_all(frames[2:5])]
    assert runs  # the first and the last frame of a part have other neighbors
    np.testing.assert_allclose(part[0], [LEVELS[2], LEVELS[2], LEVELS[3]], atol=0.1)
    np.testing.assert_allclose(part[1], WANTED[3], atol=0.1)
    np.testing.assert_allclose(part[2], [LEVELS[3], LEVELS[4], LEVELS[4]], atol=0.1)


@pytest.mark.parametrize("boxes", [one_stage.BOXES, one_stage.BOXES[:0]], ids=["two people", "none"])
def test_people_that_a_network_finds_itself_are_kept(tmp_path: Path, runs: list[str], boxes: np.ndarray) -> None:
    network = one_stage.write_network(tmp_path / "one-stage.onnx", boxes=boxes)
    pipeline, answers = open_pipeline(Settings(pose=str(network), device="cpu")), NetworkAnswers()
    frames = [gray(index, level) for index, level in enumerate(LEVELS)]
    fresh = [*pipeline.clone_with_shared_networks().process_all(frames)]
    first = [*answers.pipeline(pipeline).process_all(frames)]
    runs.clear()
    again = [*answers.pipeline(pipeline).process_all(frames)]
    assert runs == []
    for wanted, *kept in zip(fresh, first, again, strict=True):
        assert len(wanted.people) == len(boxes)
        for poses in kept:
            for one, other in zip(wanted.people, poses.people, strict=True):
                assert (one.id, one.score) == (other.id, other.score)
                np.testing.assert_array_equal(one.keypoints, other.keypoints)
                np.testing.assert_array_equal(one.box, other.box)


def level_at(index: int) -> int:
    return LEVELS[index % len(LEVELS)]


class Camera:
    """A live source of gray frames. It ends after five frames with people in ``results``.

    A frame comes as soon as the frame two before it is in ``results``: only the frame between may be needed for that.
    """

    name, size, fps, frames, duration_s = "camera", (WIDTH, HEIGHT), 10.0, None, None
    live, still = True, False

    def __init__(self, results: list[Result]) -> None:
        self._results = results
        self._next = 0
        self._closed = False

    def read(self) -> Frame | None:
        while not self._closed and len(self._results) < self._next - 1:
            time.sleep(0.001)
        if self._closed or sum(bool(result.poses.people) for result in self._results) >= 5:
            return None
        self._next += 1
        return gray(self._next - 1, level_at(self._next - 1))

    def seek(self, time_s: float) -> None:
        raise AssertionError

    def seek_index(self, index: int) -> None:
        raise AssertionError

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        self._closed = True


def test_live_poses_are_one_frame_late_with_a_notice(settings: Settings) -> None:
    results: list[Result] = []
    events: list[EngineEvent] = []
    camera = cast(Source, Camera(results))
    engine = Engine(camera, open_pipeline(settings), on_result=results.append, on_event=events.append)
    engine.start()
    assert engine.wait(60)
    last = len(results) - 1
    assert [result.frame.index for result in results] == list(range(last + 1))
    assert engine.statistics.dropped == 0
    for index, result in enumerate(results):
        if result.poses.people:
            wanted = [level_at(max(index - 1, 0)), level_at(index), level_at(min(index + 1, last))]
            np.testing.assert_allclose(levels_of(result.poses), wanted, atol=0.1)
    notices = [event.message for event in events if event.kind == "late"]
    assert notices == ["toy-temporal also needs later frames (1): live pictures are shown that much later."]


def test_clips_are_analysed_with_the_frames_before_and_after_in_the_window(
    window: MainWindow, clip: Path, qtbot: QtBot
) -> None:
    window.player.open(str(clip))

    def found() -> list[np.ndarray]:
        analysis = window.player.analysis
        poses = [analysis.get(index) for index in range(len(LEVELS))] if analysis is not None else []
        return [levels_of(one) for one in poses if one is not None]

    qtbot.waitUntil(lambda: len(found()) == len(LEVELS), timeout=60_000)
    np.testing.assert_allclose(found(), WANTED, atol=TOLERANCE)
