"""The last seconds of a live source can be saved."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sinks.replay_buffer import ReplayBuffer

FPS = 20


def filled(seconds: float, frames: int) -> ReplayBuffer:
    buffer = ReplayBuffer(seconds)
    for index in range(frames):
        image = np.full((48, 64, 3), 2 * index, np.uint8)
        buffer.write(Frame(index, index / FPS, image), FramePoses(index, index / FPS, ()))
    return buffer


def test_only_the_last_seconds_are_kept() -> None:
    assert filled(2.0, 10).seconds_held == 0.45
    assert filled(2.0, 100).seconds_held == 2.0
    assert ReplayBuffer(2.0).seconds_held == 0.0


def test_buffer_is_saved_as_video_and_json_lines(tmp_path: Path) -> None:
    buffer = filled(2.0, 100)
    header = Header("0", (64, 48), FPS, load_skeleton("coco17"), "pose", "detector", "auto", "cpu")
    paths = [tmp_path / "last.mp4", tmp_path / "last.jsonl"]
    assert buffer.snapshot().write_to(open_sinks(paths, header, DrawStyle())) == 41
    with av.open(str(paths[0])) as film:
        gray = [frame.to_ndarray(format="gray").mean() for frame in film.decode(video=0)]
    assert len(gray) == 41
    assert abs(gray[0] - 2 * 59) < 4
    assert abs(gray[-1] - 2 * 99) < 4
    lines = paths[1].read_text(encoding="utf-8").splitlines()
    assert '"frame":59' in lines[1]
    assert len(lines) == 42
    assert buffer.seconds_held == 2.0  # it can be saved once more


def test_snapshot_does_not_change(tmp_path: Path) -> None:
    buffer = filled(2.0, 100)
    snapshot = buffer.snapshot()
    for index in range(100, 200):
        buffer.write(Frame(index, index / FPS, np.zeros((48, 64, 3), np.uint8)), FramePoses(index, index / FPS, ()))
    header = Header("0", (64, 48), FPS, load_skeleton("coco17"), "pose", "detector", "auto", "cpu")
    snapshot.write_to(open_sinks([tmp_path / "last.jsonl"], header, DrawStyle()))
    lines = (tmp_path / "last.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"frame":59' in lines[1]
    assert '"frame":99' in lines[-1]


def test_a_frame_that_is_shown_and_not_yet_here_is_waited_for() -> None:
    buffer, pause = filled(2.0, 100), threading.Event()
    late = Frame(100, 100 / FPS, np.zeros((48, 64, 3), np.uint8))

    def write() -> None:
        pause.wait(0.05)
        buffer.write(late, FramePoses(late.index, late.time_s, ()))

    writer = threading.Thread(target=write)
    writer.start()
    kept = Kept()
    buffer.snapshot(2.0, late.time_s).write_to([kept])
    writer.join()
    assert kept.indexes[-1] == 100
    buffer.snapshot(2.0, late.time_s + 1.0).write_to([again := Kept()])  # one that never comes
    assert again.indexes == kept.indexes


class Kept:
    """A sink that notes the numbers of its frames."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.indexes: list[int] = []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        self.indexes.append(frame.index)

    def close(self) -> None:
        """Nothing is open."""


class Full:
    """A sink on a full disk."""

    def __init__(self, when: str) -> None:
        self.paths: list[Path] = []
        self.closed = 0
        self._when = when

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        if self._when == "write":
            raise StanceError("The disk is full.")

    def close(self) -> None:
        self.closed += 1
        if self._when == "close":
            raise StanceError("The disk is full.")


@pytest.mark.parametrize("when", ["write", "close"])
def test_full_disk_closes_all_sinks(when: str) -> None:
    full, other = Full(when), Full("never")
    with pytest.raises(StanceError, match="full"):
        filled(2.0, 10).snapshot().write_to([full, other])
    assert (full.closed, other.closed) == (1, 1)
