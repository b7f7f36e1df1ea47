"""Ultralytics detectors are converted to files that the app runs; files that would execute code are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.people import Frame
from app.detection.detector import open_detector
from app.pose.model import Candidates
from app.pose.open_model import open_pose_model
from tests.child_process import child_process
from tests.conftest import ROOT
from tests.untrained_detectors import save

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
pytest.importorskip("ultralytics", reason="detectors are opened by Ultralytics")

from ultralytics.nn.modules.head import Detect  # noqa: E402

from export.checkpoint import read_contents  # noqa: E402

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of untrained models as Ultralytics saves them."""
    folder = tmp_path_factory.mktemp("ultralytics")
    save(folder, "yolov8n", "yolo11n", "yolo26n", "yolo11n-pose", "yolo26n-pose")
    return folder


@pytest.mark.parametrize(
    ("name", "head"),
    [
        pytest.param("yolov8n", "ultralytics", marks=pytest.mark.slow),
        pytest.param("yolo11n", "ultralytics", marks=pytest.mark.slow),
        ("yolo26n", "ultralytics-nms"),
    ],
)
def test_converted_detector_runs_in_the_app(
    untrained: Path, tmp_path: Path, command: Command, name: str, head: str
) -> None:
    target = tmp_path / "out.onnx"
    code, output, error = command("detector", untrained / f"{name}.pt", "-o", target, "--input", 160)
    assert (code, error) == (0, "")
    assert "Largest difference to PyTorch" in output
    assert "batch 1 and 3" in output
    detector = open_detector(target, "cpu")
    assert detector.card.head == head
    assert (detector.card.picture.size, detector.card.person) == ((160, 160), 0)
    assert detector.card.provenance.assumed == ("person",)
    boxes = detector(np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8), 0.0)
    assert boxes.shape[1] == 5
    assert len(boxes)

    pictures = np.random.default_rng(0).random((3, 3, 160, 160), np.float32)
    batch_output = detector.network.run([pictures])[0]
    assert len(batch_output) == 3
    assert not np.allclose(batch_output[0], batch_output[1], rtol=1e-5, atol=1e-5)
    for picture, answer in zip(pictures, batch_output, strict=True):
        single_output = detector.network.run([picture[None]])[0][0]
        # Final rows with tied scores come in any order, so only their scores are compared.
        columns = slice(4, 5) if head == "ultralytics-nms" else slice(None)
        np.testing.assert_allclose(answer[..., columns], single_output[..., columns], rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "output", "kind"),
    [("yolo11n-pose", "ultralytics", "pose"), ("yolo26n-pose", "ultralytics-nms", "detector")],
)
def test_converted_pose_model_runs_in_the_app(
    untrained: Path, tmp_path: Path, command: Command, name: str, output: str, kind: str
) -> None:
    target = tmp_path / "out.onnx"
    size = "160x160" if kind == "pose" else "160"
    code, text, error = command(kind, untrained / f"{name}.pt", "-o", target, "--input", size)
    assert (code, error) == (0, "")
    assert "Largest difference to PyTorch" in text
    model: Any = open_pose_model(target, "cpu")
    assert (model.card.output, model.card.picture.size, model.card.letterbox) == (output, (160, 160), "centre")
    assert model.card.provenance.assumed == ("person", "skeleton")
    assert (model.info.proposals, model.info.skeleton.name) == ("self", "coco17")
    image = np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)
    nothing = Candidates.from_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))
    found = model.estimate([Frame(0, 0.0, image)], nothing)
    assert found.poses.shape == (len(found), 17, 3)
    assert len(found)
    code, text, _ = command("info", target)
    assert "pose of everybody in the image: 17 keypoints (coco17)" in text


