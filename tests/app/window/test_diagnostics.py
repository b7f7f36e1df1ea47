"""Help, Copy diagnostics: what helps is on the clipboard, and nothing about the person."""

from __future__ import annotations

import getpass
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app import __version__, journal
from app.doctor import anonymous
from app.window.main_window import MainWindow

PATIENCE = 60_000


def test_what_helps_is_copied_and_nobody_is_named(
    window: MainWindow, stance_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "hildegard")
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.clear()
    window.panel.show_settings(replace(window.panel.settings, pose=str(tmp_path / "own.onnx")))
    with journal.kept():
        logging.getLogger("app").error("rtsp://anna:hunter2@cam/a broke off, says hildegard")
    deed = window.deeds["diagnostics"]
    deed.trigger()
    assert not deed.isEnabled()
    qtbot.waitUntil(lambda: "copied" in window.stage.banner.sentence, timeout=PATIENCE)
    assert deed.isEnabled()
    text = clipboard.text()
    for wanted in (f"Stance {__version__}", "numpy ", "device cpu: runs", "pose = ~", "smooth = one-euro"):
        assert wanted in text
    assert "rtsp://cam/a broke off, says user" in text
    for unwanted in (str(tmp_path), "hildegard", "hunter2", "anna"):
        assert unwanted not in text


def test_it_is_in_the_help_menu(window: MainWindow) -> None:
    menus = {action.text(): action.menu() for action in window.menus.actions()}
    menu = menus["&Help"]
    assert menu is not None
    assert window.deeds["diagnostics"] in menu.actions()


def test_only_whole_names_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "ann"))
    monkeypatch.setenv("LOGNAME", "ann")
    assert getpass.getuser() == "ann"
    text = f"{tmp_path}/ann/clip.mp4 {tmp_path}/annex/clip.mp4 planned by Ann, ann_2"
    assert anonymous(text) == f"~/clip.mp4 {tmp_path}/annex/clip.mp4 planned by user, user_2"
