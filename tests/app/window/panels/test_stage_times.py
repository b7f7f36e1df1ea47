"""The times of all stages, whole ones only."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.engine.results import Statistics
from app.window.panels.stage_times import StageTimes, stage_means

ALL = ["read", "detect", "crop", "pose", "decode", "track", "smooth", "write"]
"""As in the table of ``--headless``."""
MS = [11.0, 17.0, 10.0, 18.0, 14.0, 12.0, 13.0, 16.0]


def measured() -> Statistics:
    statistics = Statistics()
    for number, stage in enumerate(ALL):
        statistics.note(stage, MS[number])
    return statistics


def test_every_stage_is_measured_until_other_models_begin() -> None:
    statistics = measured()
    assert stage_means(statistics) == dict(zip(ALL, MS, strict=True))
    statistics.forget_stages()
    assert stage_means(statistics) == {}


@pytest.mark.usefixtures("dressed")
def test_the_fastest_stages_are_left_out_as_a_whole(qtbot: QtBot) -> None:
    label = StageTimes("Milliseconds")
    qtbot.addWidget(label)
    label.show_times(stage_means(measured()))
    label.show()
    seen = set()
    for width in range(1200, 0, -7):
        label.resize(width, 30)
        text = label.text()
        assert label.fontMetrics().horizontalAdvance(text) <= width
        shown = [float(word) for word in text.split() if word[0].isdigit()]
        assert shown == [ms for ms in MS if ms in sorted(MS)[-len(shown) :]][: len(shown)]
        assert ("…" in text) == (0 < len(shown) < len(ALL))
        seen.add(len(shown))
    assert seen == set(range(len(ALL) + 1))
    assert all(f"{ms:.1f}" in label.toolTip() for ms in MS)
    label.show_times({})
    assert (label.text(), label.toolTip()) == ("", "Milliseconds")
