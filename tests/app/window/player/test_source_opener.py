"""What a source says while it is being opened."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.sources.clips import make_clip, steady, truncated_clip
from tests.app.window.test_main_window import PATIENCE, play


def test_early_notice_is_shown_with_the_source(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "lab.png"
    path.write_bytes(cv2.imencode(".png", np.full((48, 64), 4000, np.uint16))[1].tobytes())
    play(window, path, qtbot)
    wanted = "lab.png has values from 0 to 4095"
    qtbot.waitUntil(lambda: wanted in window.video_stack.banner.sentence, timeout=PATIENCE)


def test_start_after_the_end_is_refused_in_a_sentence(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = make_clip(tmp_path / "short.mp4", steady(50))
    window.player.open(str(path), 100.0)
    wanted = "short.mp4: wanted at most 2.00 s"
    qtbot.waitUntil(lambda: wanted in window.video_stack.banner.sentence, timeout=PATIENCE)


def test_start_in_the_missing_rest_is_refused_in_a_sentence(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = truncated_clip(tmp_path)
    window.player.open(str(path), 1.5)
    banner = window.video_stack.banner
    wanted = f"There is nothing at the start 1.5 s: {path} ends at "
    qtbot.waitUntil(lambda: banner.sentence.startswith(wanted), timeout=PATIENCE)
    assert banner.sentence.endswith(" of 2.00 s.")
    assert len(banner.cards) == 1
