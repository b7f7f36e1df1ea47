"""Running a clip again with other settings needs no network for kept answers; the results equal those of a new run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, cast

import numpy as np
import pytest

from app.core.people import Floats, Frame, FramePoses, Image
from app.core.settings import Settings
from app.detection.detector import open_detector
from app.engine import Engine
from app.network_answers import ENTRY_BYTES, NetworkAnswers
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import open_estimator
from app.sinks import Sink
from app.sources import Source
from app.sources.file import VideoFile
from tests.app.toy_networks import ToyDetector, ToyEstimator, toy_clip

CLIP = toy_clip(90)
NO_NETWORK = [{"smooth": "kalman"}, {"smooth": "none"}, {"threshold": 0.0}, {"threshold": 0.8}]
OTHERS = [
    {"max_people": 1},
    {"person_threshold": 0.6},
    {"detect_every": 0.0},
    {"detect_every": 1.0},
    {"half_rate": True},
    {"flip_test": True},
    {"half_rate": True, "smooth": "none", "max_people": 2},
]


class Counted:
    """A pipeline with toy or real networks that counts detector runs and crops."""

    def __init__(self, detector: Any, estimator: Any) -> None:
        self.detector, self.estimator = detector, estimator
        self.runs = self.crops = 0
        answer = type(estimator).__call__
        counter = self

        class Estimating(type(estimator)):  # type: ignore[misc]
            def __call__(self, image: Image, boxes: Floats, flip_test: bool = False) -> Floats:
                counter.crops += len(boxes)
                return answer(self, image, boxes, flip_test)

        estimator.__class__ = Estimating

        class Detecting:
            name = detector.name

            def __call__(self, image: Image, threshold: float) -> Floats:
                counter.runs += 1
                return cast(Floats, detector(image, threshold))

        self.pipeline = make_pipeline(Detecting(), estimator, Settings())

    def reset(self) -> None:
        self.runs = self.crops = 0


def toys() -> Counted:
    return Counted(ToyDetector(), ToyEstimator())


def run(pipeline: Pipeline, frames: list[Frame]) -> list[FramePoses]:
    pipeline.reset()
    return [pipeline.process(frame) for frame in frames]


def numbers(poses: list[FramePoses]) -> list[tuple[int, int, float, bytes, bytes, str]]:
    return [
        (one.index, p.id, p.score, p.box.tobytes(), p.keypoints.tobytes(), p.state) for one in poses for p in one.people
    ]


@cache
def first_run() -> list[tuple[int, int, float, bytes, bytes, str]]:
    """The people of the toy clip with the first settings, without kept answers."""
    return numbers(run(toys().pipeline, CLIP))


@pytest.mark.parametrize("change", [*NO_NETWORK, *OTHERS], ids=str)
def test_results_with_other_settings_equal_those_of_a_new_run(change: dict[str, Any]) -> None:
    counted, answers = toys(), NetworkAnswers()
    first = run(answers.pipeline(counted.pipeline), CLIP)
    assert numbers(first) == first_run()
    counted.reset()
    settings = replace(Settings(), **change)
    again = run(answers.pipeline(counted.pipeline, settings), CLIP)
    fresh = toys()
    fresh.pipeline.adjust(settings)
    assert numbers(again) == numbers(run(fresh.pipeline, CLIP))
    assert len(numbers(again)) > 60
    if change in NO_NETWORK:
        assert (counted.runs, counted.crops) == (0, 0)
    # With the first settings again, all answers are still kept.
    counted.reset()
    assert numbers(run(answers.pipeline(counted.pipeline, Settings()), CLIP)) == numbers(first)
    assert (counted.runs, counted.crops) == (0, 0)


def test_fewer_people_need_hardly_any_new_crops() -> None:
    counted, answers = toys(), NetworkAnswers()
    run(answers.pipeline(counted.pipeline), CLIP)
    counted.reset()
    run(answers.pipeline(counted.pipeline, Settings(max_people=1)), CLIP)
    fresh = toys()
    fresh.pipeline.adjust(Settings(max_people=1))
    run(fresh.pipeline, CLIP)
    assert counted.crops < fresh.crops / 4


class Clip:
    """The toy clip as a source."""

    name, size, fps, frames, duration_s = "toy", (320, 240), 30.0, len(CLIP), len(CLIP) / 30
    live = still = False

    def __init__(self) -> None:
        self._next = 0

    def read(self) -> Frame | None:
        self._next += 1
        return CLIP[self._next - 1] if self._next <= len(CLIP) else None

    def seek(self, time_s: float) -> None:
        self._next = round(time_s * 30)

    def seek_index(self, index: int) -> None:
        self._next = index

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        pass


class Kept:
    """A sink that keeps the people."""

    paths: tuple[Path, ...] = ()
    drawn = False

    def __init__(self) -> None:
        self.poses: list[FramePoses] = []

    def write(self, frame: Frame, poses: FramePoses, name: str) -> None:
        self.poses.append(poses)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("change", NO_NETWORK, ids=str)
def test_no_network_runs_in_an_engine_either(change: dict[str, Any]) -> None:
    """The engine runs the detector ahead in its own threads."""

    def through_engine(pipeline: Pipeline) -> list[FramePoses]:
        kept = Kept()
        engine = Engine(cast(Source, Clip()), pipeline, [cast(Sink, kept)])
        engine.start()
        assert engine.wait(60)
        return kept.poses

    counted, answers = toys(), NetworkAnswers()
    through_engine(answers.pipeline(counted.pipeline))
    counted.reset()
    settings = replace(Settings(), **change)
    again = through_engine(answers.pipeline(counted.pipeline, settings))
    fresh = toys()
    fresh.pipeline.adjust(settings)
    assert numbers(again) == numbers(run(fresh.pipeline, CLIP))
    assert (counted.runs, counted.crops) == (0, 0)


def test_limited_memory_does_not_change_the_results() -> None:
    counted = toys()
    whole = NetworkAnswers()
    run(whole.pipeline(counted.pipeline), CLIP)
    answers = NetworkAnswers(max_bytes=whole.size_bytes // 3)
    wanted = numbers(run(toys().pipeline, CLIP))
    for _ in range(3):
        assert numbers(run(answers.pipeline(counted.pipeline), CLIP)) == wanted
        assert 0 < answers.size_bytes <= whole.size_bytes // 3
    counted.reset()
    run(answers.pipeline(counted.pipeline), CLIP)
    assert 0 < counted.crops < 2 * len(CLIP)
    assert whole.complete
    assert not answers.complete


def test_unused_answers_are_removed_first() -> None:
    counted, answers = toys(), NetworkAnswers(max_bytes=100 * (ENTRY_BYTES + 17 * 3 * 4))
    run(answers.pipeline(counted.pipeline), CLIP[:20])
    run(answers.pipeline(counted.pipeline, Settings(flip_test=True)), CLIP[:20])
    counted.reset()
    run(answers.pipeline(counted.pipeline, Settings(flip_test=True)), CLIP[:20])
    assert (counted.runs, counted.crops) == (0, 0)


def test_several_threads_may_use_the_answers() -> None:
    counted, answers = toys(), NetworkAnswers()
    pipeline = answers.pipeline(counted.pipeline)
    found: list[bytes] = []

    def look() -> None:
        found.extend(pipeline.find(frame).boxes.tobytes() for frame in CLIP)

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([counted.detector(frame.image, 0.1).tobytes() for frame in CLIP] * 4)


@pytest.mark.slow
def test_results_equal_those_of_a_new_run_with_real_networks(rtmpose_s: Path, yolox_tiny: Path, demo: Path) -> None:
    detector, estimator = open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu")
    source = VideoFile(demo)
    frames = list(itertools.islice(iter(source.read, None), 20))
    source.close()
    counted, answers = Counted(detector, estimator), NetworkAnswers()
    run(answers.pipeline(counted.pipeline), frames)
    for change in ({"smooth": "kalman"}, {"threshold": 0.6}, {"max_people": 1}, {"half_rate": True}):
        settings = replace(Settings(), **cast(Any, change))
        counted.reset()
        again = run(answers.pipeline(counted.pipeline, settings), frames)
        asked = (counted.runs, counted.crops)
        counted.pipeline.adjust(settings)
        fresh = run(counted.pipeline, frames)
        counted.pipeline.adjust(Settings())
        if change in NO_NETWORK or "threshold" in change:
            assert asked == (0, 0)
            assert numbers(again) == numbers(fresh)
        pairs = [
            (a, b) for one, two in zip(again, fresh, strict=True) for a, b in zip(one.people, two.people, strict=True)
        ]
        assert len(pairs) > 15
        for a, b in pairs:
            assert a.id == b.id
            np.testing.assert_allclose(a.keypoints[:, :2], b.keypoints[:, :2], atol=1e-3)
