"""Plots show the measured values, follow the shown time, and seek on a click."""

from __future__ import annotations

import csv
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor, QImage, QPalette, QPen
from PyQt6.QtWidgets import QGraphicsScene, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.series import Series, csv_table
from app.core.errors import StanceError
from app.core.people import FramePoses
from app.window.core.tasks import TaskRunner
from app.window.review.chart import Chart
from app.window.review.legend import Entry, Legend
from app.window.review.plot_panel import PlotPanel
from app.window.review.plotted_curves import LIVE_S
from app.window.style import theme
from tests.app.window.seen import AWAY, FPS, FRAMES, of_clip, walker, walkers

LAST_S = (FRAMES - 1) / FPS


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


@pytest.fixture
def panel(qtbot: QtBot, background: TaskRunner) -> PlotPanel:
    """The empty panel, shown."""
    made = PlotPanel(background)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    qtbot.waitUntil(lambda: made.chart is not None, timeout=60_000)
    return made


def plotted(panel: PlotPanel, qtbot: QtBot) -> Chart:
    """The chart, once it is up to date."""

    def up_to_date() -> None:
        panel.refresh()
        assert panel.up_to_date

    qtbot.waitUntil(up_to_date, timeout=60_000)
    assert panel.chart is not None
    return panel.chart


def tick(tree: QTreeWidget, section: str, name: str, column: int = 0) -> None:
    """Toggle a check box of the choice."""
    row = next(row for row in rows(tree, section) if row.text(0) == name)
    ticked = row.checkState(column) == Qt.CheckState.Checked
    row.setCheckState(column, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)


def rows(tree: QTreeWidget, section: str) -> list[QTreeWidgetItem]:
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    top = next(top for top in tops if top is not None and top.text(0) == section)
    return [row for place in range(top.childCount()) if (row := top.child(place)) is not None]


def table_of(path: Path) -> list[list[str]]:
    """Rows of a CSV file."""
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


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


def test_ticked_curves_are_plotted_with_their_units(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)  # the offscreen platform has no popup grab
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


def test_the_scene_has_no_index_that_could_point_to_freed_items(panel: PlotPanel) -> None:
    assert panel.chart is not None
    assert panel.chart.plots.scene().itemIndexMethod() == QGraphicsScene.ItemIndexMethod.NoIndex


