"""A time limit on every fault, and the command line with a network that costs nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from tests.faults import made
from tests.faults.runs import Headless

LIMIT_S = 90


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """Whatever waits for ever fails the test instead, where the system has an alarm clock."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"it took longer than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def made_pose(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pose network of a few kilobytes."""
    return made.pose(tmp_path_factory.mktemp("networks") / "made.onnx")


@pytest.fixture
def headless(made_pose: Path, capsys: pytest.CaptureFixture[str]) -> Headless:
    return Headless(made_pose, capsys)
