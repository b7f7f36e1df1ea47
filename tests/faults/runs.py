"""Running Stance without a window under a time limit: in this process where that will do, else in a child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.conftest import ROOT

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended: its exit code, and what it said."""

    code: int
    out: str
    err: str

    def refused(self, *named: str) -> None:
        """Assert that it ended with one sentence that a terminal can show, and that names ``named``."""
        assert self.code == 2, self.err
        sentence = self.err.rstrip("\n").rpartition("\n")[2].rpartition("\r")[2]
        assert "Traceback" not in self.err, self.err
        assert sentence.endswith((".", "?"))
        assert sentence.isprintable()
        for name in named:
            assert name in sentence

    def played(self, frames: int) -> None:
        """Assert that it ended well, after so many frames."""
        assert self.code == 0, self.err
        assert f": {frames} frames" in self.out
        assert "Traceback" not in self.err, self.err


class Headless:
    """Runs the command line in this process, with a made network unless told otherwise."""

    def __init__(self, pose: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.pose = pose
        self._capture = capture

    def __call__(self, source: Path | str, *outputs: Path, more: tuple[str, ...] = ()) -> Done:
        self._capture.readouterr()
        code = main(arguments(self.pose, source, outputs, more))
        said = self._capture.readouterr()
        return Done(code, said.out, said.err)


def arguments(pose: Path, source: Path | str, outputs: tuple[Path, ...], more: tuple[str, ...] = ()) -> list[str]:
    """The command line for ``source``; what is in ``more`` comes last and so wins."""
    models = ["--pose", str(pose), "--detector", "none", "--device", "cpu", "--max-people", "1"]
    return [
        *("--headless", "--source", str(source), *models),
        *(argument for output in outputs for argument in ("--output", str(output))),
        *more,
    ]


def child(wanted: list[str], *, before: str = "", environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """``main.py`` as a process of its own; ``before`` is Python that it runs first."""
    program = f"{before}\nimport sys\nfrom app.cli import leave, main\nleave(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, *wanted],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
    )


def finished(process: subprocess.Popen[str]) -> Done:
    """Wait for ``process``; one that hangs is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return Done(process.returncode, out, err)


def wait_for(happened: Callable[[], bool]) -> None:
    """Wait until ``happened``, and fail where it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a recording, its head first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
