"""Help, Copy diagnostics: what helps is on the clipboard, and nothing about the person."""

from __future__ import annotations

import getpass
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app import __version__
from app.cli.doctor import anonymous
from app.system import log
from app.window.main_window import MainWindow

PATIENCE = 60_000


def test_diagnostics_are_copied_without_personal_data(
    window: MainWindow, stance_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "hildegard")
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.clear()
    window.panel.show_settings(replace(window.panel.settings, pose=str(tmp_path / "own.onnx")))
    with log.log_to_file():
        logging.getLogger("app").error("rtsp://anna:hunter2@cam/a broke off, says hildegard")
    action = window.actions_by_name["diagnostics"]
    action.trigger()
    assert not action.isEnabled()
    qtbot.waitUntil(lambda: "copied" in window.video_stack.banner.sentence, timeout=PATIENCE)
    assert action.isEnabled()
    text = clipboard.text()
    for wanted in (f"Stance {__version__}", "numpy ", "device cpu: works", "pose = ~", "smooth = one-euro"):
        assert wanted in text
    assert "rtsp://cam/a broke off, says user" in text
    for unwanted in (str(tmp_path), "hildegard", "hunter2", "anna"):
        assert unwanted not in text


def test_diagnostics_are_in_the_help_menu(window: MainWindow) -> None:
    menus = {action.text(): action.menu() for action in window.menus.actions()}
    menu = menus["&Help"]
    assert menu is not None
    assert window.actions_by_name["diagnostics"] in menu.actions()


def test_only_whole_names_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "ann"))
    monkeypatch.setenv("LOGNAME", "ann")
    assert getpass.getuser() == "ann"
    text = f"{tmp_path}/ann/clip.mp4 {tmp_path}/annex/clip.mp4 planned by Ann, ann_2"
    assert anonymous(text) == f"~/clip.mp4 {tmp_path}/annex/clip.mp4 planned by user, user_2"
