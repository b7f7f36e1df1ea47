"""The window with the network of the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.main_window import MainWindow


@pytest.fixture
def window(settings: Settings, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(settings)
    made.show()
    qtbot.waitExposed(made)
    with qtbot.waitSignal(made.loader.loaded, timeout=60_000):
        made.load()
    yield made
    with qtbot.waitSignal(made.closed, timeout=60_000):
        made.close()
