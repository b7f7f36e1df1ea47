"""The background pass: its result equals a headless run bit for bit, whatever happens meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import pytest

from app.analysis import Analysis
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.engine import Engine, EngineEvent, Result
from app.engine.background_pass import BackgroundPass
from app.engine.frame_processor import PREVIEW_IDS
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import PoseModel
from app.sources import Source
from app.sources.file import VideoFile
from app.system.threads import foreground_work
from tests.app.engine.artificial import Film
from tests.app.engine.conftest import same
from tests.app.toy_networks import ToyDetector, ToyEstimator

PATIENCE_S = 60


class Listener:
    """Collects the frames and events of a pass, and waits for them.

    After each number of frames in ``held`` the pass stands still until it is removed by ``release``.
    """

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.events: list[EngineEvent] = []
        self.held: set[int] = set()
        self._news = threading.Condition()

    def frame(self, result: Result) -> None:
        with self._news:
            self.frames.append(result.poses.index)
            self._news.notify_all()
            assert self._news.wait_for(lambda: len(self.frames) not in self.held, PATIENCE_S)

    def release(self, count: int) -> None:
        with self._news:
            self.held.discard(count)
            self._news.notify_all()

    def event(self, event: EngineEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def until_frames(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.frames) >= count, PATIENCE_S)

    def until_over(self) -> EngineEvent:
        with self._news:
            assert self._news.wait_for(lambda: bool(self.events), PATIENCE_S)
            return self.events[-1]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("stance-") and t not in before] == []
    assert not foreground_work.busy


def headless(clip: Path, pipeline: Pipeline, limit: int) -> Analysis:
    """The result of a headless run."""
    found = Analysis(pipeline.skeleton)
    engine = Engine(
        VideoFile(clip),
        pipeline.clone_with_shared_networks(),
        on_result=lambda result: found.add(result.poses),
        limit=limit,
    )
    engine.start()
    assert engine.wait(PATIENCE_S)
    return found


def pass_over(source: Source, pipeline: Pipeline, listener: Listener, limit: int | None = None) -> BackgroundPass:
    return BackgroundPass(
        lambda: source,
        pipeline.clone_with_shared_networks(),
        Analysis(pipeline.skeleton),
        limit=limit,
        on_frame=listener.frame,
        on_event=listener.event,
    )


@pytest.mark.slow
def test_result_equals_a_headless_run_despite_playback_and_pauses(
    pipeline: Pipeline, demo: Path, listener: Listener
) -> None:
    limit = 34
    alone = headless(demo, pipeline, limit)
    made = pass_over(VideoFile(demo), pipeline, listener, limit)
    shown: list[Result] = []
    news = threading.Semaphore(0)

    def show(result: Result) -> None:
        shown.append(result)
        news.release()

    player = Engine(
        VideoFile(demo),
        on_result=show,
        real_time=True,
        paused=True,
        pause_at_end=True,
    )
    player.set_pipeline(pipeline, made.analysis, made)
    player.start()
    stops = (3, 8, 14, 22, 30)
    listener.held = set(stops)
    made.start()
    chance = Random(5)
    for number in stops:
        listener.until_frames(number)
        made.pause()
        listener.release(number)
        player.seek_index(chance.randrange(40, 90))  # a preview
        assert news.acquire(timeout=PATIENCE_S)
        assert made.state == "waiting"
        made.resume()
        player.seek_index(chance.randrange(number))
        assert news.acquire(timeout=PATIENCE_S)
    assert listener.until_over().kind == "ended"
    player.stop()
    assert made.stop()
    assert (made.state, made.done, made.share) == ("ended", limit, 1.0)
    assert [poses.index for poses in made.analysis.frames()] == list(range(limit))
    assert all(same(one, other) for one, other in zip(made.analysis.frames(), alone.frames(), strict=True))
    for result in shown:
        if result.preview:
            assert all(person.id > PREVIEW_IDS for person in result.poses.people)
        else:
            assert result.poses is made.analysis.get(result.frame.index)
    assert any(result.preview and result.poses.people for result in shown)


def test_player_waits_for_the_next_frame_of_the_pass_instead_of_processing_it(
    pipeline: Pipeline, demo: Path, listener: Listener
) -> None:
    made = pass_over(VideoFile(demo), pipeline, listener, limit=12)
    shown: list[Result] = []
    player = Engine(
        VideoFile(demo), on_result=shown.append, on_event=listener.event, real_time=True, pause_at_end=True, limit=12
    )
    player.set_pipeline(pipeline, made.analysis, made)
    player.start()
    made.start()
    assert player.wait(PATIENCE_S)
    made.stop()
    assert [result.frame.index for result in shown] == list(range(12))
    assert not any(result.preview for result in shown)
    assert all(result.poses is made.analysis.get(result.frame.index) for result in shown)


@pytest.mark.slow
def test_pass_pauses_for_foreground_work_and_continues_where_it_stopped(
    pipeline: Pipeline, demo: Path, listener: Listener
) -> None:
    made = pass_over(VideoFile(demo), pipeline, listener, limit=20)
    listener.held = {5}
    made.start()
    listener.until_frames(5)
    with foreground_work, foreground_work:
        listener.release(5)
        before = made.done
        assert made.state == "waiting"
        following = headless(demo, pipeline, 10).frames()[-1]
        assert made.done <= before + 1  # the frame in progress
        assert not made.comes_soon(Frame(made.done, following.time_s, np.zeros((8, 8, 3), np.uint8)), 100.0)
    assert made.state in ("running", "ended")
    assert listener.until_over().kind == "ended"
    assert listener.frames == list(range(20))
    made.stop()


def test_stopped_pass_adds_nothing_more(pipeline: Pipeline, demo: Path, listener: Listener) -> None:
    made = pass_over(VideoFile(demo), pipeline, listener)
    made.start()
    listener.until_frames(4)
    assert made.stop(PATIENCE_S)
    assert made.state == "stopped"
    assert len(made.analysis) == made.done
    assert listener.events == []


def test_networks_of_a_stopped_pass_are_freed_at_once(listener: Listener) -> None:
    pipeline = make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator()), Settings())
    made = pass_over(Film(30), pipeline, listener)
    before = weakref.ref(pipeline.proposer.detector)  # shared by the pass
    gc.disable()
    try:
        made.start()
        listener.until_frames(4)
        assert made.stop(PATIENCE_S)
        del pipeline
        assert before() is None
    finally:
        gc.enable()


def test_pass_that_never_started_can_be_stopped(pipeline: Pipeline, demo: Path, listener: Listener) -> None:
    source = VideoFile(demo)
    assert pass_over(source, pipeline, listener).stop()
    source.close()


def test_kept_frames_are_restored_in_parts_and_the_clip_is_not_opened(pipeline: Pipeline, listener: Listener) -> None:
    asked, go = threading.Event(), threading.Event()
    kept = [FramePoses(index, index / 30, ()) for index in range(7)]
    first_frames: list[list[FramePoses]] = []

    def parts() -> Iterator[list[FramePoses]]:
        yield kept[:5]
        first_frames.append(made.analysis.frames())
        yield kept[5:]

    def restore() -> Iterator[list[FramePoses]]:
        asked.set()
        assert go.wait(PATIENCE_S)
        return parts()

    made = BackgroundPass(
        lambda: pytest.fail("the clip was opened"),
        pipeline.clone_with_shared_networks(),
        Analysis(pipeline.skeleton),
        restore=restore,
        on_event=listener.event,
    )
    made.start()
    assert asked.wait(PATIENCE_S)
    assert made.is_restoring
    go.set()
    assert listener.until_over().kind == "ended"
    assert not made.is_restoring
    assert first_frames == [kept[:5]]  # those can be shown while the others are not even made
    assert made.analysis.frames() == kept
    assert made.analysis.version == 2


def test_damage_is_reported_and_earlier_frames_are_kept(pipeline: Pipeline, listener: Listener) -> None:
    made = pass_over(Film(30, breaks_at=6), pipeline, listener)
    made.start()
    event = listener.until_over()
    assert (event.kind, event.message) == ("error", "The film is torn.")
    assert made.state == "failed"
    assert made.stop()
    assert [poses.index for poses in made.analysis.frames()] == list(range(6))


def test_missing_clip_is_reported(pipeline: Pipeline, listener: Listener) -> None:
    def gone() -> Source:
        raise StanceError("There is no such clip.")

    made = BackgroundPass(gone, pipeline, Analysis(pipeline.skeleton), on_event=listener.event)
    made.start()
    assert listener.until_over().message == "There is no such clip."
    made.stop()
