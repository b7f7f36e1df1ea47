"""The panel of measures: what it lists, what it seeks to, and what it shows on the timeline and in the plots."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.event_spans import event_spans
from app.analysis.measure_rows import TITLES as ROWS
from app.analysis.measures import PersonTrack
from app.core.people import FramePoses, Person
from app.window.core.tasks import TaskRunner
from app.window.main_window import MainWindow
from app.window.review.event_marks import EventMarks
from app.window.review.measure_texts import TITLES
from app.window.review.measures_panel import MeasuresPanel
from app.window.review.plot_panel import PlotPanel
from app.window.widgets.timeline import Timeline
from tests.app.analysis.made_body import SCALE, jump, walk
from tests.app.window.test_main_window import PATIENCE


def analysis_of(*tracks: PersonTrack) -> Analysis:
    """An analysis with one person for each track."""
    found = Analysis(tracks[0].skeleton)
    box = np.array([0, 0, 100, 400], np.float32)
    for index, time_s in enumerate(tracks[0].times_s.tolist()):
        people = (Person(number, 0.9, box, track.keypoints[index]) for number, track in enumerate(tracks, 1))
        found.add(FramePoses(index, time_s, tuple(people)))
    return found


@pytest.fixture
def measures(qtbot: QtBot, background: TaskRunner) -> MeasuresPanel:
    made = MeasuresPanel(background)
    qtbot.addWidget(made)
    made.resize(360, 600)
    made.show()
    return made


def shown(panel: MeasuresPanel, qtbot: QtBot) -> dict[str, list[str]]:
    """The rows of the summary, once they are up to date: title to texts."""

    def up_to_date() -> None:
        panel.measured.refresh()
        assert panel.measured.up_to_date

    qtbot.waitUntil(up_to_date, timeout=60_000)
    items = (panel.summary.topLevelItem(row) for row in range(panel.summary.topLevelItemCount()))
    return {item.text(0): [item.text(column) for column in range(1, 4)] for item in items if item is not None}


def test_every_measure_has_a_text() -> None:
    assert set(TITLES) == set(ROWS)


def test_a_walk_and_a_jump_are_measured(measures: MeasuresPanel, qtbot: QtBot) -> None:
    analysis = analysis_of(walk(seconds=4)[0], jump(seconds=4))
    analysis.rename(2, "Anna")
    measures.measured.set_analysis(analysis)
    rows = shown(measures, qtbot)
    cadence, unit = rows["Cadence"][0].split()
    assert float(cadence) == pytest.approx(120 / 1.1, abs=0.2)
    assert unit == "1/min"
    assert rows["Step length"][1].endswith(" px")
    assert [measures.people.itemText(row) for row in range(measures.people.count())] == ["1", "Anna"]
    measures.measured.scale = SCALE
    assert shown(measures, qtbot)["Stride length"][0] == "1.40 m"
    measures.measured.choose_person(2)
    rows = shown(measures, qtbot)
    assert rows["Jumps"][0] == "1"
    assert "Cadence" not in rows
    assert measures.people.currentText() == "Anna"
    texts = [measures.events.data(measures.events.index(0, column)) for column in range(3)]
    assert texts[1] == "Contact, left"


def test_a_click_on_an_event_seeks_to_it(measures: MeasuresPanel, qtbot: QtBot) -> None:
    measures.measured.set_analysis(analysis_of(jump(seconds=4)))
    shown(measures, qtbot)
    row = next(row for row, event in enumerate(measures.events.events) if event.event == "jump")
    cell = measures.table.visualRect(measures.events.index(row, 1)).center()
    viewport = measures.table.viewport()
    assert viewport is not None
    with qtbot.waitSignal(measures.seek_requested) as sought:
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=cell)
    assert sought.args == [pytest.approx(2.0, abs=0.05)]


def test_another_angle_has_other_repetitions(measures: MeasuresPanel, qtbot: QtBot) -> None:
    measures.measured.set_analysis(analysis_of(walk(seconds=4)[0]))
    shown(measures, qtbot)
    row = measures.repeated.findData("none")
    measures.repeated.setCurrentIndex(row)
    measures.repeated.activated.emit(row)
    assert "Repetitions" not in shown(measures, qtbot)
    assert measures.measured.measures is not None
    assert measures.measured.measures.repeated == "none"


def test_the_panel_without_people_is_empty(measures: MeasuresPanel, qtbot: QtBot) -> None:
    measures.measured.set_analysis(analysis_of(walk(seconds=4)[0]))
    assert shown(measures, qtbot)
    measures.measured.set_analysis(None)
    assert measures.summary.topLevelItemCount() == 0
    assert measures.events.rowCount() == 0
    assert measures.hint.isVisible()


def test_events_are_marked_on_the_timeline(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.set_duration(10.0)
    timeline.resize(416, 42)
    before = timeline.grab().toImage()
    timeline.show_events([(2.0, 3.0), (5.0, 5.0)])
    after = timeline.grab().toImage()
    ratio = after.devicePixelRatio()
    changed = {
        round(x / ratio)
        for x in range(after.width())
        for y in range(after.height())
        if after.pixel(x, y) != before.pixel(x, y)
    }
    assert changed
    assert all(8 + 79 <= x <= 8 + 121 or 8 + 198 <= x <= 8 + 203 for x in changed)
    timeline.set_duration(20.0)  # another source
    timeline.set_duration(10.0)
    assert timeline.grab().toImage() == before


def test_bands_and_marks_are_in_every_plot(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = analysis_of(walk(seconds=4)[0])
    panel.choice = ["angle:right knee", "x:left_ankle"]
    panel.show_events([(1.0, 2.0)], [(3.0, "left")])
    panel.show_analysis(analysis)

    def plotted() -> None:
        panel.refresh()
        assert panel.chart is not None
        assert len(panel.chart.rows) == 2

    qtbot.waitUntil(plotted, timeout=60_000)
    assert panel.chart is not None
    for row in panel.chart.rows:
        assert isinstance(row.events, EventMarks)
        assert row.events.bands == [(1.0, 2.0)]
    before = panel.chart.grab().toImage()
    panel.show_events([], [])
    assert panel.chart.grab().toImage() != before


def test_thousands_of_events_are_listed_at_once(measures: MeasuresPanel) -> None:
    track = walk(seconds=4)[0]
    from app.analysis.measures import measure

    events = event_spans(measure(track, SCALE)) * 500
    measures.events.show_events([event for event in events if event.event != "stride"])
    assert measures.events.rowCount() > 5000
    assert measures.table.rowAt(0) == 0


def test_the_angle_of_the_panel_is_that_of_files(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.review.measures
    panel.repeated.setCurrentIndex(panel.repeated.findData("elbow"))
    panel.repeated.activated.emit(panel.repeated.currentIndex())
    assert window.player.repeated == "elbow"
    window.player.repeated = "left knee"  # as --repetitions does
    qtbot.waitUntil(lambda: panel.repeated.currentData() == "left knee", timeout=PATIENCE)
    assert panel.measured.repeated == "left knee"
