"""The notice about frames that are missing from a recording goes when the recording ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.sinks.slow_pipe import slow_pipe
from tests.app.sources.device import plugged_in

PATIENCE = 60_000


def is_told(window: MainWindow) -> bool:
    return "too slow: frames are missing from the recording" in window.video_stack.banner.sentence


def test_the_notice_about_a_slow_disk_goes_with_the_recording(
    posing: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    plugged_in(monkeypatch)
    with qtbot.waitSignal(posing.player.shown, timeout=PATIENCE):
        posing.open("0")
    with slow_pipe(tmp_path / "take.jsonl") as ended:
        posing.record_to([tmp_path / "take.jsonl"])
        qtbot.waitUntil(lambda: is_told(posing), timeout=PATIENCE)
        assert posing.capture.recording
        qtbot.waitUntil(lambda: posing.actions_by_name["record"].isEnabled(), timeout=PATIENCE)
        ended.set()
        qtbot.keyClick(posing.view, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: not posing.capture.recording, timeout=PATIENCE)
        assert not is_told(posing)
    with qtbot.waitSignal(posing.player.shown, timeout=PATIENCE):
        pass
    assert not is_told(posing)
