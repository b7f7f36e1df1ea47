"""rtmlib's ``PoseTracker`` beside Stance: in an environment of its own, as a child that runs when it is told to."""

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

from app.card import SimCC
from app.detect.detector import Detector
from app.errors import StanceError
from app.pipeline import Pipeline
from app.runtime import VERSION
from app.zoo.cache import home, using

RTMLIB = "0.0.16"
OPENCV = "5.0.0.93"
CHILD = Path(__file__).with_name("peer_child.py")


class Peer:
    """A running child; ``seconds`` lets it go over the clip once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def fps(self, cadence: int) -> float:
        """Frames a second over the clip, detecting in every ``cadence``-th frame. Raises StanceError where it fails."""
        answer = self._ask({"cadence": cadence})
        return float(answer["frames"] / answer["seconds"])

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
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
            raise StanceError(f"rtmlib {RTMLIB} ended before it was done: its last words are above.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def running(clip: str, pipeline: Pipeline, frames: int) -> Iterator[Peer]:
    """rtmlib with the pipeline's two files, ready for the first ``frames`` of ``clip``.

    Raises StanceError where it does not know these networks, or cannot be installed.
    """
    detector, estimator = pipeline.detector, pipeline.estimator
    if (
        not isinstance(detector, Detector)
        or detector.card.head not in ("yolox", "dets")
        or any(detector.card.picture.mean)
        or not isinstance(estimator.card.codec, SimCC)
    ):
        raise StanceError("rtmlib is compared on what it runs too: wanted a YOLOX detector and a SimCC pose network.")
    what = {
        "clip": clip,
        "frames": frames,
        "detector": str(detector.network.path),
        "detector_size": detector.card.picture.size[::-1],
        "pose": str(estimator.network.path),
        "pose_size": estimator.card.picture.size,
    }
    command = [str(environment()), "-P", str(CHILD), json.dumps(what)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.communicate()


def environment() -> Path:
    """The interpreter of an environment with rtmlib and our version of ONNX Runtime; made where it is not here yet.

    Raises StanceError where it cannot be.
    """
    folder = home() / "bench" / f"rtmlib-{RTMLIB}-onnxruntime-{VERSION}"
    python = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
    if not folder.is_dir():
        with using():
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            _run([sys.executable, "-m", "venv", str(unfinished)])
            wanted = [f"rtmlib=={RTMLIB}", f"onnxruntime=={VERSION}", f"opencv-python=={OPENCV}"]
            _run([str(unfinished / python), "-m", "pip", "install", "--quiet", "--no-input", *wanted])
            with using():
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise StanceError(f"rtmlib {RTMLIB} could not be installed ({''.join(reason)}): wanted the package index.")
