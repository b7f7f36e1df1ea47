"""The times of all stages, whole ones only."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.engine.results import Statistics
from app.window.panels.stage_times import StageTimes, stage_means

ALL = ["read", "detect", "crop", "pose", "decode", "track", "smooth", "write"]
"""As in the table of ``--headless``."""


def measured() -> Statistics:
    statistics = Statistics()
    for number, stage in enumerate(ALL):
        statistics.note(stage, 10.0 + number)
    return statistics


def test_every_stage_is_measured_until_other_models_begin() -> None:
    statistics = measured()
    assert stage_means(statistics) == {stage: 10.0 + number for number, stage in enumerate(ALL)}
    statistics.forget_stages()
    assert stage_means(statistics) == {}


@pytest.mark.usefixtures("dressed")
def test_stages_are_left_out_as_a_whole(qtbot: QtBot) -> None:
    label = StageTimes("Milliseconds")
    qtbot.addWidget(label)
    label.show_times(stage_means(measured()))
    label.show()
    seen = set()
    for width in range(1200, 0, -7):
        label.resize(width, 30)
        text = label.text()
        assert label.fontMetrics().horizontalAdvance(text) <= width
        shown = [f"{10.0 + number:.1f}" for number in range(len(ALL)) if f"{10.0 + number:.1f}" in text]
        assert shown == [f"{10.0 + number:.1f}" for number in range(len(shown))]
        assert ("…" in text) == (0 < len(shown) < len(ALL))
        seen.add(len(shown))
    assert seen == set(range(len(ALL) + 1))
    assert all(f"{10.0 + number:.1f}" in label.toolTip() for number in range(len(ALL)))
    label.show_times({})
    assert (label.text(), label.toolTip()) == ("", "Milliseconds")
