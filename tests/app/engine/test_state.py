"""The states of an engine, what it allows in each, and how it ends when sources or sinks block or fail."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.engine import Engine, Result
from tests.app.engine.artificial import Film, Tape, Viewer, no_thread_is_left, viewer

__all__ = ["no_thread_is_left", "viewer"]


class Stalled(Film):
    """A stream that gives ``frames`` and then blocks; if ``deaf``, ``close`` does not end that.

    It gives each frame after the one before is on the ``tape``: of a live source the engine may pass over frames.
    """

    def __init__(self, frames: int, deaf: bool = False) -> None:
        super().__init__(frames, live=True)
        self.tape = Tape()
        self._deaf = deaf
        self.freed = threading.Event()
        self.closed_s: float | None = None

    def read(self) -> Frame | None:
        if self._next < (self.frames or 0):
            while len(self.tape.frames) < self._next and not self._closed.is_set():
                time.sleep(0.001)
            return super().read()
        (self.freed if self._deaf else self._closed).wait(60)
        return None

    def close(self) -> None:
        self.closed_s = self.closed_s or time.monotonic()
        super().close()


@pytest.fixture
def deaf() -> Iterator[Stalled]:
    made = Stalled(5, deaf=True)
    yield made
    made.freed.set()
    for thread in threading.enumerate():
        if thread.name == "stance-reader":
            thread.join(20)


class Breaks(Tape):
    """A sink that raises in ``write`` or in ``close``."""

    name = "The broken thing"

    def __init__(self, error: Exception, when: str) -> None:
        super().__init__()
        self._error = error
        self._when = when

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        super().write(frame, poses, name)
        if self._when == "write" and frame.index == 10:
            raise self._error

    def close(self) -> None:
        super().close()
        if self._when == "close":
            raise self._error


def test_states_are_new_running_ended(viewer: Viewer) -> None:
    engine = Engine(Film(3), on_result=viewer.result, on_event=viewer.event, paused=True)
    assert (engine.state, engine.alive) == ("new", True)
    engine.start()
    engine.step()
    viewer.wait_for(lambda: len(viewer.frames) == 1)
    assert (engine.state, engine.alive) == ("running", True)
    engine.play()
    assert engine.wait(40)
    assert (engine.state, engine.alive) == ("ended", False)


def test_state_is_draining_while_files_are_finished() -> None:
    reached, may_finish = threading.Event(), threading.Event()

    class Slow(Tape):
        def close(self) -> None:
            reached.set()
            may_finish.wait(20)
            super().close()

    engine = Engine(Film(3), sinks=[Slow()])
    engine.start()
    assert reached.wait(20)
    assert (engine.state, engine.alive) == ("draining", False)
    may_finish.set()
    assert engine.wait(40)
    assert engine.state == "ended"


@pytest.mark.parametrize("why", ["source", "worker"])
def test_state_is_failed_after_a_thread_died(why: str) -> None:
    def broken(result: Result) -> None:
        raise KeyError("bug")

    engine = Engine(Film(9, breaks_at=5)) if why == "source" else Engine(Film(9), on_result=broken)
    engine.start()
    with pytest.raises((StanceError, KeyError)):
        engine.wait(40)
    assert engine.state == "failed"


def ended() -> Engine:
    engine = Engine(Film(5), limit=3)
    engine.start()
    assert engine.wait(40)
    return engine


def failed() -> Engine:
    engine = Engine(Film(5, breaks_at=2))
    engine.start()
    with pytest.raises(StanceError):
        engine.wait(40)
    return engine


def stopped_before_it_began() -> Engine:
    engine = Engine(Film(5))
    engine.stop()
    return engine


@pytest.mark.parametrize("past", [ended, failed, stopped_before_it_began])
def test_adding_a_sink_after_the_end_is_an_error(past: Callable[[], Engine]) -> None:
    engine, tape = past(), Tape()
    with pytest.raises(StanceError, match="film has ended"):
        engine.add_sink(tape)
    assert tape.closed == 1
    engine.remove_sink(tape)  # and this returns
    engine.stop()
    assert tape.closed == 1


def test_stop_before_start_closes_the_sinks_and_prevents_starting() -> None:
    first, second = Tape(), Tape()
    engine = Engine(Film(5), sinks=[first, second])
    engine.remove_sink(second)
    assert second.closed == 1
    engine.stop()
    assert engine.state == "ended"
    assert first.closed == 1
    engine.start()
    assert engine.wait(40)
    assert first.frames == []


def test_removing_a_sink_while_the_engine_ends_returns() -> None:
    """Add, remove and end at the same time, many times: every sink is closed once."""
    for _ in range(30):
        engine = Engine(Film(100_000))
        engine.start()
        tapes = [Tape() for _ in range(4)]

        def come_and_go(tape: Tape, engine: Engine = engine) -> None:
            try:
                engine.add_sink(tape)
            except StanceError:
                return
            engine.remove_sink(tape)

        threads = [threading.Thread(target=come_and_go, args=(tape,)) for tape in tapes]
        for thread in threads:
            thread.start()
        engine.stop()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        assert engine.wait(40)
        assert [tape.closed for tape in tapes] == [1] * len(tapes)


@pytest.mark.parametrize("when", ["write", "close"])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no such codec"), "no such codec"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (KeyError("x"), "'x'"),
        (StanceError("The disk is away."), "The disk is away"),
        (RuntimeError(), "RuntimeError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_the_sink_that_raises_is_removed(
    viewer: Viewer, when: str, error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = Breaks(error, when), Tape()
    engine = Engine(Film(50), sinks=[broken, good], on_result=viewer.result, on_event=viewer.event)
    engine.start()
    with pytest.raises(StanceError, match=reason):
        engine.wait(40)
    assert broken.frames == list(range(11 if when == "write" else 50))
    assert broken.closed == 1
    assert good.frames == viewer.frames == list(range(50))
    assert good.closed == 1
    sentences = [event.message for event in viewer.events if event.kind == "sink"]
    assert len(sentences) == 1
    assert reason in sentences[0]
    if not isinstance(error, StanceError):
        assert sentences[0].startswith("The broken thing cannot be written:")
        assert "Traceback" in caplog.text
    assert engine.state == "ended"


def test_engine_at_its_limit_abandons_a_blocked_stream() -> None:
    stream = Stalled(5)
    engine = Engine(stream, sinks=[stream.tape], limit=5)
    engine.start()
    assert engine.wait(40)  # its read would have blocked for a minute
    assert stream.tape.frames == list(range(5))
    assert stream.tape.closed == 1
    assert stream.closed_s is not None


def test_engine_abandons_a_blocked_stream_after_its_worker_died() -> None:
    def broken(result: Result) -> None:
        raise KeyError("bug")

    stream = Stalled(1)
    engine = Engine(stream, on_result=broken)
    engine.start()
    with pytest.raises(KeyError):
        engine.wait(40)
    assert stream.closed_s is not None


def test_read_that_never_returns_is_abandoned(deaf: Stalled, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    engine = Engine(deaf, sinks=[deaf.tape], limit=5)
    engine.start()
    assert engine.wait(40)
    assert deaf.closed_s is not None
    assert deaf.tape.closed == 1
    sentence, detail = (record for record in caplog.records if record.name == "app.engine.engine")
    assert sentence.levelno == logging.WARNING
    assert sentence.getMessage() == f"{deaf.name} does not answer; Stance goes on without waiting for its next frame."
    assert detail.levelno == logging.INFO
    assert "stance-reader" in detail.getMessage()


class Held(Tape):
    """A sink whose first write has ``begun`` and lasts until it is set ``free``."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.free = threading.Event(), threading.Event()

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        self.begun.set()
        self.free.wait(60)
        super().write(frame, poses, name)


def test_a_frame_that_is_written_slowly_is_told_in_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    tape = Held()
    engine = Engine(Film(3), sinks=[tape])
    engine.start()
    assert tape.begun.wait(40)
    engine.stop(0.01)
    tape.free.set()
    assert engine.wait(40)
    (sentence,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sentence.startswith("A frame of film is still being analysed or written; Stance goes on")
    assert "stance-" not in sentence
