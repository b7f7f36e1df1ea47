"""The timeline."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.overlay.colors import person_color
from app.window.widgets.timeline import Timeline, merged


def test_the_keys_of_a_slider_seek(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_duration(10.0)
    timeline.set_time(4.0)
    with qtbot.waitSignal(timeline.seek_requested) as signal:
        qtbot.keyClick(timeline, Qt.Key.Key_Right)
    assert signal.args == [5.0]


def test_seeking_is_disabled_without_a_duration(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_duration(None)
    assert not timeline.isEnabled()


def test_damaged_spans_are_marked(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(416, 42)  # 40 pixels per second
    timeline.set_duration(10.0)
    plain = timeline.grab().toImage()
    timeline.show_damage([(2.0, 3.0), (7.5, 10.0)])
    marked = timeline.grab().toImage()
    middle = timeline.height() - 12
    changed = [x for x in range(416) if marked.pixelColor(x, middle - 3) != plain.pixelColor(x, middle - 3)]
    seconds = [(x - 8) / 40 for x in changed]
    assert all(1.9 < second < 3.1 or 7.4 < second < 10.1 for second in seconds)
    assert len(changed) == pytest.approx(140, abs=4)
    timeline.set_duration(10.0)  # as for another clip
    assert timeline.grab().toImage().pixelColor(108, middle - 3) == plain.pixelColor(108, middle - 3)


def test_spans_closer_than_a_pixel_are_merged() -> None:
    every_other_frame = [(index / 15, index / 15) for index in range(54_000)]
    assert merged(every_other_frame, gap_s=3.0) == [(0.0, 53_999 / 15)]
    assert merged([(0.0, 1.0), (1.5, 2.0), (4.0, 5.0)], gap_s=1.0) == [(0.0, 2.0), (4.0, 5.0)]
    assert merged([], gap_s=1.0) == []


def test_a_span_within_another_is_merged() -> None:
    assert merged([(0.0, 4.0), (1.0, 2.0), (4.5, 5.0)], gap_s=0.0) == [(0.0, 4.0), (4.5, 5.0)]


def test_five_people_have_a_lane_each(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(400, timeline.sizeHint().height())
    timeline.set_duration(10.0)
    timeline.show_people({number: [(0.0, 10.0)] for number in range(1, 6)}, {}, [(0.0, 10.0)])
    timeline.show()
    qtbot.waitExposed(timeline)
    picture = timeline.grab().toImage()
    column = [picture.pixelColor(picture.width() // 2, y) for y in range(picture.height())]
    for number in range(1, 6):
        red, green, blue = person_color(number)[:3]
        near = [max(abs(c.red() - red), abs(c.green() - green), abs(c.blue() - blue)) for c in column]
        assert min(near) < 60, number
