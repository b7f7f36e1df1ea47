"""Detectors of Ultralytics become files that the app reads; what would run when it is opened is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.detect.detector import open_detector

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
pytest.importorskip("ultralytics", reason="detectors are converted by Ultralytics")

Command = Callable[..., tuple[int, str, str]]

MAKE = """
import sys, torch
from ultralytics import YOLO
for path in sys.argv[1:]:
    name = path.rpartition("/")[2].removesuffix(".pt")
    model = YOLO(f"{name}.yaml")
    torch.manual_seed(0)
    for weights in model.model.model[-1].parameters():
        weights.data += torch.randn_like(weights) * 0.1  # no two answers alike
    model.save(path)
"""


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models as Ultralytics saves them, made by it in a process of its own."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("ultralytics")
    names = [str(folder / f"{name}.pt") for name in ("yolov8n", "yolo11n", "yolo26n")]
    settings = os.environ | {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", MAKE, *names], check=True, env=settings, capture_output=True, cwd=folder)
    return folder


@pytest.mark.parametrize(
    ("name", "head"), [("yolov8n", "ultralytics"), ("yolo11n", "ultralytics"), ("yolo26n", "ultralytics-nms")]
)
def test_a_detector_becomes_a_file_that_the_app_runs(
    untrained: Path, tmp_path: Path, command: Command, name: str, head: str
) -> None:
    target = tmp_path / "out.onnx"
    code, told, wrong = command("detector", untrained / f"{name}.pt", "-o", target, "--input", 160)
    assert (code, wrong) == (0, "")
    assert "Largest difference to PyTorch" in told
    detector = open_detector(target, "cpu")
    assert detector.card.head == head
    assert (detector.card.picture.size, detector.card.person) == ((160, 160), 0)
    assert detector.card.provenance.assumed == ("person",)
    boxes = detector(np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8), 0.0)
    assert boxes.shape[1] == 5
    assert len(boxes)


class Calls:
    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_a_hostile_detector_never_reaches_ultralytics(untrained: Path, tmp_path: Path, command: Command) -> None:
    mark = tmp_path / "was-run"
    model = torch.load(untrained / "yolo11n.pt", weights_only=False)
    torch.save(model | {"extra": Calls(os.system, f"touch {mark}")}, tmp_path / "evil.pt")
    code, _, wrong = command("detector", tmp_path / "evil.pt", "-o", tmp_path / "out.onnx")
    assert code == 2
    assert "system" in wrong
    assert not mark.exists()

    torch.save(model | {"extra": torch.utils.data.DataLoader}, tmp_path / "strange.pt")
    code, _, wrong = command("detector", tmp_path / "strange.pt", "-o", tmp_path / "out.onnx")
    assert code == 2
    assert "it names torch.utils.data" in wrong
    assert not (tmp_path / "out.onnx").exists()


def test_what_is_no_detector_is_told(untrained: Path, tmp_path: Path, command: Command) -> None:
    torch.save({"a": torch.zeros(3)}, tmp_path / "weights.pt")
    for file, more, told in (
        ("weights.pt", [], "no model of Ultralytics"),
        ("none.pt", [], "There is no detector"),
        (untrained / "yolo11n.pt", ["--input", "100"], "multiple of 32"),
    ):
        code, _, wrong = command("detector", tmp_path / file, "-o", tmp_path / "out.onnx", *more)
        assert code == 2
        assert told in wrong
        assert wrong.count("\n") == 1
    code, _, wrong = command("pose", untrained / "yolo11n.pt", "-o", tmp_path / "out.onnx")
    assert "python -m export detector yolo11n.pt" in wrong
