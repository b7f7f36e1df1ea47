"""Threads, pacing, dropping, order: with sources whose every frame is known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.engine import Engine, EngineEvent, Result
from app.errors import StanceError
from app.people import Frame, FramePoses


class Film:
    """A source of ``frames`` numbered frames, 25 a second; the picture's grey level is the number."""

    name = "film"
    size = (8, 8)
    fps: float | None = 25.0
    still = False

    def __init__(self, frames: int, live: bool = False, breaks_at: int | None = None) -> None:
        self.frames: int | None = frames
        self.duration_s: float | None = frames / 25
        self.live = live
        self._breaks_at = breaks_at
        self._next = 0
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        if self.live and self._closed.wait(0.002):
            return None
        if self._closed.is_set() or self._next >= (self.frames or 0):
            return None
        if self._next == self._breaks_at:
            raise StanceError("The film is torn.")
        frame = Frame(self._next, self._next / 25, np.full((8, 8, 3), self._next % 256, np.uint8))
        self._next += 1
        return frame

    def seek(self, time_s: float) -> None:
        self._next = min(max(round(time_s * 25), 0), (self.frames or 1) - 1)

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        self._closed.set()


class Tape:
    """A sink that remembers; it may be slow or break."""

    def __init__(self, delay_s: float = 0.0, breaks_at: int | None = None) -> None:
        self.paths: list[Path] = []
        self.frames: list[int] = []
        self.closed = 0
        self._delay_s = delay_s
        self._breaks_at = breaks_at

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        time.sleep(self._delay_s)
        if frame.index == self._breaks_at:
            raise StanceError("The tape is full.")
        self.frames.append(frame.index)

    def close(self) -> None:
        self.closed += 1


