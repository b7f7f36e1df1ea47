"""Runs rtmlib's ``PoseTracker`` for comparison, in its own environment and child process, on request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.core.errors import StanceError
from app.inference.model_card import DetectorCard, PoseCard, SimCC
from app.inference.session import VERSION
from app.pipeline import Pipeline
from app.zoo.cache import home, report_disk_errors

RTMLIB = "0.0.16"
"""Version of rtmlib."""
OPENCV = "5.0.0.93"
"""Version of opencv-python in rtmlib's environment."""
CHILD = Path(__file__).with_name("peer_child.py")


class Peer:
    """The running child process; ``fps`` makes it process the clip once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def fps(self, cadence: int) -> float:
        """Frames per second, with detection every ``cadence`` frames. Raises StanceError if the child fails."""
        reply = self._request({"cadence": cadence})
        return float(reply["frames"] / reply["seconds"])

    def _request(self, what: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the child was started without pipes")
        try:
            process.stdin.write(json.dumps(what) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise StanceError("rtmlib {rtmlib} ended too early: its output is above.", rtmlib=RTMLIB)
        reply: dict[str, Any] = json.loads(line)
        return reply


@contextmanager
def running(clip: str, pipeline: Pipeline, frames: int) -> Iterator[Peer]:
    """Start rtmlib with the pipeline's two networks, for the first ``frames`` of ``clip``.

    Raises StanceError if rtmlib does not support these networks or cannot be installed.
    """
    pose, *detectors = pipeline.networks
    detector = detectors[0].card if detectors else None
    if (
        not isinstance(detector, DetectorCard)
        or detector.head not in ("yolox", "dets")
        or any(detector.picture.mean)
        or not isinstance(pose.card, PoseCard)
        or not isinstance(pose.card.codec, SimCC)
    ):
        raise StanceError("rtmlib cannot run these models: wanted a YOLOX detector and a SimCC pose model.")
    what = {
        "clip": clip,
        "frames": frames,
        "detector": str(detectors[0].network.path),
        "detector_size": detector.picture.size[::-1],
        "pose": str(pose.network.path),
        "pose_size": pose.card.picture.size,
    }
    command = [str(environment()), "-P", str(CHILD), json.dumps(what)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.communicate()


def environment() -> Path:
    """The Python interpreter of an environment with rtmlib and Stance's version of ONNX Runtime; created if missing.

    Raises StanceError if it cannot be created.
    """
    folder = home() / "bench" / f"rtmlib-{RTMLIB}-onnxruntime-{VERSION}"
    python = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    if not folder.is_dir():
        with report_disk_errors():
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            # Stance's own pip installs into the environment, which needs no copy of it.
            _run([sys.executable, "-m", "venv", "--without-pip", str(unfinished)])
            wanted = [f"rtmlib=={RTMLIB}", f"onnxruntime=={VERSION}", f"opencv-python=={OPENCV}"]
            pip = [sys.executable, "-m", "pip", "--python", str(unfinished / python)]
            _run([*pip, "install", "--quiet", "--no-input", *wanted])
            with report_disk_errors():
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise StanceError(
            "rtmlib {rtmlib} could not be installed ({reason}): wanted the package index.",
            rtmlib=RTMLIB,
            reason="".join(reason),
        )
