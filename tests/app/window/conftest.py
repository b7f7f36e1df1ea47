"""A window on real models, and a clip whose every frame tells its own number by its brightness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PyQt6.QtCore import QtMsgType
from pytestqt.qtbot import QtBot

from app.settings import Settings
from app.window.main_window import MainWindow

FRAMES = 40
FPS = 20


@pytest.fixture(autouse=True)
def quiet(qtlog: Any) -> Iterator[None]:
    """Whatever Qt complains about fails the test."""
    yield
    complaints = [record.message for record in qtlog.records if record.type != QtMsgType.QtDebugMsg]
    # The platform without a screen says what it lacks: size hints, raising, grabbing.
    assert not [text for text in complaints if not text.startswith("This plugin does not support")]


@pytest.fixture(autouse=True)
def no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests keeps their camera."""
    monkeypatch.setattr("app.sources.camera.list_cameras", list)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 160x120 grey: frame number n has the brightness 20 + 5 n."""
    path = tmp_path_factory.mktemp("clip") / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(FRAMES):
            image = np.full((120, 160, 3), 20 + 5 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def small_models(shared: Path) -> Settings:
    """Networks that are quick on any machine."""
    models = shared / "models"
    return Settings(
        pose=str(models / "tinypose_128x96.onnx"), detector=str(models / "rtmdet_nano_person.onnx"), device="cpu"
    )


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window without models; it is closed as a person would."""
    made = MainWindow(Settings())
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    with qtbot.waitSignal(made.closed, timeout=20_000):
        made.close()


@pytest.fixture
def posing(window: MainWindow, small_models: Settings, qtbot: QtBot) -> MainWindow:
    """The window with small models loaded."""
    window.panel.show_settings(small_models)
    with qtbot.waitSignal(window.loader.loaded, timeout=60_000):
        window.load()
    return window
