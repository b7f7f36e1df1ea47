"""What goes wrong while somebody is looking: it is told, and what was there goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.window.conftest import clip, no_camera, posing, quiet, small_models, window
from tests.app.window.test_main_window import PATIENCE, play, source_name
from tests.faults.test_image import png
from tests.faults.test_model import BROKEN

__all__ = ["clip", "no_camera", "posing", "quiet", "small_models", "window"]


def test_a_network_that_cannot_be_used_leaves_the_old_one(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    before, pipeline = posing.loader.settings, posing.loader.pipeline
    assert before is not None
    for number, name in enumerate(("cut", "not a number", "weights anywhere", "lies of its size", "its own operator")):
        make, named = BROKEN[name]
        folder = tmp_path / str(number)
        folder.mkdir()
        with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
            posing.panel.changed.emit(replace(before, pose=str(make(folder / "made.onnx"))))
        assert named in posing.stage.banner.sentence
        assert (posing.loader.settings, posing.loader.pipeline) == (before, pipeline)
    assert posing.player.pipeline is pipeline
    assert source_name(posing) == str(clip)


def test_a_disk_that_is_full_in_mid_recording_is_told(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    play(posing, clip, qtbot)
    (tmp_path / "take.mkv").symlink_to("/dev/full")
    posing.record_to([tmp_path / "take.mkv"])
    qtbot.waitUntil(lambda: "take.mkv" in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    assert source_name(posing) == str(clip)


@pytest.mark.parametrize("name", ["bomb.png", "cut.mp4", "words.jpg"])
def test_a_source_that_cannot_be_shown_leaves_the_old_one(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    play(window, clip, qtbot)
    whole = clip.read_bytes()
    spoilt = {"bomb.png": png(60_000, 60_000), "cut.mp4": whole[: len(whole) // 2], "words.jpg": b"no picture"}
    (tmp_path / name).write_bytes(spoilt[name])
    window.open(str(tmp_path / name))
    qtbot.waitUntil(lambda: name in window.stage.banner.sentence, timeout=PATIENCE)
    assert source_name(window) == str(clip)
