"""When the detector runs: at regular intervals, and at once when a person may be missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.people import Frame
from app.core.settings import Settings
from app.detection.detector import open_detector
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import open_estimator
from app.sources.file import VideoFile


@pytest.fixture(scope="module")
def frames(demo: Path) -> list[Frame]:
    """The demo clip's first two seconds: a man on a wall, and a woman who comes in behind a tree after 1.3 s."""
    source = VideoFile(demo)
    try:
        return [frame for _ in range(60) if (frame := source.read())]
    finally:
        source.close()


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings())


def run_clip(pipeline: Pipeline, frames: list[Frame], every: float) -> tuple[list[float], dict[int, float]]:
    """The times at which the detector ran, and the time of the first frame of each id."""
    pipeline.adjust(Settings(detect_every=every))
    pipeline.reset()
    detected: list[float] = []
    first: dict[int, float] = {}
    for frame in frames:
        for person in pipeline.process(frame).people:
            first.setdefault(person.id, frame.time_s)
        if "detect" in pipeline.stage_ms:
            detected.append(frame.time_s)
    return detected, first


@pytest.mark.slow
def test_people_appear_soon_although_the_detector_runs_seldom(pipeline: Pipeline, frames: list[Frame]) -> None:
    always, first_always = run_clip(pipeline, frames, 0)
    usual, first = run_clip(pipeline, frames, 0.2)
    assert len(always) == len(frames)
    assert len(usual) <= frames[-1].time_s / 0.2 + 3
    assert list(first) == list(first_always)
    assert all(first[one] - first_always[one] < 0.25 for one in first)


def test_the_detector_runs_in_every_changed_frame_without_people(pipeline: Pipeline, frames: list[Frame]) -> None:
    shades = (90, 130, 90, 130, 90, 130, 90, 130)
    empty = [Frame(index, index / 30, np.full_like(frames[0].image, shade)) for index, shade in enumerate(shades)]
    detected, first = run_clip(pipeline, empty, 0.2)
    assert len(detected) == 8
    assert not first


def test_the_detector_runs_at_its_interval_where_nothing_has_changed(pipeline: Pipeline, frames: list[Frame]) -> None:
    """A still, empty room, until the first picture with people comes between two detections."""
    still = [Frame(index, index / 30, np.full_like(frames[0].image, 90)) for index in range(14)]
    detected, _ = run_clip(pipeline, [*still, Frame(14, 14 / 30, frames[0].image)], 0.2)
    assert [round(time_s * 30) for time_s in detected] == [0, 6, 12, 14]


def test_the_detector_runs_at_once_when_a_person_disappears_inside_the_picture(
    pipeline: Pipeline, frames: list[Frame]
) -> None:
    """The man is painted over from one frame to the next."""
    pipeline.adjust(Settings(detect_every=2.0))
    pipeline.reset()
    for frame in frames[:10]:
        people = pipeline.process(frame).people
    x0, y0, x1, y1 = (round(float(value)) for value in people[0].box)
    detected = []
    for frame in frames[10:14]:
        image = frame.image.copy()
        image[max(y0 - 80, 0) : y1 + 80, max(x0 - 80, 0) : x1 + 80] = (200, 190, 180)
        pipeline.process(Frame(frame.index, frame.time_s, image))
        detected.append("detect" in pipeline.stage_ms)
    assert any(detected[:2])
