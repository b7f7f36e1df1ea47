"""Starts and closes windows as a user does."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE


def opened(file: Path | None, qtbot: QtBot) -> MainWindow:
    """A visible window with the preferences in ``file``; None: a first start, of which nothing is saved."""
    preferences = Preferences(file)
    window = MainWindow(preferences.settings(Settings()), preferences=preferences)
    window.show()
    qtbot.waitExposed(window)
    return window


def closed(window: MainWindow, qtbot: QtBot) -> None:
    """Close ``window`` and wait until its threads have ended."""
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()
