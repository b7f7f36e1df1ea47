"""Plots show the measured values, follow the shown time, and seek on a click."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QPalette, QPen
from PyQt6.QtWidgets import QGraphicsScene
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.series import Series, csv_table
from app.core.people import FramePoses
from app.window.review.chart import Chart
from app.window.review.legend import Entry, Legend
from app.window.review.plot_panel import PlotPanel
from app.window.review.plotted_curves import LIVE_S
from app.window.style import theme
from tests.app.window.seen import AWAY, FPS, FRAMES, of_clip, walker, walkers

LAST_S = (FRAMES - 1) / FPS


def plotted(panel: PlotPanel, qtbot: QtBot) -> Chart:
    """The chart, once it is up to date."""

    def up_to_date() -> None:
        panel.refresh()
        assert panel.up_to_date

    qtbot.waitUntil(up_to_date, timeout=60_000)
    assert panel.chart is not None
    return panel.chart


def x_of(chart: Chart, time_s: float) -> QPoint:
    """Position of a time at half height of the first plot, in pixels of the canvas."""
    view = chart.rows[0].view
    scene = view.mapViewToScene(view.viewRect().center())
    scene.setX(view.mapViewToScene(type(scene)(time_s, 0.0)).x())
    return chart.plots.mapFromScene(scene)


def test_knee_angles_of_the_first_two_people_are_plotted_by_default(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["angle"]
    assert chart.legend.texts[0].startswith("1: right knee")
    assert len(chart.rows[0].drawn()) == 4


def test_cursor_and_values_follow_the_shown_time(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["x:left_wrist"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    panel.show_time(2.0)
    assert chart.rows[0].cursor.value() == 2.0
    assert chart.legend.texts == ["1: left wrist x 520 px", "2: left wrist x 220 px"]
    panel.show_time(AWAY[len(AWAY) // 2] / FPS)
    assert chart.legend.texts == ["1: left wrist x", "2: left wrist x"]


def test_the_value_of_a_lost_person_disappears_with_the_next_frame(panel: PlotPanel, qtbot: QtBot) -> None:
    found = walkers()
    last = found.frames()[-1].index
    for index in range(last + 1, last + 4):  # person 2 leaves, person 1 stays
        found.add(FramePoses(index, index / FPS, (walker(1, index),)))
    panel.choice = ["x:left_wrist"]
    panel.show_analysis(found)
    chart = plotted(panel, qtbot)
    for time_s in (AWAY[0] / FPS, AWAY[-1] / FPS):
        panel.show_time(time_s)
        assert chart.legend.texts == ["1: left wrist x", "2: left wrist x"]
    panel.show_time((last + 1) / FPS)
    assert chart.legend.texts[0].endswith(" px")
    assert chart.legend.texts[1] == "2: left wrist x"
    panel.show_time((last + 5) / FPS)  # the shown frame is ahead of the plot
    assert chart.legend.texts[0].endswith(" px")
    assert chart.legend.texts[1] == "2: left wrist x"


def test_zero_has_no_sign_in_legend_and_export(qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entries([Entry(QPen(), "left knee", "°"), Entry(QPen(), "nose x", "px")])
    legend.show_values([-0.4, -0.0])
    assert legend.texts == ["left knee 0°", "nose x 0 px"]
    legend.show_values([-0.6, -12.0])
    assert legend.texts == ["left knee -1°", "nose x -12 px"]
    times, values = np.array([0.0, 0.1]), np.array([-0.00001, -0.4])
    rows = csv_table([Series("left knee", "°", times, values)]).decode("utf-8-sig").splitlines()
    assert [row.split(",")[-1] for row in rows[1:]] == ["0.0000", "-0.4000"]


@pytest.mark.parametrize(("low", "high"), [(-0.7, 9.3), (-90.0, 3.2), (-1e-3, 1e-3), (-13.0, 47.0), (-0.3, 0.2)])
def test_zero_has_no_sign_on_the_axes(panel: PlotPanel, qtbot: QtBot, low: float, high: float) -> None:
    panel.show_analysis(walkers())
    axis = plotted(panel, qtbot).rows[0].plot.getAxis("left")
    labels = [text for step, values in axis.tickValues(low, high, 200) for text in axis.tickStrings(values, 1, step)]
    assert "0" in labels
    assert [text for text in labels if text.startswith("-") and float(text) == 0] == []


def test_a_click_seeks_to_the_time_under_the_pointer(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    with qtbot.waitSignal(panel.seek_requested) as signal:
        qtbot.mouseClick(chart.plots.viewport(), Qt.MouseButton.LeftButton, pos=x_of(chart, 5.0))
    assert signal.args == [pytest.approx(5.0, abs=0.02)]


def test_a_drag_seeks_continuously(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    canvas = chart.plots.viewport()
    seeks: list[float] = []
    panel.seek_requested.connect(seeks.append)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=x_of(chart, 2.0))
    for time_s in (2.5, 3.0, 4.0):
        qtbot.mouseMove(canvas, x_of(chart, time_s), delay=20)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=x_of(chart, 4.0))
    assert seeks == sorted(seeks)
    assert seeks[-1] == pytest.approx(4.0, abs=0.02)


def test_a_curve_breaks_where_the_person_is_not_visible(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["speed:left_wrist"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    for times, values in chart.rows[0].drawn():
        broken = [time_s for time_s, value in zip(times, values, strict=True) if np.isnan(value)]
        assert broken
        assert all(AWAY[0] / FPS <= time_s <= AWAY[-1] / FPS for time_s in broken)
        known = [value for value in values if not np.isnan(value)]
        assert np.allclose(known, 60.0, atol=0.1)


def test_a_long_curve_is_thinned_without_losing_peaks(panel: PlotPanel, qtbot: QtBot) -> None:
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


def test_an_unchanged_analysis_is_not_computed_again(panel: PlotPanel, qtbot: QtBot) -> None:
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


def test_nothing_is_computed_while_the_panel_is_hidden(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.hide()
    analysis = walkers()
    panel.show_analysis(analysis)
    panel.refresh()
    qtbot.wait(50)
    assert analysis.times == 0
    panel.show()
    plotted(panel, qtbot)
    assert analysis.times == 2  # both people


def test_only_the_last_seconds_of_a_live_source_are_plotted(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = Analysis(walkers().skeleton)
    for index in range(0, 60 * FPS, 3):
        analysis.add(FramePoses(index, index / FPS, (walker(1, index),)))
    panel.show_analysis(analysis, live=True)
    chart = plotted(panel, qtbot)
    low, high = chart.rows[0].view.viewRange()[0]
    assert high == pytest.approx(59.9, abs=0.2)
    assert high - low == pytest.approx(LIVE_S, abs=0.5)
    assert min(chart.rows[0].drawn()[0][0]) >= low - 0.2


def test_the_zoomed_view_follows_the_time_and_fit_shows_everything(panel: PlotPanel, qtbot: QtBot) -> None:
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


def test_parts_outside_the_points_are_shaded(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_bounds(1.0, None)
    panel.show_analysis(walkers())
    shade = plotted(panel, qtbot).rows[0].bounds
    assert shade.isVisible()
    assert shade.getRegion() == pytest.approx((1.0, LAST_S), abs=0.01)
    panel.show_bounds(1.0, 2.5)
    assert shade.getRegion() == (1.0, 2.5)
    panel.show_bounds(None, None)
    assert not shade.isVisible()


def test_the_scene_has_no_index_that_could_point_to_freed_items(panel: PlotPanel) -> None:
    assert panel.chart is not None
    assert panel.chart.plots.scene().itemIndexMethod() == QGraphicsScene.ItemIndexMethod.NoIndex


@pytest.mark.slow
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


def test_plots_follow_the_dark_theme(panel: PlotPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_discarded_plots_are_freed_between_events(panel: PlotPanel, qtbot: QtBot) -> None:
    """Plots hold widgets; freeing widgets while Qt iterates over all widgets, for instance to style them, crashes."""
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    left = [weakref.ref(row.plot) for row in chart.rows]
    assert left
    panel.show_analysis(None)
    assert chart.rows == []
    assert all(plot() is not None for plot in left)
    qtbot.waitUntil(lambda: all(plot() is None for plot in left), timeout=60_000)


def test_smooth_plots_the_curves_without_noise(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis, chance = walkers(), np.random.default_rng(4)
    for poses in analysis.frames():
        for person in poses.people:
            person.keypoints[:, :2] += chance.normal(0, 2, person.keypoints[:, :2].shape)
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    noisy = [np.nanmean(np.abs(np.diff(curve.values, n=2))) for curve in panel.plotted.curves]
    panel.smoothed.click()
    plotted(panel, qtbot)
    smooth = [np.nanmean(np.abs(np.diff(curve.values, n=2))) for curve in panel.plotted.curves]
    assert noisy
    assert all(after < 0.5 * before for after, before in zip(smooth, noisy, strict=True))


def test_smooth_dots_what_was_filled_in_between(panel: PlotPanel, qtbot: QtBot) -> None:
    analysis = walkers()
    for poses in analysis.frames():
        if 60 <= poses.index < 66:
            poses.people[0].keypoints[9, 2] = 0.0  # the left wrist
    panel.choice = ["x:left_wrist"]
    panel.show_analysis(analysis)
    assert len(plotted(panel, qtbot).rows[0].drawn()) == 2
    panel.smoothed.click()
    chart = plotted(panel, qtbot)
    assert [curve.filled is not None for curve in panel.plotted.curves] == [True, False]
    solid, dots, other = (np.array(line) for line in chart.rows[0].drawn())
    gap = (solid[0] > 59.5 / FPS) & (solid[0] < 65.5 / FPS)
    assert np.isnan(solid[1, gap]).all()
    assert np.isfinite(solid[1, ~gap]).mean() > 0.9
    assert dots[0, np.isfinite(dots[1])].tolist() == pytest.approx([index / FPS for index in range(59, 67)])
    assert np.isfinite(other[1]).any()
