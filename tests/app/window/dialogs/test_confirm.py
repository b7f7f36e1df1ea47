"""Questions before costly actions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QMessageBox
from pytestqt.qtbot import QtBot

from app.core.people import FramePoses
from app.core.settings import Settings
from app.window.dialogs.confirm import downloads
from app.window.main_window import MainWindow

FETCHED = "hrnet_w32_256x192_mmpose"
BY_HAND = "hrnet_w32_384x288"
UNKNOWN_SIZE = "rtmpose-s_body"
PATIENCE = 60_000


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def question(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    """The open question."""
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)), timeout=PATIENCE)
    return next(box for box in window.findChildren(QMessageBox) if box.isVisible())


def answer(window: MainWindow, text: str, qtbot: QtBot) -> None:
    """Click the button labeled ``text``."""
    box = question(window, qtbot)
    button = next(button for button in box.buttons() if button.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_download_is_confirmed_once(posing: MainWindow, stance_home: Path, qtbot: QtBot) -> None:
    before = posing.loader.settings
    requested: list[Settings] = []
    posing.loader.request = lambda settings, checkpoint=None: requested.append(settings)  # type: ignore[method-assign]
    choose(posing.panel.models.pose, FETCHED)
    assert FETCHED in question(posing, qtbot).text()
    assert "114 MB" in question(posing, qtbot).text()
    answer(posing, "Cancel", qtbot)
    choose(posing.panel.models.pose, UNKNOWN_SIZE)
    assert "unknown size" in question(posing, qtbot).text()
    answer(posing, "Cancel", qtbot)
    assert requested == []
    assert posing.panel.models.pose.currentData() == before.pose
    assert posing.panel.settings == before
    choose(posing.panel.models.pose, FETCHED)
    qtbot.keyClick(question(posing, qtbot), Qt.Key.Key_Escape)
    assert requested == []
    choose(posing.panel.models.pose, FETCHED)
    answer(posing, "Download", qtbot)
    assert [settings.pose for settings in requested] == [FETCHED]


def test_only_downloads_need_confirmation(stance_home: Path) -> None:
    here = Settings(pose="here.onnx", detector="none")
    assert [entry.name for entry in downloads(here, replace(here, pose=FETCHED))] == [FETCHED]
    assert downloads(here, replace(here, pose=BY_HAND)) == []  # a different message explains how to get it
    assert downloads(here, replace(here, detector="other.onnx", threshold=0.5)) == []
    hands, both = replace(here, hands=True), replace(here, hands=True, face="68")
    assert [entry.name for entry in downloads(here, hands)] == ["hand-landmarks-full", "palm-detector"]
    assert [entry.name for entry in downloads(hands, both)] == ["face-landmarks"]
    assert downloads(both, here) == []
    fetched = replace(here, pose=FETCHED)
    assert downloads(fetched, replace(fetched, smooth="none")) == []


def test_analysing_a_long_clip_again_is_confirmed_once(
    posing: MainWindow, demo: Path, shared: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=60_000):
        posing.player.open(str(demo), 0.0, 0.2, paused=True)
    analysis, before = posing.player.analysis, posing.loader.settings
    assert analysis is not None
    for index in range(100, 100 + 30 * 700):  # as if more than eleven minutes had been analysed
        analysis.add(FramePoses(index, index / 30, ()))
    requested: list[Settings] = []
    posing.loader.request = lambda settings, checkpoint=None: requested.append(settings)  # type: ignore[method-assign]
    posing.panel.changed.emit(replace(before, smooth="none"))
    assert len(requested) == 1
    other = replace(before, pose=str(shared / "models" / "tinypose_256x192.onnx"))
    posing.panel.changed.emit(other)
    assert "12 minutes" in question(posing, qtbot).text()
    assert "are kept" in question(posing, qtbot).text()
    answer(posing, "Cancel", qtbot)
    assert len(requested) == 1
    assert posing.panel.settings == before
    posing.panel.changed.emit(replace(before, flip_test=True))
    answer(posing, "Analyse again", qtbot)
    assert [settings.flip_test for settings in requested] == [False, True]
