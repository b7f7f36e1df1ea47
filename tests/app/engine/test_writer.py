"""The queue of the writer: which frames wait in it, and which are left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.engine import Result, writer
from app.engine.writer import MAX_QUEUED, Writer


class Tape:
    """A sink that remembers the numbers of the frames."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.frames: list[int] = []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        self.frames.append(frame.index)

    def close(self) -> None:
        pass


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def busy(tape: Tape) -> Iterator[Writer]:
    """A writer that writes nothing before the end of the test."""
    errors: list[StanceError] = []
    made = Writer([tape], errors.append, lambda ms: None)
    yield made
    assert not errors


def put(busy: Writer, count: int, step_s: float) -> list[int]:
    """Numbers of the frames that find room, of ``count`` frames ``step_s`` seconds apart."""

    def result(number: int) -> Result:
        frame = Frame(number, number * step_s, np.zeros((8, 8, 3), np.uint8))
        return Result(frame, FramePoses(number, frame.time_s, ()), 0.0, {})

    return [number for number in range(count) if busy.put(result(number), patient=False)]


def finish(busy: Writer) -> None:
    busy.finish()
    busy.run()


def test_frames_that_are_far_apart_wait_together(busy: Writer, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first poses take long, so the first frames are far apart: that does not mean that writing is slow."""
    monkeypatch.setattr(writer, "MAX_QUEUED_S", 60.0)
    assert put(busy, 6, step_s=100.0) == list(range(6))
    finish(busy)
    assert tape.frames == list(range(6))


def test_frames_are_left_out_when_one_has_waited_too_long(
    busy: Writer, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_QUEUED_S", -1.0)
    assert put(busy, 6, step_s=0.0) == [0, 1]  # one that is being written and one that waits are always allowed
    finish(busy)
    assert tape.frames == [0, 1]


def test_frames_are_left_out_when_too_many_wait(busy: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_QUEUED_S", 60.0)
    assert put(busy, MAX_QUEUED + 5, step_s=0.0) == list(range(MAX_QUEUED))
    finish(busy)
