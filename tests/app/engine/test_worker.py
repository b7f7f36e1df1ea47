"""Frames are published when they are due."""

from __future__ import annotations

import time

from app.engine import Engine, Result
from tests.app.engine.artificial import Film, Viewer, no_thread_is_left, viewer

__all__ = ["no_thread_is_left", "viewer"]


def test_real_time_playback_is_not_too_fast(viewer: Viewer) -> None:
    engine = Engine(Film(16), on_result=viewer.result, real_time=True)
    start = time.perf_counter()
    engine.start()
    assert engine.wait(60)
    assert time.perf_counter() - start >= 15 / 25
    assert viewer.frames == list(range(16))


def test_playback_rate_changes_the_speed(viewer: Viewer) -> None:
    took = {}
    for rate in (0.5, 4.0):
        viewer.frames.clear()
        engine = Engine(Film(40), on_result=viewer.result, real_time=True)
        engine.set_rate(rate)
        start = time.perf_counter()
        engine.start()
        assert engine.wait(60)
        took[rate] = time.perf_counter() - start
        assert viewer.frames == list(range(40))
    assert took[0.5] >= 3.0
    assert took[4.0] < took[0.5] / 2


def test_real_time_playback_skips_late_frames(viewer: Viewer) -> None:
    """Processing a frame takes four times its duration."""

    def slow(result: Result) -> None:
        time.sleep(0.16)
        viewer.result(result)

    for every_frame in (True, False):
        viewer.frames.clear()
        engine = Engine(Film(16), on_result=slow, real_time=True)
        engine.set_every_frame(every_frame)
        engine.start()
        assert engine.wait(60)
        assert viewer.frames == sorted(viewer.frames)
        assert engine.statistics.dropped == 16 - len(viewer.frames)
        assert (len(viewer.frames) == 16) == every_frame
