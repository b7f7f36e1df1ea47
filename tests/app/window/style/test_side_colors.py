"""Left and right have the same colors in overlay, legend and plots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PyQt6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import Side, load_skeleton
from app.engine import Result
from app.overlay import SIDE_COLORS, DrawStyle
from app.window.core.tasks import TaskRunner
from app.window.review.chart import Chart
from app.window.review.curves import curves
from app.window.review.plot_panel import PlotPanel
from app.window.style import theme
from app.window.video.side_legend import DOT, PADDING
from app.window.video.video_view import VideoView
from tests.app.window.seen import walkers

SKELETON = load_skeleton("coco17")
KEYS = {"left": "angle:left knee", "right": "angle:right knee"}


def standing(side: Side) -> Person:
    """A standing person of whom only the limbs of one side are visible."""
    keypoints = np.array([[60.0, 20 + 14 * place, 0.0] for place in range(17)], np.float32)
    for place in range(17):
        if SKELETON.side(place) == side:
            keypoints[place, 2] = 1.0
    return Person(1, 0.9, np.array([20, 10, 100, 290], np.float32), keypoints)


def picture_of(qtbot: QtBot, person: Person, draw_style: DrawStyle) -> tuple[VideoView, QImage]:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(480, 600)
    view.show()
    view.set_draw_style(draw_style)
    frame = Frame(0, 0.0, np.zeros((300, 240, 3), np.uint8))
    view.show_result(Result(frame, FramePoses(0, 0.0, (person,)), 0.0, {}), SKELETON)
    return view, view.grab().toImage()


def strongest(picture: QImage, width: int, height: int) -> QColor:
    """The most frequent color that is not gray, in the upper left part of ``picture``."""
    found: dict[int, int] = {}
    for y in range(height):
        for x in range(width):
            color = picture.pixelColor(x, y)
            if color.saturation() > 100 and color.value() > 200:
                found[color.rgb()] = found.get(color.rgb(), 0) + 1
    return QColor(max(found, key=lambda rgb: found[rgb]))


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_has_the_same_color_in_overlay_and_plots(side: Side, qtbot: QtBot, background: TaskRunner) -> None:
    view, picture = picture_of(qtbot, standing(side), DrawStyle(ids=False))
    in_picture = strongest(picture, picture.width(), picture.height() - 60)
    panel = PlotPanel(background)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.choice = [KEYS[side]]
    panel.show()
    panel.show_analysis(walkers())
    qtbot.waitUntil(lambda: bool(panel.chart and panel.chart.legend.texts), timeout=60_000)
    chart = panel.chart
    assert isinstance(chart, Chart)
    drawn = strongest(chart.plots.grab().toImage(), chart.plots.width(), chart.plots.height())
    in_legend = strongest(chart.legend.grab().toImage(), chart.legend.width(), chart.legend.height())
    legend = view.legend
    assert not legend.isHidden()
    place = [text for _, text in legend.entries].index(side)
    shown = legend.grab().toImage()
    middle = round(legend.height() / 2)
    dots = [shown.pixelColor(x, middle) for x in range(shown.width())]
    assert in_picture == drawn == in_legend == QColor(*SIDE_COLORS[side][:3])
    first = dots[PADDING + DOT // 2]
    assert (first == in_picture) is (place == 0)
    assert in_picture in dots


@pytest.mark.parametrize("chosen", [theme.LIGHT, theme.DARK])
def test_curves_are_distinguishable_and_the_middle_differs_from_both_sides(chosen: theme.Colors, qtbot: QtBot) -> None:
    from app.window.review.plot_colors import curve_pens

    keys = [f"{kind}:{name}" for kind in ("x", "y") for name in ("left_wrist", "right_wrist", "nose", "left_ankle")]
    drawn = curves(walkers(), [1, 2], keys, 0.3)
    pens = curve_pens(drawn, chosen)
    assert len({(pen.color().rgb(), pen.style()) for pen in pens}) == len(drawn) == 16
    hues = {side: QColor(*SIDE_COLORS[side][:3]).hue() for side in ("left", "right")}
    for curve, pen in zip(drawn, pens, strict=True):
        for side, hue in hues.items():
            near = abs((pen.color().hue() - hue + 180) % 360 - 180) < 25 and pen.color().saturation() > 60
            assert near is (curve.side == side), (curve.title, side)


@pytest.mark.parametrize(
    ("draw_style", "skeleton", "seen"),
    [
        (DrawStyle(), "coco17", True),
        (DrawStyle(mirror=True), "coco17", True),
        (DrawStyle(color="person"), "coco17", False),
        (DrawStyle(skeleton=False, boxes=True), "coco17", False),
        (DrawStyle(), "face68", False),
        (DrawStyle(color="part"), "coco17", True),
        (DrawStyle(color="part"), "face68", False),
    ],
)
def test_the_legend_is_shown_only_with_colors_that_need_it(
    draw_style: DrawStyle, skeleton: str, seen: bool, qtbot: QtBot
) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(480, 600)
    view.show()
    frame, who = Frame(0, 0.0, np.zeros((300, 240, 3), np.uint8)), standing("left")
    chosen = load_skeleton(skeleton)
    who = Person(1, 0.9, who.box, np.ones((len(chosen.names), 3), np.float32))
    view.set_draw_style(draw_style)
    view.show_result(Result(frame, FramePoses(0, 0.0, ()), 0.0, {}), chosen)
    assert view.legend.isHidden()  # no people in the frame
    view.show_result(Result(frame, FramePoses(0, 0.0, (who,)), 0.0, {}), chosen)
    assert view.legend.isHidden() is not seen
    assert view.rect().contains(view.legend.geometry())
    view.show_nothing()
    assert view.legend.isHidden()


def test_screenshots_have_no_legend(qtbot: QtBot) -> None:
    view, _ = picture_of(qtbot, standing("left"), DrawStyle(ids=False))
    saved = view.screenshot(with_overlay=True)
    corner = saved.copy(0, saved.height() - 40, 100, 40)
    assert {corner.pixel(x, y) for x in range(100) for y in range(40)} == {QColor(0, 0, 0).rgb()}
