"""People who were found once are known: nobody looks for them again, and going on from there is going on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.analysis import Analysis
from app.engine.finder import Finder, adjust
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.settings import Settings
from app.sources.file import VideoFile
from tests.app.engine.conftest import Witness, same

SEEN = 24


@pytest.fixture(scope="module")
def frames(demo: Path) -> list[Frame]:
    source = VideoFile(demo)
    read = [frame for _ in range(60) if (frame := source.read())]
    source.close()
    return read


@pytest.fixture
def finder() -> Iterator[Finder]:
    made = Finder(live=False, still=False, waiting=list)
    yield made
    made.close()


@pytest.fixture
def analysis(pipeline: Pipeline) -> Analysis:
    return Analysis(pipeline.skeleton)


def played(finder: Finder, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]) -> list[FramePoses]:
    found = [finder.look(frame, pipeline, analysis, keep=True)[0] for frame in frames]
    return [poses for poses in found if poses is not None]


def test_what_is_known_is_given_again_without_a_network(
    finder: Finder, pipeline: Pipeline, analysis: Analysis, witness: Witness, frames: list[Frame]
) -> None:
    first = played(finder, pipeline, analysis, frames[:SEEN])
    assert any(poses.people for poses in first)
    looked = len(witness.threads)
    for frame, poses in zip(frames[:SEEN], first, strict=True):
        assert finder.look(frame, pipeline, analysis, keep=True) == (poses, {})
    assert len(witness.threads) == looked
    again = finder.look(frames[5], None, analysis, keep=False)
    assert again == (first[5], {})  # a recording needs no networks at all


def test_going_on_after_what_is_known_is_as_if_it_had_never_stopped(
    finder: Finder, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]
) -> None:
    pipeline.reset()
    straight = [pipeline.process(frame) for frame in frames[:40]]
    parts = [frames[:SEEN], frames[10:18], frames[12:40]]
    for part in parts:
        played(finder, pipeline, analysis, part)
    assert all(same(one, other) for one, other in zip(analysis.frames(), straight, strict=True))


def test_who_is_met_after_a_jump_is_mistaken_for_nobody(
    finder: Finder, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]
) -> None:
    before = {person.id for poses in played(finder, pipeline, analysis, frames[:SEEN]) for person in poses.people}
    after = {person.id for poses in played(finder, pipeline, analysis, frames[40:50]) for person in poses.people}
    assert before
    assert after
    assert not before & after


def test_what_is_looked_at_in_passing_is_not_kept(
    finder: Finder, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]
) -> None:
    poses, _ = finder.look(frames[30], pipeline, analysis, keep=False)
    assert poses is not None
    assert poses.people
    assert not len(analysis)
    finder.look(frames[31], pipeline, analysis, keep=False)  # a step on from there is meant
    assert [poses.index for poses in analysis.frames()] == [31]


def test_other_settings_forget_what_was_found_unless_they_only_draw(
    finder: Finder, pipeline: Pipeline, analysis: Analysis, frames: list[Frame]
) -> None:
    played(finder, pipeline, analysis, frames[:6])
    adjust(pipeline, Settings(threshold=0.7), analysis)
    assert len(analysis) == 6
    adjust(pipeline, Settings(threshold=0.7, smooth="none"), analysis)
    assert not len(analysis)
