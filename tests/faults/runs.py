"""Runs Stance headless, in this process or in a child process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from tests.conftest import ROOT

TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Done:
    """Exit code and output of a run."""

    code: int
    out: str
    err: str

    @property
    def unrecorded(self) -> int:
        """Number of frames that a busy machine did not record, as the summary says."""
        found = re.search(r"^not recorded: (\d+) frames", self.out, re.MULTILINE)
        return int(found[1]) if found else 0

    def refused(self, *named: str) -> None:
        """Assert exit code 2 and one printable error sentence that contains ``named``."""
        assert self.code == 2, self.err
        sentence = self.err.rstrip("\n").rpartition("\n")[2].rpartition("\r")[2]
        assert "Traceback" not in self.err, self.err
        assert sentence.endswith((".", "?"))
        assert sentence.isprintable()
        for name in named:
            assert name in sentence

    def played(self, frames: int) -> None:
        """Assert exit code 0 after ``frames`` frames."""
        assert self.code == 0, self.err
        counted = "1 frame" if frames == 1 else f"{frames} frames"
        assert re.search(rf": {counted}\b", self.out)
        assert "Traceback" not in self.err, self.err


class Headless:
    """Runs the command line in this process, by default with a tiny pose network."""

    def __init__(self, pose: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.pose = pose
        self._capture = capture

    def __call__(self, source: Path | str, *outputs: Path, more: tuple[str, ...] = ()) -> Done:
        self._capture.readouterr()
        code = main(arguments(self.pose, source, outputs, more))
        printed = self._capture.readouterr()
        return Done(code, printed.out, printed.err)


def arguments(pose: Path, source: Path | str, outputs: tuple[Path, ...], more: tuple[str, ...] = ()) -> list[str]:
    """The command line for ``source``; the arguments ``more`` come last and override others."""
    models = ["--pose", str(pose), "--detector", "none", "--device", "cpu", "--max-people", "1"]
    return [
        *("--headless", "--source", str(source), *models),
        *(argument for output in outputs for argument in ("--output", str(output))),
        *more,
    ]


def child(args: list[str], *, before: str = "", environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``main.py`` as a child process; it runs the Python code ``before`` first."""
    program = f"{before}\nimport sys\nfrom app.cli.main import leave, main\nleave(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, *args],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
    )


def finished(process: subprocess.Popen[str]) -> Done:
    """Wait for ``process``; if it hangs, kill it and fail the test."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    return Done(process.returncode, out, err)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; fail after ``TIMEOUT_S`` seconds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.01)


def lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a recording, the header first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
