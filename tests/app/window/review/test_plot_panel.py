"""The plots show what was measured, follow the shown time, and lead to the time that is clicked at."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QImage, QPalette
from PyQt6.QtWidgets import QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.errors import StanceError
from app.people import FramePoses
from app.window import theme
from app.window.background import Background
from app.window.chart import Chart
from app.window.plot_panel import LIVE_S, PlotPanel
from tests.app.window.seen import AWAY, FPS, FRAMES, of_clip, walker, walkers

LAST_S = (FRAMES - 1) / FPS


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close(5.0)


@pytest.fixture
def panel(qtbot: QtBot, background: Background) -> PlotPanel:
    """The panel, shown, with nothing in it."""
    made = PlotPanel(background)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    qtbot.waitUntil(lambda: made.chart is not None, timeout=20_000)
    return made


def plotted(panel: PlotPanel, qtbot: QtBot) -> Chart:
    """The chart, once it shows all that was asked for."""

    def up_to_date() -> None:
        panel.refresh()
        assert panel.up_to_date

    qtbot.waitUntil(up_to_date, timeout=10_000)
    assert panel.chart is not None
    return panel.chart


def tick(tree: QTreeWidget, section: str, name: str, column: int = 0) -> None:
    """Tick a box of the choice, or clear it."""
    row = next(row for row in rows(tree, section) if row.text(0) == name)
    ticked = row.checkState(column) == Qt.CheckState.Checked
    row.setCheckState(column, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)


def rows(tree: QTreeWidget, section: str) -> list[QTreeWidgetItem]:
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    top = next(top for top in tops if top is not None and top.text(0) == section)
    return [row for place in range(top.childCount()) if (row := top.child(place)) is not None]


def x_of(chart: Chart, time_s: float) -> QPoint:
    """Where in the middle of the first plot a time is, in pixels of the canvas."""
    view = chart.rows[0].view
    scene = view.mapViewToScene(view.viewRect().center())
    scene.setX(view.mapViewToScene(type(scene)(time_s, 0.0)).x())
    return chart.plots.mapFromScene(scene)


def test_the_knees_of_the_first_two_are_plotted(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["angle"]
    assert chart.legend.texts[0].startswith("1: right knee")
    assert len(chart.rows[0].drawn()) == 4


def test_the_line_and_the_figures_follow_the_shown_time(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["x:left_wrist"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    panel.show_time(2.0)
    assert chart.rows[0].cursor.value() == 2.0
    assert chart.legend.texts == ["1: left wrist x 520 px", "2: left wrist x 220 px"]
    panel.show_time(AWAY[len(AWAY) // 2] / FPS)
    assert chart.legend.texts == ["1: left wrist x", "2: left wrist x"]


def test_a_click_seeks_the_time_under_the_pointer(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    with qtbot.waitSignal(panel.sought) as sought:
        qtbot.mouseClick(chart.plots.viewport(), Qt.MouseButton.LeftButton, pos=x_of(chart, 5.0))
    assert sought.args == [pytest.approx(5.0, abs=0.02)]


def test_a_drag_scrubs(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    canvas = chart.plots.viewport()
    sought: list[float] = []
    panel.sought.connect(sought.append)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=x_of(chart, 2.0))
    for time_s in (2.5, 3.0, 4.0):
        qtbot.mouseMove(canvas, x_of(chart, time_s), delay=20)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=x_of(chart, 4.0))
    assert sought == sorted(sought)
    assert sought[-1] == pytest.approx(4.0, abs=0.02)


def test_a_curve_breaks_where_nobody_was_seen(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["speed:left_wrist"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    for times, values in chart.rows[0].drawn():
        broken = [time_s for time_s, value in zip(times, values, strict=True) if np.isnan(value)]
        assert broken
        assert all(AWAY[0] / FPS <= time_s <= AWAY[-1] / FPS for time_s in broken)
        known = [value for value in values if not np.isnan(value)]
        assert np.allclose(known, 60.0, atol=0.1)


def test_a_long_clip_is_drawn_thinned_and_no_peak_is_lost(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = Analysis(walkers().skeleton)
    for index in range(9000):
        person = walker(1, 0)
        person.keypoints[9, 0] = 777.0 if index == 4321 else 10.0 + index % 3
        analysis.add(FramePoses(index, index / FPS, (person,)))
    panel.choice = ["x:left_wrist"]
    panel.show_analysis(analysis)
    chart = plotted(panel, qtbot)
    ((times, values),) = chart.rows[0].drawn()
    assert len(times) <= chart.width() + 4
    assert max(values) == 777.0
    assert times[int(np.argmax(values))] == pytest.approx(4321 / FPS, abs=9000 / FPS / 200)


def test_nothing_is_computed_where_nothing_is_new(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = walkers()
    panel.show_analysis(analysis)
    chart = plotted(panel, qtbot)
    before = analysis.times
    for _ in range(5):
        panel.refresh()
    qtbot.wait(50)
    assert analysis.times == before
    analysis.rename(1, "Anna")
    plotted(panel, qtbot)
    assert analysis.times == before + 2  # both people
    assert chart.legend.texts[0].startswith("Anna: right knee")


def test_nothing_is_computed_while_it_is_hidden(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.hide()
    analysis = walkers()
    panel.show_analysis(analysis)
    panel.refresh()
    qtbot.wait(50)
    assert analysis.times == 0
    panel.show()
    plotted(panel, qtbot)
    assert analysis.times == 2  # both people


def test_of_a_live_source_the_last_seconds_are_shown(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = Analysis(walkers().skeleton)
    for index in range(0, 60 * FPS, 3):
        analysis.add(FramePoses(index, index / FPS, (walker(1, index),)))
    panel.show_analysis(analysis, live=True)
    chart = plotted(panel, qtbot)
    low, high = chart.rows[0].view.viewRange()[0]
    assert high == pytest.approx(59.9, abs=0.2)
    assert high - low == pytest.approx(LIVE_S, abs=0.5)
    assert min(chart.rows[0].drawn()[0][0]) >= low - 0.2


def test_the_view_follows_the_time_when_it_is_zoomed_and_fit_shows_all(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    view = chart.rows[0].view
    for _ in range(8):
        qtbot.keyClicks(chart.plots, "+")
    low, high = view.viewRange()[0]
    assert high - low < LAST_S / 4
    panel.show_time(high - 0.01)
    panel.show_time(high + 0.2)
    low, high = view.viewRange()[0]
    assert low < chart.rows[0].cursor.value() < high
    qtbot.mouseClick(panel.fit, Qt.MouseButton.LeftButton)
    assert view.viewRange()[0] == pytest.approx([0.0, LAST_S], abs=0.01)


def test_in_and_out_are_shaded(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_bounds(1.0, None)
    panel.show_analysis(walkers())
    shade = plotted(panel, qtbot).rows[0].bounds
    assert shade.isVisible()
    assert shade.getRegion() == pytest.approx((1.0, LAST_S), abs=0.01)
    panel.show_bounds(1.0, 2.5)
    assert shade.getRegion() == (1.0, 2.5)
    panel.show_bounds(None, None)
    assert not shade.isVisible()


def test_what_is_ticked_is_plotted_with_its_unit(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)  # a pop-up takes the keyboard, which this platform has not
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    with qtbot.waitSignal(panel.changed):
        tick(tree, "Keypoints", "left wrist", column=3)
    tick(tree, "Joint angles", "right knee")
    tick(tree, "People", "2")
    chart = plotted(panel, qtbot)
    assert panel.choice == ["angle:left knee", "speed:left_wrist"]
    assert [row.plot.getAxis("left").labelText for row in chart.rows] == ["Angle (°)", "Speed (px/s)"]
    assert [text.split()[:2] for text in chart.legend.texts] == [["left", "knee"], ["left", "wrist"]]


def test_the_search_leaves_what_it_names(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(panel.offer.search, "wrist")
    names = [row.text(0) for row in rows(panel.offer.tree, "Keypoints") if not row.isHidden()]
    assert names == ["left wrist", "right wrist"]


def test_a_choice_that_this_skeleton_has_not_is_kept_for_another(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["angle:left ankle", "y:nose"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["y"]
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tick(panel.offer.tree, "Keypoints", "nose", column=1)
    assert set(panel.choice) == {"x:nose", "y:nose", "angle:left ankle"}


def test_the_table_says_what_is_plotted(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = walkers()
    panel.choice = ["x:left_wrist", "angle:left knee"]
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    path = tmp_path / "curves.csv"
    with qtbot.waitSignal(panel.exported):
        panel.export_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        header, *cells = csv.reader(file)
    assert header == [
        "time_s",
        *("1: left wrist x (px)", "1: left knee (°)"),
        *("2: left wrist x (px)", "2: left knee (°)"),
    ]
    table = np.array([[float(cell) if cell else np.nan for cell in row] for row in cells])
    track = analysis.track(1)
    assert np.allclose(table[:, 0], track.times_s, atol=1e-6)
    assert np.allclose(table[:, 1], track.keypoints[:, 9, 0], atol=1e-3)


def test_the_picture_is_twice_as_large_and_not_blank(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    path = tmp_path / "plots.png"
    with qtbot.waitSignal(panel.exported) as exported:
        panel.export_png(path)
    assert exported.args == [path]
    picture = QImage(str(path))
    assert picture.size() == chart.size() * 2
    found = {picture.pixel(x, y) for x in range(0, picture.width(), 2) for y in range(0, picture.height(), 2)}
    assert len(found) > 20


def test_an_export_that_fails_says_so(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    for export, name in ((panel.export_png, "plots.png"), (panel.export_csv, "curves.csv")):
        with qtbot.waitSignal(panel.failed) as failed:
            export(tmp_path / "nowhere" / name)
        assert isinstance(failed.args[0], StanceError)
        assert name in str(failed.args[0])


def test_real_people_are_plotted(panel: PlotPanel, qtbot: QtBot, shared: Path) -> None:
    models = shared / "models"
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    analysis = of_clip(clip, models / "tinypose_128x96.onnx", models / "rtmdet_nano_person.onnx", 30)
    panel.choice = ["y:left_hip", "angle:trunk"]
    panel.show_analysis(analysis)
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["y", "angle"]
    hips = chart.rows[0].drawn()[0]
    assert np.nanmin(hips[1]) > 0
    assert np.nanmax(hips[1]) < 720


def test_the_plots_turn_dark_with_the_window(panel: PlotPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    light = chart.grab().toImage().pixelColor(2, 2).lightness()
    monkeypatch.setattr(theme, "LIGHT", theme.DARK)
    panel.setPalette(QPalette(QColor(theme.DARK.field), QColor(theme.DARK.window)))
    picture = chart.grab().toImage()
    assert light > 200
    assert picture.pixelColor(2, 2).lightness() < 80
    corner = chart.plots.mapTo(chart, QPoint(2, 2)) * picture.devicePixelRatio()
    assert picture.pixelColor(corner) == QColor(theme.DARK.raised)


def test_the_choice_is_ticked_by_keys(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["x:nose"]
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tree = panel.offer.tree
    tree.setCurrentItem(rows(tree, "Keypoints")[0])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(tree, key)
    assert panel.choice == ["x:nose", "y:nose"]
    qtbot.keyClick(panel.offer.search, Qt.Key.Key_Escape)
    assert not panel.offer.isVisible()
