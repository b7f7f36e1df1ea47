"""What tests of several dialogs use."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE, hold, play


@pytest.fixture
def people(posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with the first half second of the demo clip analysed and marked."""
    posing.preferences.recordings = tmp_path
    play(posing, short_demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 20, timeout=PATIENCE)
    hold(posing, qtbot)
    posing.player.playback.set_in(0.1)
    posing.player.playback.set_out(0.5)
    return posing
