"""Times as people read them, and a time line that can be used by keys."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.timeline import Timeline, clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00.0"), (62.34, "1:02.3"), (59.97, "1:00.0"), (3723.4, "1:02:03.4"), (-1, "0:00.0")],
)
def test_times_are_read_as_on_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_the_keys_of_a_slider_seek(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_duration(10.0)
    timeline.set_time(4.0)
    with qtbot.waitSignal(timeline.sought) as sought:
        qtbot.keyClick(timeline, Qt.Key.Key_Right)
    assert sought.args == [5.0]


def test_nothing_can_be_sought_without_a_duration(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_duration(None)
    assert not timeline.isEnabled()
