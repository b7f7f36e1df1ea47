"""A recording holds what was shown, and its files are whole."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.settings import RunOptions, Settings
from app.window.main_window import MainWindow
from app.window.player.recorder import with_data
from tests.app.window.test_main_window import PATIENCE, play, recorded_s


def test_a_recording_holds_what_was_shown(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    with qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE):
        posing.record_to(with_data(tmp_path / "take.mp4"))
    qtbot.waitUntil(lambda: recorded_s(posing) > 0.4, timeout=PATIENCE)
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        qtbot.keyClick(posing, Qt.Key.Key_R)
    with av.open(str(tmp_path / "take.mp4")) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    lines = (tmp_path / "take.jsonl").read_text().splitlines()
    assert pictures == len(lines) - 1 >= 8
    assert json.loads(lines[0])["device"] == {"requested": "cpu", "actual": "cpu"}
    assert "take.mp4" in posing.video_stack.banner.sentence


def test_closing_while_recording_finishes_the_file(
    small_models: Settings, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = MainWindow(small_models)
    window.show()
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    play(window, clip, qtbot)
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        window.record_to([tmp_path / "take.mkv"])
    qtbot.waitUntil(lambda: recorded_s(window) > 0.2, timeout=PATIENCE)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()
    assert not window.isVisible()
    with av.open(str(tmp_path / "take.mkv")) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 4


def test_a_failed_recording_is_reported(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    posing.record_to([tmp_path / "nowhere" / "take.mp4"])
    qtbot.waitUntil(posing.video_stack.banner.isVisible, timeout=PATIENCE)
    assert "nowhere" in posing.video_stack.banner.sentence
    assert posing.capture.recorder.recording is None
    assert posing.actions_by_name["record"].isEnabled()


def test_outputs_of_the_command_line_are_recorded_from_the_first_frame(
    window: MainWindow, small_models: Settings, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.panel.show_settings(small_models)
    output = tmp_path / "take.jsonl"
    with qtbot.waitSignal(window.capture.recorder.finished, timeout=60_000):
        window.run(RunOptions(str(clip), outputs=(output,), limit=12))
    head, *lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert head["source"] == str(clip)
    assert [line["frame"] for line in lines] == list(range(12))
    qtbot.waitUntil(lambda: not window.player.playing, timeout=PATIENCE)


def test_a_recording_never_writes_over_data_beside_it(tmp_path: Path) -> None:
    (tmp_path / "take.jsonl").write_text("precious")
    assert with_data(tmp_path / "take.mp4") == [tmp_path / "take.mp4", tmp_path / "take-2.jsonl"]


def test_a_still_picture_is_recorded_unchanged(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((90, 120, 3), 70, np.uint8))
    play(posing, tmp_path / "gray.png", qtbot)
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.record_to([tmp_path / "drawn.png"])
    drawn = cv2.imread(str(tmp_path / "drawn.png"))
    assert drawn is not None
    assert np.array_equal(drawn, np.full((90, 120, 3), 70))
