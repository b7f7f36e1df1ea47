"""A phone as a camera: its address is put together, tested with a preview, opened and remembered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.sources.phone import APPS
from app.window.cameras.phone_dialog import PhoneDialog
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.main_window import MainWindow
from tests.app.sources.mjpeg import Mjpeg
from tests.app.sources.rtsp import RtspCamera
from tests.app.window.rooms import PATIENCE, background

__all__ = ["background"]
LITE = next(place for place, app in enumerate(APPS) if app.login)


@pytest.fixture
def dialog(qtbot: QtBot, background: TaskRunner) -> Iterator[PhoneDialog]:
    made = PhoneDialog(background, Preferences())
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.open()
    yield made
    made.reject()


def test_only_the_address_is_typed(dialog: PhoneDialog, qtbot: QtBot) -> None:
    assert not dialog.use.isEnabled()
    qtbot.keyClicks(dialog.address, "192.168.1.20")
    assert dialog.stream.text() == "http://192.168.1.20:8080/video"
    dialog.app.setCurrentIndex(len(APPS) - 1)
    assert dialog.stream.text() == "rtsp://192.168.1.20:8554/live"
    qtbot.keyClicks(dialog.address, "0")
    assert dialog.message.text() == "Phone and computer must be in the same network."
    qtbot.keyClicks(dialog.address, "0")
    assert dialog.message.text().startswith("'192.168.1.2000' is not the address of a phone")
    assert not dialog.use.isEnabled()
    assert not dialog.test.isEnabled()


def shown(dialog: PhoneDialog) -> bytes:
    """The pixels of the preview; empty without a picture."""
    image = dialog.preview.pixmap().toImage()
    bits = image.constBits()
    return bytes(bits.asarray(image.sizeInBytes())) if bits is not None else b""


def test_the_picture_moves_until_the_dialog_is_closed(dialog: PhoneDialog, qtbot: QtBot) -> None:
    phone = Mjpeg()
    dialog.address.setText(phone.address)
    seen: set[bytes] = set()
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)

    def has_moved() -> bool:
        seen.add(shown(dialog))
        return len(seen - {b""}) > 3

    qtbot.waitUntil(has_moved, timeout=PATIENCE)
    assert phone.watching == 1
    dialog.reject()
    qtbot.waitUntil(lambda: phone.watching == 0, timeout=PATIENCE)
    phone.unplug()


def test_a_phone_that_ends_is_told(dialog: PhoneDialog, qtbot: QtBot) -> None:
    phone = Mjpeg()
    dialog.address.setText(phone.address)
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    phone.unplug()
    told = "The phone at 127.0.0.1 has closed the connection: wanted a picture."
    qtbot.waitUntil(lambda: dialog.message.text() == told, timeout=PATIENCE)
    assert not shown(dialog)


def test_a_phone_is_left_before_it_is_opened(dialog: PhoneDialog, qtbot: QtBot, background: TaskRunner) -> None:
    phone = RtspCamera("/live")
    dialog.app.setCurrentIndex(len(APPS) - 1)
    dialog.address.setText(f"127.0.0.1:{phone.port}")
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(shown(dialog)), timeout=PATIENCE)
    with qtbot.waitSignal(dialog.chosen, timeout=PATIENCE) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == [f"rtsp://127.0.0.1:{phone.port}/live"]
    qtbot.waitUntil(lambda: "TEARDOWN" in [method for method, _ in phone.requests], timeout=PATIENCE)
    assert not background.busy("phone")
    phone.unplug()


def test_a_test_shows_a_picture(dialog: PhoneDialog, qtbot: QtBot) -> None:
    phone = Mjpeg(path="/video", login="admin:admin")
    dialog.app.setCurrentIndex(LITE)
    dialog.address.setText(f"127.0.0.1:{phone.port}")
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
    assert not dialog.use.isEnabled()  # an app may serve one program only
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    assert dialog.message.text() == "The phone sends pictures of 128 × 96."
    assert dialog.preview.pixmap().height() > 96
    phone.unplug()
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.use.isEnabled, timeout=PATIENCE)
    assert f"127.0.0.1 answers, but not on port {phone.port}: wanted the server started" in dialog.message.text()
    assert dialog.preview.pixmap().isNull()


def test_a_changed_address_drops_the_test(dialog: PhoneDialog, qtbot: QtBot, background: TaskRunner) -> None:
    phone = Mjpeg()
    dialog.address.setText(f"127.0.0.1:{phone.port}")
    qtbot.mouseClick(dialog.test, Qt.MouseButton.LeftButton)
    dialog.address.setText("192.168.1.20")
    qtbot.waitUntil(lambda: not background.busy("phone"), timeout=PATIENCE)
    qtbot.wait(50)
    assert dialog.preview.pixmap().isNull()
    assert dialog.use.isEnabled()
    phone.unplug()


def test_app_and_address_are_there_again_without_the_password(background: TaskRunner, qtbot: QtBot) -> None:
    preferences, window = Preferences(), QWidget()
    qtbot.addWidget(window)
    first = PhoneDialog(background, preferences, window)
    first.app.setCurrentIndex(LITE)
    first.address.setText("anna:secret@192.168.1.20:81")
    with qtbot.waitSignal(first.chosen, timeout=PATIENCE) as chosen:
        first.use.click()
    assert chosen.args == ["http://anna:secret@192.168.1.20:81/video"]
    again = PhoneDialog(background, preferences, window)
    assert (again.app.currentIndex(), again.address.text()) == (LITE, "192.168.1.20:81")


def test_a_phone_plays_in_the_window_and_is_a_recent_source(window: MainWindow, qtbot: QtBot) -> None:
    phone = RtspCamera("/live")
    window.cameras.ask_for_phone()
    dialog = window.findChild(PhoneDialog)
    assert dialog is not None
    dialog.app.setCurrentIndex(len(APPS) - 1)
    dialog.address.setText(f"127.0.0.1:{phone.port}")
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    assert window.player.source is not None
    assert window.player.source.live
    address = f"rtsp://127.0.0.1:{phone.port}/live"
    assert window.preferences.recent[0] == address
    phone.unplug()