def test_the_search_hides_other_rows(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(panel.offer.search, "wrist")
    names = [row.text(0) for row in rows(panel.offer.tree, "Keypoints") if not row.isHidden()]
    assert names == ["left wrist", "right wrist"]


@pytest.mark.parametrize(
    ("text", "sections", "rows_left"),
    [
        ("speed", ["Keypoints"], 17),
        ("left wrist speed", ["Keypoints"], 1),
        ("SPEED wrist", ["Keypoints"], 2),
        ("angle knee", ["Joint angles"], 2),
        ("nobody", [], 0),
    ],
)
def test_the_search_matches_names_and_kinds(
    panel: PlotPanel, qtbot: QtBot, text: str, sections: list[str], rows_left: int
) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(panel.offer.search, text)
    tree = panel.offer.tree
    tops = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    assert [top.text(0) for top in tops if top is not None and not top.isHidden()] == sections
    assert sum(not row.isHidden() for section in sections for row in rows(tree, section)) == rows_left


def test_chosen_curves_missing_in_this_skeleton_are_kept(panel: PlotPanel, qtbot: QtBot) -> None:
    panel.choice = ["angle:left ankle", "y:nose"]
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    assert [row.kind for row in chart.rows] == ["y"]
    panel.offer.setWindowFlags(Qt.WindowType.Widget)
    qtbot.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    tick(panel.offer.tree, "Keypoints", "nose", column=1)
    assert set(panel.choice) == {"x:nose", "y:nose", "angle:left ankle"}


def test_the_csv_file_contains_the_plotted_values(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = walkers()
    panel.choice = ["x:left_wrist", "angle:left knee"]
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    path = tmp_path / "curves.csv"
    with qtbot.waitSignal(panel.exported, timeout=60_000):
        panel.export.write_csv(path)
    header, *cells = table_of(path)
    assert header == [
        "time_s",
        *("1: left wrist x (px)", "1: left knee (°)"),
        *("2: left wrist x (px)", "2: left knee (°)"),
    ]
    table = np.array([[float(cell) if cell else np.nan for cell in row] for row in cells])
    track = analysis.track(1)
    assert np.allclose(table[:, 0], [index / FPS for index in range(FRAMES)], atol=1e-6)  # including empty frames
    known = np.isfinite(table[:, 1])
    assert np.allclose(table[known, 1], track.keypoints[:, 9, 0], atol=1e-3)
    assert [row for row, there in enumerate(known) if not there] == list(AWAY)


def test_the_csv_file_covers_the_points_and_names_the_person(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = Analysis(walkers().skeleton)
    for index in range(FRAMES):
        analysis.add(FramePoses(index, index / FPS, () if index in AWAY else (walker(1, index),)))
    analysis.rename(1, "Zoë")
    panel.choice = ["angle:left knee"]
    panel.show_analysis(analysis)
    panel.show_bounds(80 / FPS, 100 / FPS)
    plotted(panel, qtbot)
    for bounds, frames in (
        ((80, 100), range(80, 101)),
        ((None, 3), range(4)),
        ((FRAMES - 2, None), range(FRAMES - 2, FRAMES)),
    ):
        panel.show_bounds(*(None if place is None else place / FPS for place in bounds))
        with qtbot.waitSignal(panel.exported, timeout=60_000):
            panel.export.write_csv(tmp_path / "part.csv")
        header, *cells = table_of(tmp_path / "part.csv")
        assert header == ["time_s", "Zoë: left knee (°)"]
        assert [round(float(time_s) * FPS) for time_s, _ in cells] == list(frames)
        assert [row[1] == "" for row in cells] == [index in AWAY for index in frames]


def test_two_people_with_the_same_name_have_separate_columns(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    analysis = walkers()
    for number in (1, 2):
        analysis.rename(number, "Anna")
    panel.choice = ["x:nose"]
    panel.show_analysis(analysis)
    plotted(panel, qtbot)
    with qtbot.waitSignal(panel.exported, timeout=60_000):
        panel.export.write_csv(tmp_path / "two.csv")
    assert table_of(tmp_path / "two.csv")[0] == ["time_s", "Anna (1): nose x (px)", "Anna (2): nose x (px)"]


def test_the_png_is_twice_as_large_and_not_blank(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    chart = plotted(panel, qtbot)
    path = tmp_path / "plots.png"
    with qtbot.waitSignal(panel.exported, timeout=60_000) as exported:
        panel.export.write_png(path)
    assert exported.args == [path]
    picture = QImage(str(path))
    assert picture.size() == chart.size() * 2
    found = {picture.pixel(x, y) for x in range(0, picture.width(), 2) for y in range(0, picture.height(), 2)}
    assert len(found) > 20


def test_a_failed_export_is_reported(panel: PlotPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    for export, name in ((panel.export.write_png, "plots.png"), (panel.export.write_csv, "curves.csv")):
        with qtbot.waitSignal(panel.failed, timeout=60_000) as failed:
            export(tmp_path / "nowhere" / name)
        assert isinstance(failed.args[0], StanceError)
        assert name in str(failed.args[0])


def test_an_existing_file_is_kept_when_its_new_version_does_not_fit_on_the_disk(
    panel: PlotPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    panel.show_analysis(walkers())
    plotted(panel, qtbot)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for export, name in ((panel.export.write_png, "plots.png"), (panel.export.write_csv, "curves.csv")):
        (tmp_path / name).write_text("precious")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with qtbot.waitSignal(panel.failed) as failed:
                export(tmp_path / name)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert f"{tmp_path / name} cannot be written" in str(failed.args[0])
        assert (tmp_path / name).read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"plots.png", "curves.csv"}
    with qtbot.waitSignal(panel.exported):
        panel.export.write_csv(tmp_path / "curves.csv")
    assert len(table_of(tmp_path / "curves.csv")) > 100


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


def test_the_choice_is_operated_by_keys(panel: PlotPanel, qtbot: QtBot) -> None:
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
