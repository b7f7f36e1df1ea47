"""Play, pause, step, seek, loop, and dropped frames of live sources."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from app.engine import Engine, Result
from app.engine.playback_clock import PlaybackClock
from tests.app.engine.artificial import Film, Tape, Viewer, no_thread_is_left, viewer

__all__ = ["no_thread_is_left", "viewer"]


class SlowFilm(Film):
    """A film whose seeks wait until they are ``released``; ``seeking`` is set when one has begun."""

    def __init__(self, frames: int) -> None:
        super().__init__(frames)
        self.seeking, self.released = threading.Event(), threading.Event()

    def seek(self, time_s: float) -> None:
        self.seeking.set()
        assert self.released.wait(60)
        super().seek(time_s)


def test_newest_frame_of_a_live_source_is_processed(viewer: Viewer) -> None:
    busy = threading.Event()

    def slow(result: Result) -> None:
        viewer.result(result)
        busy.wait(0.02)

    engine = Engine(Film(200, live=True), on_result=slow)
    engine.start()
    assert engine.wait(60)
    gaps = np.diff(viewer.frames)
    assert (gaps >= 1).all()
    assert gaps.max() > 1
    assert engine.statistics.dropped + engine.statistics.frames == 200


def at_the_end(monkeypatch: pytest.MonkeyPatch, engine: Engine, frames: int, call: Callable[[], None]) -> None:
    """Call ``call`` in the worker after ``frames`` frames, between taking the end from the queue and acting on it."""
    restart, called = PlaybackClock.restart, threading.Event()

    def restart_at_the_end(clock: PlaybackClock) -> None:
        if engine.statistics.frames == frames and not called.is_set():
            called.set()
            call()
        restart(clock)

    monkeypatch.setattr(PlaybackClock, "restart", restart_at_the_end)


def test_loop_begins_again_although_the_reader_waits_already(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Film(5), on_result=viewer.result, pause_at_end=True)
    at_the_end(monkeypatch, engine, 5, lambda: time.sleep(0.3))  # the reader has nothing to do meanwhile
    engine.set_range(0.0, None, loop=True)
    engine.start()
    viewer.wait_for(lambda: len(viewer.frames) > 9)
    engine.stop()
    assert viewer.frames[:10] == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize("loop", [False, True])
def test_seek_at_the_end_shows_its_frame(viewer: Viewer, monkeypatch: pytest.MonkeyPatch, loop: bool) -> None:
    engine = Engine(Film(20), on_result=viewer.result, on_event=viewer.event, pause_at_end=True)
    at_the_end(monkeypatch, engine, 20, lambda: engine.seek(15 / 25))
    engine.set_range(0.0, None, loop=loop)
    engine.start()
    viewer.wait_for(lambda: len(viewer.frames) > 24)
    assert viewer.frames[:25] == [*range(20), *range(15, 20)]
    if not loop:
        viewer.wait_for(lambda: viewer.kinds == ["ended"])
    engine.stop()


def test_pause_step_and_play(viewer: Viewer) -> None:
    engine = Engine(Film(50), on_result=viewer.result, on_event=viewer.event, paused=True, pause_at_end=True)
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


def test_seek_while_paused_shows_that_frame_and_stays_paused(viewer: Viewer) -> None:
    engine = Engine(Film(500), on_result=viewer.result, paused=True, pause_at_end=True)
    engine.start()
    for number in (300, 17, 499, 0, 250):
        engine.seek(number / 25)
        viewer.wait_for(lambda number=number: viewer.frames[-1:] == [number])  # type: ignore[misc]
    assert viewer.frames == [300, 17, 499, 0, 250]
    engine.stop()


def test_pausing_right_after_a_seek_shows_its_frame(viewer: Viewer) -> None:
    film = SlowFilm(100)
    engine = Engine(film, on_result=viewer.result, real_time=True, pause_at_end=True)
    engine.start()
    viewer.wait_for(lambda: bool(viewer.frames))
    engine.seek(60 / 25)
    assert film.seeking.wait(60)
    engine.pause()
    film.released.set()
    viewer.wait_for(lambda: viewer.frames[-1] == 60)
    time.sleep(0.1)
    assert viewer.frames[-1] == 60
    engine.stop()


def test_fast_seeking_while_playing_shows_no_old_frames(viewer: Viewer) -> None:
    sought = threading.Event()

    def show(result: Result) -> None:
        viewer.result(result)
        sought.wait(0.01)  # so that it does not reach the end before the last seek

    engine = Engine(Film(1000), on_result=show, pause_at_end=True)
    engine.start()
    rng = np.random.default_rng(5)
    for number in rng.integers(0, 990, 60):
        engine.seek(int(number) / 25)
    sought.set()
    viewer.wait_for(lambda: viewer.frames[-1:] == [999])
    # After the last seek everything goes on without a gap to the end.
    last = int(number)
    tail = viewer.frames[len(viewer.frames) - (1000 - last) :]
    assert tail == list(range(last, 1000))
    engine.stop()


def test_loop_starts_again_and_ends_when_it_is_switched_off(viewer: Viewer) -> None:
    engine = Engine(Film(50), on_result=viewer.result, on_event=viewer.event, paused=True, pause_at_end=True)
    engine.set_range(10 / 25, 15 / 25, loop=True)
    engine.start()
    engine.seek(10 / 25)
    engine.play()
    viewer.wait_for(lambda: len(viewer.frames) >= 13)
    assert viewer.frames[:11] == [10, 11, 12, 13, 14] * 2 + [10]
    assert "ended" not in viewer.kinds
    engine.set_range(0.0, None, loop=False)
    engine.seek(20 / 25)
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    assert viewer.frames[-30:] == list(range(20, 50))
    engine.stop()


def test_a_moved_end_of_the_range_repeats_no_frame_of_a_recording(viewer: Viewer) -> None:
    engine, tape = Engine(Film(400), on_result=viewer.result, pause_at_end=True), Tape(delay_s=0.001)
    engine.add_sink(tape)
    engine.start()
    for end in (390, None, 380, None) * 10:
        engine.set_range(0.0, None if end is None else end / 25, loop=False)
        time.sleep(0.002)
    viewer.wait_for(lambda: viewer.frames[-1:] == [399])
    engine.stop()
    assert tape.frames == list(range(400))


def test_playing_continues_from_an_end_that_is_taken_away(viewer: Viewer) -> None:
    engine = Engine(Film(50), on_result=viewer.result, on_event=viewer.event, pause_at_end=True)
    engine.set_range(0.0, 20 / 25, loop=False)
    engine.start()
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    engine.set_range(0.0, None, loop=False)
    engine.play()
    viewer.wait_for(lambda: viewer.kinds == ["ended", "ended"])
    engine.stop()
    assert viewer.frames == list(range(50))


def test_an_end_that_was_just_passed_is_shown_and_ends_playing(viewer: Viewer) -> None:
    def mark(result: Result) -> None:
        viewer.result(result)
        if viewer.frames == [*range(30)]:
            engine.set_range(0.0, 28.5 / 25, loop=False)

    engine = Engine(Film(500), on_result=mark, on_event=viewer.event, pause_at_end=True)
    engine.start()
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    engine.stop()
    assert viewer.frames == [*range(30), 28]


def test_a_sought_frame_is_still_shown_where_the_end_of_the_range_moves(viewer: Viewer) -> None:
    film = SlowFilm(100)
    engine = Engine(film, on_result=viewer.result, paused=True, pause_at_end=True)
    engine.start()
    engine.seek(60 / 25)
    assert film.seeking.wait(60)
    engine.set_range(0.0, 20 / 25, loop=False)
    film.released.set()
    viewer.wait_for(lambda: viewer.frames == [60])
    engine.play()
    viewer.wait_for(lambda: viewer.frames == list(range(60, 100)))
    engine.stop()
