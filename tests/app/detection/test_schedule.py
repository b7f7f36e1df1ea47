"""When the detector looks: now and then, and at once where somebody may be missed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.detect.detector import open_detector
from app.estimate.estimator import open_estimator
from app.people import Frame
from app.pipeline import Pipeline
from app.settings import Settings
from app.sources.file import VideoFile


@pytest.fixture(scope="module")
def frames(demo: Path) -> list[Frame]:
    """The demo clip's first 2.5 seconds: a man on a wall, and a woman who comes in behind a tree after 1.3 s."""
    source = VideoFile(demo)
    try:
        return [frame for _ in range(75) if (frame := source.read())]
    finally:
        source.close()


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return Pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings())


def looks(pipeline: Pipeline, frames: list[Frame], every: float) -> tuple[list[float], dict[int, float]]:
    """When the detector looked, and when each id was seen first."""
    pipeline.adjust(Settings(detect_every=every))
    pipeline.reset()
    looked: list[float] = []
    first: dict[int, float] = {}
    for frame in frames:
        for person in pipeline.process(frame).people:
            first.setdefault(person.id, frame.time_s)
        if "detect" in pipeline.stage_ms:
            looked.append(frame.time_s)
    return looked, first


def test_nobody_has_to_wait_for_it(pipeline: Pipeline, frames: list[Frame]) -> None:
    always, first_of_all = looks(pipeline, frames, 0)
    usual, first = looks(pipeline, frames, 0.2)
    assert len(always) == len(frames)
    assert len(usual) <= frames[-1].time_s / 0.2 + 3
    assert list(first) == list(first_of_all)
    assert all(first[one] - first_of_all[one] < 0.25 for one in first)


def test_nobody_in_sight_is_looked_for_in_every_frame(pipeline: Pipeline, frames: list[Frame]) -> None:
    empty = [Frame(index, index / 30, np.full_like(frames[0].image, 90)) for index in range(8)]
    looked, first = looks(pipeline, empty, 0.2)
    assert len(looked) == 8
    assert not first


def test_who_vanishes_in_the_middle_is_looked_for_at_once(pipeline: Pipeline, frames: list[Frame]) -> None:
    """From one frame to the next the man is gone: the wall behind him is painted over."""
    pipeline.adjust(Settings(detect_every=2.0))
    pipeline.reset()
    for frame in frames[:10]:
        people = pipeline.process(frame).people
    x0, y0, x1, y1 = (round(float(value)) for value in people[0].box)
    looked = []
    for frame in frames[10:14]:
        image = frame.image.copy()
        image[max(y0 - 80, 0) : y1 + 80, max(x0 - 80, 0) : x1 + 80] = (200, 190, 180)
        pipeline.process(Frame(frame.index, frame.time_s, image))
        looked.append("detect" in pipeline.stage_ms)
    assert any(looked[:2])
