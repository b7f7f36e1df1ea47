"""rtmlib for comparison: its installation, its child process and errors."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.bench import peer
from app.core.errors import StanceError
from app.detection.detector import WholeFrame
from app.inference.session import VERSION
from app.pipeline import Pipeline, make_pipeline

STAND_IN = """
class Custom:
    def __init__(self, **what):
        print(what)

class PoseTracker:
    def __init__(self, solution, det_frequency=1):
        solution()
        print("Tracking is on")

    def reset(self):
        pass

    def __call__(self, image):
        assert image.ndim == 3
"""


def make_wheel(folder: Path, name: str, version: str, code: str = "") -> None:
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def test_environment_is_created_once(stance_home: Path, index: Path) -> None:
    make_wheel(index, "rtmlib", peer.RTMLIB, "MARK = 7")
    make_wheel(index, "onnxruntime", VERSION)
    make_wheel(index, "opencv-python", peer.OPENCV)
    python = peer.environment()
    done = subprocess.run([python, "-c", "import rtmlib; print(rtmlib.MARK)"], capture_output=True, text=True)
    assert done.stdout.strip() == "7", done.stderr
    for wheel in index.iterdir():
        wheel.unlink()
    assert peer.environment() == python


def test_failed_installation_leaves_no_folder(stance_home: Path, index: Path) -> None:
    with pytest.raises(StanceError, match="rtmlib"):
        peer.environment()
    assert list((stance_home / "bench").iterdir()) == []


def test_child_processes_the_clip(
    pipeline: Pipeline, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rtmlib.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(peer, "environment", lambda: Path(sys.executable))
    with peer.running(str(demo), pipeline, 5) as child:
        assert child.fps(1) > 0
        assert child.fps(6) > 0


def test_failing_child_is_an_error(
    pipeline: Pipeline, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rtmlib.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(peer, "environment", lambda: Path(sys.executable))
    with peer.running(str(demo), pipeline, 5) as child, pytest.raises(StanceError, match="rtmlib"):
        child.fps(1)


def test_unsupported_networks_are_refused(pipeline: Pipeline, demo: Path) -> None:
    alone = make_pipeline(WholeFrame(), pipeline.pose_model, pipeline.settings)
    with pytest.raises(StanceError, match="YOLOX"), peer.running(str(demo), alone, 5):
        pass
