"""The table of the panel Compare."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.analysis.reference import AnglePair, RangePair
from app.window.review.compare_panel import ComparePanel


@pytest.fixture
def panel(qtbot: QtBot) -> ComparePanel:
    made = ComparePanel()
    qtbot.addWidget(made)
    made.show_second("jump.mp4", has_picture=True, people={1: "1"})
    return made


def row(panel: ComparePanel) -> list[str]:
    item = panel.table.topLevelItem(0)
    assert item is not None
    return [item.text(column) for column in range(1, 4)]


def test_what_rounds_to_zero_has_no_sign(panel: ComparePanel) -> None:
    panel.show_moment([AnglePair("left knee", -0.4, 0.3, -0.4)], "Second")
    assert row(panel) == ["0°", "0°", "0°"]
    panel.show_ranges([RangePair("left knee", (-0.2, 61.6), (-4.0, 0.4))], "Second")
    assert row(panel) == ["0° … 62°", "−4° … 0°", "+57°"]


def test_other_values_have_their_sign(panel: ComparePanel) -> None:
    panel.show_moment([AnglePair("left knee", -12.4, 3.0, -15.4)], "Second")
    assert row(panel) == ["−12°", "3°", "−15°"]
    panel.show_moment([AnglePair("left knee", float("nan"), 3.0, float("nan"))], "Second")
    assert row(panel) == ["–", "3°", "–"]
