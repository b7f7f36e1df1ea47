"""A time limit for every test of faults, and the command line with a tiny network."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from tests.faults import made
from tests.faults.runs import Headless

TIMEOUT_S = 240


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    """Fail a test that hangs, on systems with SIGALRM."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def fail(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"the test took longer than {TIMEOUT_S} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(TIMEOUT_S)
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
