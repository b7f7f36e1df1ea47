"""The engine's threads, order of frames, sinks and failures, with artificial sources."""

from __future__ import annotations

import time

import pytest

from app.core.errors import StanceError
from app.engine import Engine, Result
from app.sinks.replay_buffer import ReplayBuffer
from tests.app.engine.artificial import Film, Tape, Viewer, no_thread_is_left, viewer

__all__ = ["no_thread_is_left", "viewer"]


def test_frames_of_a_file_are_processed_in_order_without_gaps(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(100), sinks=[tape], on_result=viewer.result, on_event=viewer.event)
    engine.start()
    assert engine.wait(60)
    assert viewer.frames == tape.frames == list(range(100))
    assert viewer.kinds == ["ended"]
    assert tape.closed == 1


def test_start_end_and_limit(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(100), sinks=[tape], on_result=viewer.result, start_s=1.0, end_s=2.0)
    engine.start()
    assert engine.wait(60)
    assert viewer.frames == list(range(25, 50))
    limited = Engine(Film(100), sinks=[tape], limit=7)
    limited.start()
    assert limited.wait(60)
    assert tape.frames[25:] == list(range(7))


def test_slow_sink_slows_a_file_and_loses_no_frame() -> None:
    tape = Tape(delay_s=0.003)
    engine = Engine(Film(80), sinks=[tape])
    engine.start()
    assert engine.wait(60)
    assert tape.frames == list(range(80))


def test_slow_sink_does_not_slow_a_live_source(viewer: Viewer) -> None:
    tape = Tape(delay_s=0.05)
    engine = Engine(Film(300, live=True), sinks=[tape], on_result=viewer.result, on_event=viewer.event)
    engine.start()
    viewer.wait_for(lambda: "ended" in viewer.kinds)
    assert engine.wait(60)
    missing = engine.statistics.unrecorded
    assert missing > 0
    assert len(tape.frames) + missing == engine.statistics.frames
    assert viewer.kinds.count("slow") == 1


@pytest.mark.parametrize("recording", [False, True])
def test_frames_missing_from_the_replay_alone_are_not_missing_from_a_recording(recording: bool, viewer: Viewer) -> None:
    replay, tape = Tape(delay_s=0.05), Tape()
    replay.is_passing = ReplayBuffer.is_passing
    sinks = [replay, tape] if recording else [replay]
    engine = Engine(Film(300, live=True), sinks=sinks, on_result=viewer.result, on_event=viewer.event)
    engine.start()
    assert engine.wait(60)
    assert len(replay.frames) < engine.statistics.frames
    assert bool(engine.statistics.unrecorded) == recording
    assert ("slow" in viewer.kinds) == recording


def test_stop_finishes_the_frame_in_progress_and_closes_everything_once() -> None:
    tape, film = Tape(delay_s=0.001), Film(100_000)
    engine = Engine(film, sinks=[tape])
    engine.start()
    while len(tape.frames) < 5:
        time.sleep(0.005)
    engine.stop()
    engine.stop()
    assert engine.wait(60)
    assert tape.closed == 1
    assert tape.frames == list(range(engine.statistics.frames))
    assert film.read() is None


def test_stop_while_paused_and_at_the_end() -> None:
    for paused in (True, False):
        engine = Engine(Film(3), paused=paused, pause_at_end=True)
        engine.start()
        time.sleep(0.05)
        engine.stop()
        assert engine.wait(60)


def test_damaged_source_is_reported_and_earlier_frames_are_kept(viewer: Viewer) -> None:
    tape = Tape()
    engine = Engine(Film(50, breaks_at=20), sinks=[tape], on_event=viewer.event)
    engine.start()
    with pytest.raises(StanceError, match="torn"):
        engine.wait(60)
    assert tape.frames == list(range(20))
    assert tape.closed == 1
    assert [event.message for event in viewer.events if event.kind == "error"] == ["The film is torn."]


def test_failed_sink_is_closed_and_the_others_continue(viewer: Viewer) -> None:
    full, good = Tape(breaks_at=10), Tape()
    engine = Engine(Film(50), sinks=[full, good], on_event=viewer.event)
    engine.start()
    with pytest.raises(StanceError, match="full"):
        engine.wait(60)
    assert full.frames == list(range(10))
    assert full.closed == 1
    assert good.frames == list(range(50))


def test_unexpected_error_is_logged_with_its_traceback(viewer: Viewer, caplog: pytest.LogCaptureFixture) -> None:
    def broken(result: Result) -> None:
        raise KeyError("bug")

    engine = Engine(Film(5), on_result=broken, on_event=viewer.event)
    engine.start()
    with pytest.raises(KeyError):
        engine.wait(60)
    assert "Traceback" in caplog.text
    assert viewer.kinds == ["error"]


def test_sink_can_be_added_and_removed_while_running(viewer: Viewer) -> None:
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
    assert engine.wait(60)
    assert tape.frames == recorded