def test_options_of_other_pose_models_are_refused_for_those_of_ultralytics(
    untrained: Path, tmp_path: Path, command: Command
) -> None:
    for options, message in (
        (["--half"], "is converted as it is: wanted no --half"),
        (["--decode", "dark"], "wanted no --decode"),
        (["--input", "192x256"], "wanted --input 256x256"),
    ):
        code, _, error = command("pose", untrained / "yolo11n-pose.pt", "-o", tmp_path / "out.onnx", *options)
        assert code == 2
        assert message in error
    assert not (tmp_path / "out.onnx").exists()


@pytest.mark.slow
def test_detector_without_person_class_is_refused(untrained: Path, tmp_path: Path, command: Command) -> None:
    model = torch.load(untrained / "yolo11n.pt", weights_only=False)
    model["model"].names = {0: "cat", 1: "dog"}
    torch.save(model, tmp_path / "pets.pt")
    code, _, error = command("detector", tmp_path / "pets.pt", "-o", tmp_path / "out.onnx", "--input", 64)
    assert code == 2
    assert "has no class 'person'" in error
    assert not (tmp_path / "out.onnx").exists()


class CallOnLoad:
    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_malicious_file_never_reaches_ultralytics(untrained: Path, tmp_path: Path, command: Command) -> None:
    marker = tmp_path / "was-run"
    model = torch.load(untrained / "yolo11n.pt", weights_only=False)
    torch.save(model | {"extra": CallOnLoad(os.system, f"touch {marker}")}, tmp_path / "evil.pt")
    code, _, error = command("detector", tmp_path / "evil.pt", "-o", tmp_path / "out.onnx")
    assert code == 2
    assert "system" in error
    assert not marker.exists()

    # A method of a layer may be named, as published pose models do, but nothing else of a layer or of another class.
    torch.save(model | {"extra": CallOnLoad(getattr, Detect, "forward")}, tmp_path / "method.pt")
    with read_contents(tmp_path / "method.pt") as contents:
        assert "ultralytics.nn.modules.head.Detect" in contents.names
    for owner, name in ((Detect, "__init__"), (torch.nn.Conv2d, "forward"), (dict, "fromkeys")):
        torch.save(model | {"extra": CallOnLoad(getattr, owner, name)}, tmp_path / "getattr.pt")
        code, _, error = command("detector", tmp_path / "getattr.pt", "-o", tmp_path / "out.onnx")
        assert (code, "would call builtins.getattr" in error) == (2, True)

    torch.save(model | {"extra": torch.utils.data.DataLoader}, tmp_path / "strange.pt")
    code, _, error = command("detector", tmp_path / "strange.pt", "-o", tmp_path / "out.onnx")
    assert code == 2
    assert "it refers to torch.utils.data" in error
    assert not (tmp_path / "out.onnx").exists()


def test_other_files_and_bad_sizes_are_refused(untrained: Path, tmp_path: Path, command: Command) -> None:
    torch.save({"a": torch.zeros(3)}, tmp_path / "weights.pt")
    for file, more, message in (
        ("weights.pt", [], "no Ultralytics model"),
        ("none.pt", [], "There is no detector"),
        (untrained / "yolo11n.pt", ["--input", "100"], "multiple of 32"),
    ):
        code, _, error = command("detector", tmp_path / file, "-o", tmp_path / "out.onnx", *more)
        assert code == 2
        assert message in error
        assert error.count("\n") == 1
    code, _, error = command("pose", untrained / "yolo11n.pt", "-o", tmp_path / "out.onnx")
    assert "python -m export detector yolo11n.pt" in error


@pytest.mark.slow
def test_ultralytics_process_ends_with_its_parent(untrained: Path, tmp_path: Path) -> None:
    shutil.copy(untrained / "yolo11n.pt", tmp_path / "detector.pt")
    np.savez(tmp_path / "inputs.npz", np.zeros((1, 3, 640, 640), np.float32))
    settings = {"YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "export.ultralytics_child", "17"]
    with child_process(command, cwd=tmp_path, env=os.environ | settings, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait() == 1
    assert not (tmp_path / "report.json").exists()
