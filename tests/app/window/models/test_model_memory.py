"""Models and devices are saved only after they have run; devices that do not run cannot be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.core.errors import StanceError
from app.core.settings import Settings
from app.inference.devices import unavailable_reason
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow

PATIENCE = 60_000
pytestmark = pytest.mark.skipif(not unavailable_reason("cuda"), reason="CUDA runs here")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stance.ini"


@pytest.fixture
def clip_of_a_signer(shared: Path) -> Path:
    return shared / "data" / "videos" / "webcam_signing_upper_body_640x480.mp4"


@pytest.fixture
def started(file: Path, small_models: Settings, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with models on the automatic device, and preferences saved in a file."""
    window = MainWindow(replace(small_models, device="auto"), preferences=Preferences(file))
    window.show()
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    yield window
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


def at_the_next_start(file: Path) -> Settings:
    return Preferences(file).settings(Settings())


def button(window: MainWindow, text: str) -> QPushButton:
    buttons = window.video_stack.banner.findChildren(QPushButton)
    return next(found for found in buttons if found.text() == text and found.isVisibleTo(window))


def test_a_failing_device_is_not_saved_and_the_automatic_one_is_offered(
    started: MainWindow, file: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(started.loader.failed, timeout=PATIENCE):
        started.panel.changed.emit(replace(started.panel.settings, device="cuda", threshold=0.4))
    assert at_the_next_start(file).device == "auto"
    assert at_the_next_start(file).threshold == 0.4  # settings that need no model are saved at once
    with qtbot.waitSignal(started.loader.adjusted, timeout=PATIENCE):
        qtbot.mouseClick(button(started, "Automatic device"), Qt.MouseButton.LeftButton)
    assert started.panel.settings.device == "auto"
    assert started.loader.pipeline is not None


def test_a_failing_network_is_not_saved(started: MainWindow, file: Path, tmp_path: Path, qtbot: QtBot) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with qtbot.waitSignal(started.loader.failed, timeout=PATIENCE):
        started.panel.changed.emit(replace(started.panel.settings, pose=str(broken)))
    assert at_the_next_start(file).pose == Settings().pose


def test_models_that_ran_are_saved(started: MainWindow, file: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(started.loader.loaded, timeout=PATIENCE):
        started.panel.changed.emit(replace(started.panel.settings, device="cpu", detector="none"))
    assert at_the_next_start(file).device == "cpu"
    assert at_the_next_start(file).detector == "none"
    assert at_the_next_start(file).pose == Settings().pose  # given on the command line, not chosen by the user


def test_hands_that_ran_are_saved_and_added_while_a_clip_plays(
    started: MainWindow, file: Path, clip_of_a_signer: Path, qtbot: QtBot
) -> None:
    started.open(str(clip_of_a_signer))
    qtbot.waitUntil(lambda: bool(started.player.current and started.player.current.poses.people), timeout=PATIENCE)
    parts = started.panel.models.parts
    with qtbot.waitSignal(started.loader.loaded, timeout=PATIENCE):
        qtbot.mouseClick(parts.hands, Qt.MouseButton.LeftButton)
    assert parts.hands.isChecked()
    assert at_the_next_start(file).hands

    def shown() -> bool:
        current = started.player.current
        people = current.poses.people if current is not None else ()
        return any(len(person.keypoints) == 17 + 42 for person in people)

    qtbot.waitUntil(shown, timeout=PATIENCE)
    with qtbot.waitSignal(started.loader.loaded, timeout=PATIENCE):
        qtbot.mouseClick(parts.hands, Qt.MouseButton.LeftButton)
    assert not at_the_next_start(file).hands


def test_hands_whose_networks_do_not_come_are_off_again(
    started: MainWindow, file: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(*_: object) -> None:
        raise StanceError("There is no network.")

    monkeypatch.setattr("app.pipeline.open_part_networks", refuse)
    with qtbot.waitSignal(started.loader.failed, timeout=PATIENCE):
        qtbot.mouseClick(started.panel.models.parts.hands, Qt.MouseButton.LeftButton)
    assert not started.panel.models.parts.hands.isChecked()
    assert not at_the_next_start(file).hands
    assert started.loader.pipeline is not None


@pytest.mark.slow
def test_an_imported_network_that_ran_is_saved(
    started: MainWindow, file: Path, tmp_path: Path, shared: Path, qtbot: QtBot
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    started.importer.take(broken)
    qtbot.waitUntil(lambda: "broken.onnx" in started.video_stack.banner.sentence, timeout=PATIENCE)
    assert at_the_next_start(file).pose == Settings().pose
    own = shared / "models" / "tinypose_256x192.onnx"
    with qtbot.waitSignal(started.loader.loaded, timeout=PATIENCE):
        started.importer.take(own)
    assert at_the_next_start(file).pose == str(own)
    assert at_the_next_start(file).detector == Settings().detector


def test_devices_that_do_not_run_are_disabled_with_a_reason(started: MainWindow, qtbot: QtBot) -> None:
    model = started.panel.models.device.model()
    assert isinstance(model, QStandardItemModel)
    rows = {started.panel.models.device.itemData(row): model.item(row) for row in range(model.rowCount())}
    cuda = rows["cuda"]
    assert cuda is not None
    qtbot.waitUntil(lambda: not cuda.isEnabled(), timeout=PATIENCE)
    assert unavailable_reason("cuda") in cuda.toolTip()
    assert [name for name, item in rows.items() if item is not None and item.isEnabled()][:2] == ["auto", "cpu"]


def test_a_saved_device_that_no_longer_runs_is_reset(file: Path, small_models: Settings, qtbot: QtBot) -> None:
    Preferences(file).keep_change(Settings(), Settings(device="cuda"))
    preferences = Preferences(file)
    window = MainWindow(preferences.settings(small_models, named=["pose", "detector"]), preferences=preferences)
    window.show()
    with qtbot.waitSignal(window.loader.failed, timeout=PATIENCE):
        window.load()
    qtbot.waitUntil(lambda: at_the_next_start(file).device == "auto", timeout=PATIENCE)
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        qtbot.mouseClick(button(window, "Automatic device"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()
