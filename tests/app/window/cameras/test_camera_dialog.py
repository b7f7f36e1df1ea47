"""Choice of a camera, its size and its rate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from app.sources import preview
from app.window.cameras.camera_dialog import CameraDialog
from app.window.cameras.camera_menu import CameraMenu
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import PATIENCE, background, device, plug

__all__ = ["background", "device"]


@pytest.fixture
def dialog(qtbot: QtBot, background: TaskRunner, device: type[FakeDevice]) -> Iterator[CameraDialog]:
    made = CameraDialog(background)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.open()
    yield made
    made.reject()
    qtbot.waitUntil(lambda: not device.held, timeout=PATIENCE)


def offered(dialog: CameraDialog) -> list[str]:
    return [dialog.size_choice.itemText(row) for row in range(dialog.size_choice.count())]


def test_camera_size_and_rate_form_the_source_text(dialog: CameraDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    assert [dialog.camera.itemText(row) for row in range(2)] == ["HD Webcam", "Desk View"]
    assert offered(dialog) == ["Camera default", "640 × 480", "1280 × 720"]
    assert dialog.text == "0"
    dialog.camera.setCurrentIndex(1)
    dialog.camera.activated.emit(1)
    assert not dialog.use.isEnabled()  # the camera is being queried
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    dialog.size_choice.setCurrentIndex(2)
    dialog.rate.setCurrentIndex(1)
    with qtbot.waitSignal(dialog.chosen, timeout=PATIENCE) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["1@1280x720@30"]


def test_a_camera_in_use_is_reported_and_can_be_retried(
    dialog: CameraDialog, device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    monkeypatch.setattr(preview, "PAUSE_S", 0.01)
    device.taken.add(1)
    dialog.camera.setCurrentIndex(1)
    dialog.camera.activated.emit(1)
    qtbot.waitUntil(dialog.retry.isVisible, timeout=PATIENCE)
    assert dialog.message.text() == "Camera 1 cannot be opened: another program seems to be using it."
    device.taken.clear()
    qtbot.mouseClick(dialog.retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(offered(dialog)) == 3, timeout=PATIENCE)
    assert not dialog.retry.isVisible()


def test_a_missing_camera_is_reported(background: TaskRunner, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    plug(monkeypatch)
    dialog = CameraDialog(background)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: "No camera found" in dialog.message.text(), timeout=PATIENCE)
    assert not dialog.use.isEnabled()


def test_the_menu_opens_the_camera_and_stream_dialogs(
    background: TaskRunner, device: type[FakeDevice], qtbot: QtBot
) -> None:
    window, chosen = QWidget(), list[str]()
    qtbot.addWidget(window)
    menu = CameraMenu(background, Preferences(), chosen.append, window)
    menu.refresh()
    qtbot.waitUntil(lambda: menu.actions()[0].text() == "HD Webcam", timeout=PATIENCE)
    actions = {action.text(): action for action in menu.actions()}
    actions["Desk View"].trigger()
    actions["This screen"].trigger()
    actions["Stream address …"].trigger()
    asked = window.findChild(QInputDialog)
    assert asked is not None
    asked.setTextValue(" rtsp://camera/1 ")
    asked.accept()
    assert chosen == ["1", "screen", "rtsp://camera/1"]
    actions["Resolution and frame rate …"].trigger()
    dialog = window.findChild(CameraDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    dialog.use.click()
    assert chosen[-1] == "0"
