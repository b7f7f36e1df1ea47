"""Analysed frames are not processed again, and previews are not kept."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import MergePeople
from app.core.people import Frame, FramePoses, Person
from app.core.settings import Settings
from app.engine.frame_processor import PREVIEW_IDS, FrameProcessor
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import PoseModel
from app.sources.file import VideoFile
from tests.app.engine.conftest import Witness, same
from tests.app.toy_networks import FPS, ToyDetector, ToyEstimator, toy_clip

SEEN = 24


@pytest.fixture(scope="module")
def frames(demo: Path) -> list[Frame]:
    source = VideoFile(demo)
    read = [frame for _ in range(60) if (frame := source.read())]
    source.close()
    return read


@pytest.fixture
def processor() -> Iterator[FrameProcessor]:
    made = FrameProcessor(live=False, still=False, waiting=list)
    yield made
    made.close()


@pytest.fixture
def analysis(pipeline: Pipeline) -> Analysis:
    return Analysis(pipeline.skeleton)


def test_analysed_frames_need_no_network(
    processor: FrameProcessor, pipeline: Pipeline, analysis: Analysis, witness: Witness, frames: list[Frame]
) -> None:
    for frame in frames[:SEEN]:
        analysis.add(pipeline.process(frame))
    looked = len(witness.threads)
    for frame in frames[:SEEN]:
        seen = processor.process(frame, pipeline, analysis)
        assert seen.poses is analysis.get(frame.index)
        assert (seen.stage_ms, seen.preview) == ({}, False)
    assert len(witness.threads) == looked
    assert processor.process(frames[5], None, analysis).poses is analysis.get(5)  # a recording needs no networks at all


def test_frame_after_a_seek_is_a_preview_and_not_kept(
    processor: FrameProcessor, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]
) -> None:
    for frame in frames[:SEEN]:
        analysis.add(pipeline.process(frame))
    met = [processor.process(frame, pipeline, analysis) for frame in frames[40:50]]
    assert all(seen.preview and seen.poses and seen.poses.people for seen in met)
    ids = {person.id for seen in met if seen.poses for person in seen.poses.people}
    assert ids == {PREVIEW_IDS + 1, PREVIEW_IDS + 2}
    assert len(analysis) == SEEN


def test_processing_without_an_analysis_equals_the_pipeline(
    processor: FrameProcessor, pipeline: Pipeline, frames: list[Frame]
) -> None:
    straight = [pipeline.process(frame) for frame in frames[:SEEN]]
    for frame, alone in zip(frames[:SEEN], straight, strict=True):
        seen = processor.process(frame, pipeline, None)
        assert seen.poses is not None
        assert same(seen.poses, alone)
        assert not seen.preview


def test_each_still_picture_is_analysed_alone(pipeline: Pipeline, analysis: Analysis, frames: list[Frame]) -> None:
    processor = FrameProcessor(live=False, still=True, waiting=list)
    for index in (40, 3, 40):
        poses = processor.process(frames[index], pipeline, analysis).poses
        assert poses is analysis.get(index)
    assert len(analysis) == 2
    processor.close()


def test_the_previous_networks_are_freed_where_all_frames_are_analysed(processor: FrameProcessor) -> None:
    frames = toy_clip(20)
    first, second = (make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator()), Settings()) for _ in range(2))
    analysis = Analysis(first.skeleton)
    for frame in frames[:10]:
        analysis.add(second.process(frame))
    assert processor.process(frames[15], first, analysis).preview
    before = weakref.ref(first.pose_model)
    gc.disable()
    try:
        del first
        assert processor.process(frames[5], second, analysis).poses is analysis.get(5)
        assert before() is None
    finally:
        gc.enable()


def test_another_pipeline_continues_with_the_people_of_a_live_source() -> None:
    processor = FrameProcessor(live=True, still=False, waiting=list)
    first, unused, last = (
        make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator(skeleton)), Settings())
        for skeleton in ("coco17", "mpii16", "halpe26")
    )
    image = toy_clip(60)[10].image
    frames = (Frame(index, index / FPS, image) for index in itertools.count())
    earlier = Analysis(first.skeleton)
    earlier.add(FramePoses(0, 0.0, (Person(7, 0.9, np.zeros(4, np.float32), np.zeros((17, 3), np.float32)),)))

    def ids(pipeline: Pipeline, analysis: Analysis) -> list[int]:
        poses = processor.process(next(frames), pipeline, analysis).poses
        return [one.id for one in poses.people] if poses else []

    while ids(first, earlier) != [8, 9]:  # the detector's results come with a later frame
        pass
    processor.own(unused)  # replaced before it has processed a frame
    assert ids(last, Analysis(last.skeleton, before=earlier)) == [8, 9]
    processor.close()


def test_people_of_a_live_source_are_hidden_and_merged_at_once() -> None:
    pipeline = make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator()), Settings())
    processor, analysis = FrameProcessor(live=True, still=False, waiting=list), Analysis(pipeline.skeleton)
    image = toy_clip(60)[10].image
    frames = (Frame(index, index / FPS, image) for index in itertools.count())

    def ids() -> list[int]:
        poses = processor.process(next(frames), pipeline, analysis).poses
        return [one.id for one in poses.people] if poses else []

    while ids() != [1, 2]:  # the detector's results come with a later frame
        pass
    analysis.hide(2, True)
    assert ids() == [1]
    analysis.hide(2, False)
    assert ids() == [1, 2]
    analysis.set_edits((MergePeople(2, 1),))
    assert ids() == [1]
    processor.close()
    raw = analysis.raw(max(poses.index for poses in analysis.frames()))
    assert raw is not None
    assert [one.id for one in raw.people] == [1, 2]
