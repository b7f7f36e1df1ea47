"""``python -m export info`` describes a file as a run reads it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.app.pose import one_stage_networks as networks
from tests.conftest import ROOT

Command = Callable[..., tuple[int, str, str]]


def test_the_card_of_a_file_without_one_is_that_of_a_run(tmp_path: Path) -> None:
    """In a process of its own: nothing but the command itself imports the rules that recognize networks."""
    path = networks.write(tmp_path / "net.onnx", {"output0": networks.raw()})
    command = [sys.executable, "-m", "export", "info", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pose of everybody in the image: 17 keypoints (coco17)" in done.stdout
    assert "detector" not in done.stdout


def test_what_is_neither_is_refused_with_both_reasons(tmp_path: Path, command: Command) -> None:
    path = networks.write(tmp_path / "net.onnx", {"y": np.zeros((1, 3, 1, 1), np.float32)})
    code, out, err = command("info", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "net.onnx is not a pose model: it outputs y [1, 3, 1, 1]" in err
    assert "net.onnx is not a detector that Stance supports" in err
