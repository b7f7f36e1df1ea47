"""Common tasks with a camera, performed with the mouse, with the number of clicks each takes: docs/window.md."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice
from tests.app.window.hand import Hand, hand
from tests.app.window.rooms import device
from tests.app.window.test_main_window import PATIENCE, play, recorded_s

__all__ = ["device", "hand"]


def test_record_a_camera_after_a_countdown(
    device: type[FakeDevice], hand: Hand, posing: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    play(posing, Path("0"), qtbot)
    hand.choose("&View", "Coaching")
    hand.write(posing.features.coaching.panel.countdown, "1")
    with qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE):
        hand.press("record")
    qtbot.waitUntil(lambda: recorded_s(posing) > 0.2, timeout=PATIENCE)
    hand.will_write_path(tmp_path / "take.mp4")
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        hand.press("record")
    qtbot.waitUntil((tmp_path / "take.mp4").exists, timeout=PATIENCE)
    assert hand.has_done("Record a camera after a countdown")


def test_show_a_delayed_picture(device: type[FakeDevice], hand: Hand, posing: MainWindow, qtbot: QtBot) -> None:
    play(posing, Path("0"), qtbot)
    hand.choose("&View", "Coaching")
    hand.write(posing.features.coaching.panel.delay, "0.5")
    qtbot.waitUntil(lambda: posing.status.delay.text() == "delay 0.50 s", timeout=PATIENCE)
    assert posing.features.coaching.delay.active
    assert hand.has_done("Show the picture of a camera delayed")