class Viewer:
    """Collects what an engine tells."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.events: list[EngineEvent] = []
        self._news = threading.Condition()

    def result(self, result: Result) -> None:
        with self._news:
            assert result.frame.index == result.poses.index
            self.frames.append(result.frame.index)
            self._news.notify_all()

    def event(self, event: EngineEvent) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, timeout=20)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("stance-")] == []


def test_a_film_is_worked_through_in_order_without_a_gap(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(100), sinks=[tape], on_result=viewer.result, on_event=viewer.event)
    engine.start()
    assert engine.wait(20)
    assert viewer.frames == tape.frames == list(range(100))
    assert viewer.kinds == ["ended"]
    assert tape.closed == 1


def test_start_end_and_limit(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(100), sinks=[tape], on_result=viewer.result, start_s=1.0, end_s=2.0)
    engine.start()
    assert engine.wait(20)
    assert viewer.frames == list(range(25, 50))
    limited = Engine(Film(100), sinks=[tape], limit=7)
    limited.start()
    assert limited.wait(20)
    assert tape.frames[25:] == list(range(7))


def test_a_slow_sink_holds_a_film_back_but_loses_nothing() -> None:
    tape = Tape(delay_s=0.003)
    engine = Engine(Film(80), sinks=[tape])
    engine.start()
    assert engine.wait(20)
    assert tape.frames == list(range(80))


def test_a_slow_sink_does_not_hold_a_live_picture_back(viewer: Viewer) -> None:
    tape = Tape(delay_s=0.05)
    engine = Engine(Film(300, live=True), sinks=[tape], on_result=viewer.result, on_event=viewer.event)
    engine.start()
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    assert engine.wait(20)
    missing = engine.statistics.unrecorded
    assert missing > 0
    assert len(tape.frames) + missing == engine.statistics.frames
    assert viewer.kinds.count("notice") == 1


def test_of_a_live_source_the_newest_frame_wins(viewer: Viewer) -> None:
    busy = threading.Event()

    def slow(result: Result) -> None:
        viewer.result(result)
        busy.wait(0.02)

    engine = Engine(Film(200, live=True), on_result=slow)
    engine.start()
    assert engine.wait(20)
    gaps = np.diff(viewer.frames)
    assert (gaps >= 1).all()
    assert gaps.max() > 1
    assert engine.statistics.dropped + engine.statistics.frames == 200


def test_pause_step_and_play(viewer: Viewer) -> None:
    engine = Engine(Film(50), on_result=viewer.result, on_event=viewer.event, paused=True, stay=True)
    engine.start()
    engine.step()
    viewer.wait_for(lambda: viewer.frames == [0])
    engine.step()
    engine.step()
    viewer.wait_for(lambda: viewer.frames == [0, 1, 2])
    time.sleep(0.05)
    assert viewer.frames == [0, 1, 2]
    engine.play()
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    assert viewer.frames == list(range(50))
    assert not engine.playing
    engine.play()
    viewer.wait_for(lambda: len(viewer.frames) == 100)
    assert viewer.frames[50:] == list(range(50))
    engine.stop()


def test_seek_shows_that_very_frame_and_stays_when_paused(viewer: Viewer) -> None:
    engine = Engine(Film(500), on_result=viewer.result, paused=True, stay=True)
    engine.start()
    for number in (300, 17, 499, 0, 250):
        engine.seek(number / 25)
        viewer.wait_for(lambda number=number: viewer.frames[-1:] == [number])  # type: ignore[misc]
    assert viewer.frames == [300, 17, 499, 0, 250]
    engine.stop()


def test_seeking_wildly_while_playing_never_mixes_old_frames_in(viewer: Viewer) -> None:
    engine = Engine(Film(1000), on_result=viewer.result, stay=True)
    engine.start()
    rng = np.random.default_rng(5)
    for number in rng.integers(0, 990, 60):
        engine.seek(int(number) / 25)
    viewer.wait_for(lambda: viewer.frames[-1:] == [999])
    # After the last seek everything goes on without a gap to the end.
    last = int(number)
    tail = viewer.frames[len(viewer.frames) - (1000 - last) :]
    assert tail == list(range(last, 1000))
    engine.stop()


def test_a_film_is_shown_no_faster_than_it_was_filmed(viewer: Viewer) -> None:
    engine = Engine(Film(16), on_result=viewer.result, real_time=True)
    start = time.perf_counter()
    engine.start()
    assert engine.wait(20)
    assert time.perf_counter() - start >= 15 / 25
    assert viewer.frames == list(range(16))


def test_a_film_is_shown_faster_and_slower_than_it_was_filmed(viewer: Viewer) -> None:
    took = {}
    for rate in (0.5, 4.0):
        viewer.frames.clear()
        engine = Engine(Film(12), on_result=viewer.result, real_time=True)
        engine.rate = rate
        start = time.perf_counter()
        engine.start()
        assert engine.wait(20)
        took[rate] = time.perf_counter() - start
        assert viewer.frames == list(range(12))
    assert took[0.5] >= 0.8
    assert took[4.0] < took[0.5] / 2


def test_in_real_time_what_is_late_is_left_out_and_the_newest_is_shown(viewer: Viewer) -> None:
    """Looking at a frame takes four times as long as it lasts."""

    def slow(result: Result) -> None:
        time.sleep(0.16)
        viewer.result(result)

    for every_frame in (True, False):
        viewer.frames.clear()
        engine = Engine(Film(40), on_result=slow, real_time=True)
        engine.every_frame = every_frame
        engine.start()
        assert engine.wait(30)
        assert viewer.frames == sorted(viewer.frames)
        assert engine.statistics.dropped == 40 - len(viewer.frames)
        assert (len(viewer.frames) == 40) == every_frame


def test_a_loop_begins_again_at_its_start_and_ends_when_it_is_opened(viewer: Viewer) -> None:
    engine = Engine(Film(50), on_result=viewer.result, on_event=viewer.event, paused=True, stay=True)
    engine.bound(10 / 25, 15 / 25, loop=True)
    engine.start()
    engine.seek(10 / 25)
    engine.play()
    viewer.wait_for(lambda: len(viewer.frames) >= 13)
    assert viewer.frames[:11] == [10, 11, 12, 13, 14] * 2 + [10]
    assert "ended" not in viewer.kinds
    engine.bound(0.0, None, loop=False)
    engine.seek(20 / 25)
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    assert viewer.frames[-30:] == list(range(20, 50))
    engine.stop()


def test_stop_finishes_what_is_in_hand_and_closes_everything_once() -> None:
    tape, film = Tape(delay_s=0.001), Film(100_000)
    engine = Engine(film, sinks=[tape])
    engine.start()
    while len(tape.frames) < 5:
        time.sleep(0.005)
    engine.stop()
    engine.stop()
    assert engine.wait(5)
    assert tape.closed == 1
    assert tape.frames == list(range(engine.statistics.frames))
    assert film.read() is None


def test_stop_while_paused_and_at_the_end() -> None:
    for paused in (True, False):
        engine = Engine(Film(3), paused=paused, stay=True)
        engine.start()
        time.sleep(0.05)
        engine.stop()
        assert engine.wait(5)


def test_damage_in_the_source_is_told_and_what_came_before_is_kept(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(50, breaks_at=20), sinks=[tape], on_event=viewer.event)
    engine.start()
    with pytest.raises(StanceError, match="torn"):
        engine.wait(20)
    assert tape.frames == list(range(20))
    assert tape.closed == 1
    assert [event.message for event in viewer.events if event.kind == "error"] == ["The film is torn."]


def test_a_sink_that_fails_is_closed_and_the_others_go_on(viewer: Viewer) -> None:
    full, good = Tape(breaks_at=10), Tape()
    engine = Engine(Film(50), sinks=[full, good], on_event=viewer.event)
    engine.start()
    with pytest.raises(StanceError, match="full"):
        engine.wait(20)
    assert full.frames == list(range(10))
    assert full.closed == 1
    assert good.frames == list(range(50))


def test_a_bug_keeps_its_traceback(viewer: Viewer, caplog: pytest.LogCaptureFixture) -> None:
    def broken(result: Result) -> None:
        raise KeyError("bug")

    engine = Engine(Film(5), on_result=broken, on_event=viewer.event)
    engine.start()
    with pytest.raises(KeyError):
        engine.wait(20)
    assert "Traceback" in caplog.text
    assert viewer.kinds == ["error"]


def test_recording_begins_and_ends_in_mid_run(viewer: Viewer) -> None:
    engine = Engine(Film(100_000), on_result=viewer.result)
    engine.start()
    viewer.wait_for(lambda: len(viewer.frames) > 20)
    tape = Tape()
    engine.add_sink(tape)
    so_far = len(viewer.frames)
    viewer.wait_for(lambda: len(viewer.frames) > so_far + 100)
    engine.remove_sink(tape)
    assert tape.closed == 1
    recorded = list(tape.frames)
    assert recorded == list(range(recorded[0], recorded[-1] + 1))
    engine.stop()
    assert engine.wait(5)
    assert tape.frames == recorded
