"""What every test may ask for: the shared photos and clips, a cache folder of its own, the default models."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture
def stance_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, so that no test touches the user's."""
    home = tmp_path / "stance-home"
    monkeypatch.setenv("STANCE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """Photos, clips and models that may not be published; they lie beside the checkout of a developer."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the shared photos, clips and models are not beside this checkout")
    return folder


@pytest.fixture(scope="session", autouse=True)
def quiet_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep Qt's settings and the log of the test run away from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def yolox_tiny() -> Path:
    """The default detector, from the cache or the package index."""
    from app.zoo.fetch import locate

    return locate("yolox-tiny")


@pytest.fixture(scope="session")
def rtmpose_s() -> Path:
    """The default pose network, from the cache or the package index."""
    from app.zoo.fetch import locate

    return locate("rtmpose-s")


@pytest.fixture(scope="session")
def demo() -> Path:
    """The demo clip, from the cache or the package index."""
    from app.zoo.fetch import locate

    return locate("demo")
