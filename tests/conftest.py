"""Fixtures for all tests: shared photos and clips, an empty cache folder, the default models."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "PYTEST_XDIST_WORKER" in os.environ:
    # The processes share the cores: a thread of PyTorch that waits for another one spins, and takes the core from it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # read when a process starts: xdist's, and what the tests start

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.system.environment import prepare_environment  # noqa: E402 - before anything loads OpenCV

prepare_environment()

GOLDEN = ROOT / "tests" / "golden"


def pytest_collection_finish() -> None:
    """Leave imported modules out of garbage collections, which then take milliseconds."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def stance_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, in place of the user's."""
    home = tmp_path / "stance-home"
    monkeypatch.setenv("STANCE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of photos, clips and models that may not be published; the test is skipped without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the shared photos, clips and models are not beside this checkout")
    return folder


@pytest.fixture(scope="session", autouse=True)
def isolated_user_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep settings, notes and log of the test run out of the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(autouse=True)
def usual_decoding() -> Iterator[None]:
    """Forget after a test how streams are decoded: OpenCV would then decode files of later tests with other frames."""
    yield
    os.environ.pop("OPENCV_FFMPEG_CAPTURE_OPTIONS", None)


@pytest.fixture(scope="session")
def yolox_tiny() -> Path:
    """Path of the default detector, downloaded if needed."""
    from app.zoo.fetch import locate

    return locate("yolox-tiny")


@pytest.fixture(scope="session")
def rtmpose_s() -> Path:
    """Path of the default pose network, downloaded if needed."""
    from app.zoo.fetch import locate

    return locate("rtmpose-s")


@pytest.fixture(scope="session")
def demo() -> Path:
    """Path of the demo clip, downloaded if needed."""
    from app.zoo.fetch import locate

    return locate("demo")
