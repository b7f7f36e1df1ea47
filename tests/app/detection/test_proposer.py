"""In a picture without people the detector runs at its interval, and at once when anything changes."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from app.core.people import Frame
from app.core.settings import Settings
from app.detection.proposer import Detections
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import PoseModel
from tests.app.toy_networks import SIZE, ToyDetector, ToyEstimator

FPS = 30


@pytest.fixture
def detector() -> ToyDetector:
    return ToyDetector()


@pytest.fixture
def pipeline(detector: ToyDetector) -> Pipeline:
    return make_pipeline(detector, cast("PoseModel", ToyEstimator()), Settings(detect_every=0.2))


def picture(index: int, person: bool) -> Frame:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    if person:
        image[60:160, 100:140] = 90
    return Frame(index, index / FPS, image)


def detected(pipeline: Pipeline, detector: ToyDetector, frames: list[Frame]) -> list[int]:
    """The indices of the frames in which the detector ran."""
    ran = []
    for frame in frames:
        before = detector.runs
        pipeline.process(frame)
        if detector.runs > before:
            ran.append(frame.index)
    return ran


def test_an_empty_room_is_looked_at_five_times_a_second(pipeline: Pipeline, detector: ToyDetector) -> None:
    ran = detected(pipeline, detector, [picture(index, person=False) for index in range(30)])
    assert ran == [0, 6, 12, 18, 24]


def test_who_comes_in_is_seen_in_the_first_frame(pipeline: Pipeline, detector: ToyDetector) -> None:
    ran = detected(pipeline, detector, [picture(index, person=index >= 9) for index in range(24)])
    assert ran[:3] == [0, 6, 9]
    assert pipeline.process(picture(24, person=True)).people


def test_after_a_person_has_gone_every_frame_is_looked_at_for_a_moment(
    pipeline: Pipeline, detector: ToyDetector
) -> None:
    """As long as the person may have been missed in one frame only; then at the interval, and when they return."""
    ran = detected(pipeline, detector, [picture(index, person=index < 10 or index >= 40) for index in range(42)])
    gone = [index for index in ran if index >= 10]
    assert gone[:6] == [11, 12, 13, 14, 15, 16]
    calm = [index for index in gone if 20 <= index < 40]
    assert 3 <= len(calm) <= 4
    assert 40 in gone


def test_detections_of_an_earlier_frame_are_compared_with_that_frame(pipeline: Pipeline) -> None:
    """Live, the detections come with a later frame: a change since the frame that was looked at counts."""
    pipeline.process(picture(0, person=False))
    seen: list[bool] = []

    def find_late(frame: Frame, needed: bool) -> Detections | None:
        seen.append(needed)
        return Detections(picture(1, person=False), np.empty((0, 5), np.float32), 1.0)

    pipeline.process(picture(2, person=True), find_late)
    assert seen == [True]
    assert pipeline.needs_detection(picture(3, person=True))
    assert not pipeline.needs_detection(picture(3, person=False))


def test_a_new_beginning_needs_the_detector(pipeline: Pipeline) -> None:
    pipeline.process(picture(0, person=False))
    assert not pipeline.needs_detection(picture(1, person=False))
    pipeline.reset()
    assert pipeline.needs_detection(picture(1, person=False))
