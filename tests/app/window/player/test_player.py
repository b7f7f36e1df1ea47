"""What is shown of a source that is opened without being played."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE


def test_a_clip_opened_paused_shows_its_first_frame_and_stays(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    shown: list[int] = []
    window.player.shown.connect(lambda result: shown.append(result.frame.index))
    window.player.open(str(clip), paused=True)
    qtbot.waitUntil(lambda: shown == [0], timeout=PATIENCE)
    assert window.view.shown is not None
    assert abs(float(window.view.shown.frame.image.mean()) - 20) < 3
    engine = window.player.engine
    assert engine is not None
    assert not window.player.playing
    assert engine.statistics.frames == 1
    window.player.step(1)
    qtbot.waitUntil(lambda: shown == [0, 1], timeout=PATIENCE)
