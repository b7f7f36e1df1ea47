"""Choosing a camera, its size and its rate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from app.sources import glimpse
from app.window.background import Background
from app.window.camera_dialog import CameraDialog
from app.window.camera_menu import CameraMenu
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import PATIENCE, background, device, plug

__all__ = ["background", "device"]


@pytest.fixture
def dialog(qtbot: QtBot, background: Background, device: type[FakeDevice]) -> Iterator[CameraDialog]:
    made = CameraDialog(background)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.open()
    yield made
    made.reject()
    qtbot.waitUntil(lambda: not device.held, timeout=PATIENCE)


def offered(dialog: CameraDialog) -> list[str]:
    return [dialog.size_choice.itemText(row) for row in range(dialog.size_choice.count())]


def test_the_chosen_camera_size_and_rate_become_the_source(dialog: CameraDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    assert [dialog.camera.itemText(row) for row in range(2)] == ["HD Webcam", "Desk View"]
    assert offered(dialog) == ["As the camera likes", "640 × 480", "1280 × 720"]
    assert dialog.text == "0"
    dialog.camera.setCurrentIndex(1)
    dialog.camera.activated.emit(1)
    assert not dialog.use.isEnabled()  # the camera is being asked
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    dialog.size_choice.setCurrentIndex(2)
    dialog.rate.setCurrentIndex(1)
    with qtbot.waitSignal(dialog.chosen, timeout=PATIENCE) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["1@1280x720@30"]


def test_a_camera_that_is_in_use_is_told_and_asked_again(
    dialog: CameraDialog, device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    monkeypatch.setattr(glimpse, "PAUSE_S", 0.01)
    device.taken.add(1)
    dialog.camera.setCurrentIndex(1)
    dialog.camera.activated.emit(1)
    qtbot.waitUntil(dialog.again.isVisible, timeout=PATIENCE)
    assert dialog.told.text() == "Camera 1 does not open: another program seems to be using it."
    device.taken.clear()
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(offered(dialog)) == 3, timeout=PATIENCE)
    assert not dialog.again.isVisible()


def test_without_a_camera_it_says_what_to_do(
    background: Background, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    plug(monkeypatch)
    dialog = CameraDialog(background)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: "No camera was found" in dialog.told.text(), timeout=PATIENCE)
    assert not dialog.use.isEnabled()


def test_the_menu_leads_to_sizes_and_to_streams(background: Background, device: type[FakeDevice], qtbot: QtBot) -> None:
    window, chosen = QWidget(), list[str]()
    qtbot.addWidget(window)
    menu = CameraMenu(background, chosen.append, window)
    menu.look()
    qtbot.waitUntil(lambda: menu.actions()[0].text() == "HD Webcam", timeout=PATIENCE)
    deeds = {action.text(): action for action in menu.actions()}
    deeds["Desk View"].trigger()
    deeds["This screen"].trigger()
    deeds["Stream address …"].trigger()
    asked = window.findChild(QInputDialog)
    assert asked is not None
    asked.setTextValue(" rtsp://camera/1 ")
    asked.accept()
    assert chosen == ["1", "screen", "rtsp://camera/1"]
    deeds["Size and rate …"].trigger()
    dialog = window.findChild(CameraDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    dialog.use.click()
    assert chosen[-1] == "0"
