"""The way to the full screen and back."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow


def test_escape_brings_a_maximized_window_back_maximized(window: MainWindow, qtbot: QtBot) -> None:
    window.showMaximized()
    qtbot.waitUntil(window.isMaximized, timeout=60_000)
    window.actions_by_name["full-screen"].trigger()
    qtbot.waitUntil(window.isFullScreen, timeout=60_000)
    assert not window.menus.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen(), timeout=60_000)
    assert window.isMaximized()
    assert window.menus.isVisible()
    assert window.controls.parentWidget() is window


def test_a_window_that_was_not_maximized_is_as_large_as_before(window: MainWindow, qtbot: QtBot) -> None:
    size = window.size()
    window.actions_by_name["full-screen"].trigger()
    qtbot.waitUntil(window.isFullScreen, timeout=60_000)
    window.actions_by_name["full-screen"].trigger()
    qtbot.waitUntil(lambda: not window.isFullScreen(), timeout=60_000)
    assert not window.isMaximized()
    qtbot.waitUntil(lambda: window.size() == size, timeout=60_000)
