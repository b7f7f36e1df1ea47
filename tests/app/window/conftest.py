"""A window with real models, and a clip whose frames encode their number in their brightness."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QtMsgType
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bench.start import scale
from app.core.settings import Settings
from app.inference.devices import open_session
from app.inference.session import Threads
from app.window.core.cycle_collector import CycleCollector
from app.window.i18n.translations import install
from app.window.main_window import MainWindow
from app.window.style.theme import apply_theme

FRAMES = 40
FPS = 20


@pytest.fixture(autouse=True)
def quiet(qtlog: Any) -> Iterator[None]:
    """Fail a test if Qt logs a warning."""
    yield
    complaints = [record.message for record in qtlog.records if record.type != QtMsgType.QtDebugMsg]
    # The offscreen platform warns about what it lacks: size hints, raising, grabbing.
    assert not [text for text in complaints if not text.startswith("This plugin does not support")]


@pytest.fixture(autouse=True, scope="package")
def collector(qapp: QApplication) -> Iterator[None]:
    """Free windows of earlier tests between events, as the program does, not while Qt iterates over all of them."""
    made = CycleCollector()
    yield
    made.stop()


@pytest.fixture(autouse=True, scope="module")
def freed_windows(collector: None) -> Iterator[None]:
    """Free the windows of a module after its last test: a style sheet and a font change visit every widget there is."""
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


@pytest.fixture(autouse=True)
def no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not use real cameras."""
    monkeypatch.setattr("app.sources.camera.list_cameras", list)


@pytest.fixture(autouse=True)
def no_notes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Separate the notes and projects of each test; tests look at all files in their own folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("user-data")))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 160x120 gray: frame n has the brightness 20 + 5 n."""
    path = tmp_path_factory.mktemp("clip") / "gray.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(FRAMES):
            image = np.full((120, 160, 3), 20 + 5 * index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def short_demo(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first three seconds of the demo clip, half as large, so that an analysis of all of it is short."""
    path = tmp_path_factory.mktemp("demo") / "demo.mp4"
    scale(str(demo), (884, 496), 3.0, path)
    return path


@pytest.fixture(params=["en", "zh"])
def dressed(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    """The style sheet's paddings and fonts, in one language and the other."""
    install(qapp, request.param)
    apply_theme(qapp)
    yield request.param
    install(qapp, "en")
    qapp.setStyleSheet("")


@pytest.fixture
def small_models(shared: Path) -> Settings:
    """Small, fast networks."""
    models = shared / "models"
    return Settings(
        pose=str(models / "tinypose_128x96.onnx"), detector=str(models / "rtmdet_nano_person.onnx"), device="cpu"
    )


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window without models; closed as a user would."""
    made = MainWindow(Settings())
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    with qtbot.waitSignal(made.closed, timeout=60_000):
        made.close()


@cache
def shared_session(path: Path, device: str, threads: Threads, options: None = None) -> Any:
    """The same session for all tests: optimising a graph takes longer than most of them."""
    return open_session(path, device, threads, options)


@pytest.fixture
def posing(window: MainWindow, small_models: Settings, qtbot: QtBot) -> MainWindow:
    """The window with small models loaded."""
    window.panel.show_settings(small_models)
    with pytest.MonkeyPatch.context() as patch, qtbot.waitSignal(window.loader.loaded, timeout=60_000):
        patch.setattr("app.inference.onnx_model.open_session", shared_session)
        window.load()
    return window


@pytest.fixture
def own(posing: MainWindow, stance_home: Path) -> MainWindow:
    """The window with small models and an empty cache."""
    return posing
