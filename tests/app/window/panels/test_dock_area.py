"""Panels open at a size at which their content can be read, and keep the size that the user gave them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.widgets import screen_fit
from app.window.widgets.screen_fit import FRAME
from tests.app.window.seen import walkers
from tests.app.window.starts import closed, opened
from tests.app.window.test_main_window import PATIENCE

MIN_PLOT = 60
"""Least height in pixels of the curves' own area that can be read."""


def with_video(file: Path, qtbot: QtBot) -> MainWindow:
    """A window with the preferences in ``file`` that shows the video view."""
    window = opened(file, qtbot)
    window.video_stack.show_video()
    return window


def show_plots(window: MainWindow, qtbot: QtBot) -> None:
    window.dock_area.dock_of("plots").show()
    qtbot.waitUntil(lambda: window.plots.chart is not None, timeout=PATIENCE)
    window.plots.show_analysis(walkers())
    qtbot.waitUntil(lambda: bool(window.plots.chart and window.plots.chart.legend.texts), timeout=PATIENCE)
    QApplication.processEvents()


def readable(window: MainWindow) -> bool:
    """Whether the whole area of the curves is visible without scrolling, and is high enough."""
    chart, dock = window.plots.chart, window.dock_area.dock_of("plots")
    area = dock.widget()
    assert chart is not None
    assert isinstance(area, QScrollArea)
    viewport = area.viewport()
    assert viewport is not None
    place = QRect(chart.plots.mapTo(viewport, QPoint(0, 0)), chart.plots.size())
    return viewport.rect().contains(place) and all(row.view.height() >= MIN_PLOT for row in chart.rows)


@pytest.mark.parametrize("screen", [(800, 500), (1280, 720), (1366, 768), (1920, 1080)])
def test_plots_open_readable_on_every_screen(
    screen: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    room = QRect(0, 0, screen[0] - FRAME.width(), screen[1] - FRAME.height())
    monkeypatch.setattr(screen_fit, "room_on_screen", lambda widget: room)
    window = with_video(tmp_path / "stance.ini", qtbot)
    show_plots(window, qtbot)
    qtbot.waitUntil(lambda: readable(window), timeout=PATIENCE)
    assert window.view.height() >= 100
    closed(window, qtbot)


def test_plots_first_opened_in_a_later_session_are_readable_too(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    closed(with_video(file, qtbot), qtbot)
    window = with_video(file, qtbot)
    show_plots(window, qtbot)
    qtbot.waitUntil(lambda: readable(window), timeout=PATIENCE)
    assert window.dock_area.dock_of("plots").height() >= 250
    closed(window, qtbot)


def test_the_size_of_a_panel_is_remembered_also_while_it_is_hidden(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    window = with_video(file, qtbot)
    dock = window.dock_area.dock_of("plots")
    dock.show()
    qtbot.waitUntil(lambda: dock.height() >= 250, timeout=PATIENCE)
    window.dock_area.resizeDocks([dock], [310], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: dock.height() == 310, timeout=PATIENCE)
    dock.hide()
    dock.show()
    qtbot.waitUntil(lambda: dock.height() == 310, timeout=PATIENCE)
    for hidden in (True, False):
        dock.setVisible(not hidden)
        QApplication.processEvents()
        closed(window, qtbot)
        window = with_video(file, qtbot)
        dock = window.dock_area.dock_of("plots")
        dock.show()
        qtbot.waitUntil(lambda dock=dock: dock.height() == 310, timeout=PATIENCE)  # type: ignore[misc]
    closed(window, qtbot)


@pytest.mark.parametrize("name", ["measures", "queue", "coaching"])
def test_a_panel_opens_high_enough_above_the_plots_too(name: str, tmp_path: Path, qtbot: QtBot) -> None:
    """The panels at the bottom take their part of the height before the two at the left share the rest."""
    window = with_video(tmp_path / "stance.ini", qtbot)
    window.resize(1600, 1000)
    show_plots(window, qtbot)
    area = window.dock_area
    first, second = area.dock_of("people"), area.dock_of(name)
    first.show()
    qtbot.waitUntil(lambda: first.height() >= 400, timeout=PATIENCE)
    second.show()
    qtbot.waitUntil(lambda: second.height() >= 220, timeout=PATIENCE)
    assert second not in area.tabifiedDockWidgets(first)
    closed(window, qtbot)


def test_panels_of_one_side_open_high_enough_and_the_third_as_a_tab(tmp_path: Path, qtbot: QtBot) -> None:
    window = with_video(tmp_path / "stance.ini", qtbot)
    window.resize(1280, 800)
    area = window.dock_area
    docks = [area.dock_of(name) for name in ("people", "queue", "coaching")]
    widths = []
    for dock in docks:
        dock.show()
        qtbot.waitUntil(lambda dock=dock: dock.height() >= 220, timeout=PATIENCE)  # type: ignore[misc]
        widths.append(dock.width())
    assert docks[2] in area.tabifiedDockWidgets(docks[1])
    assert widths == sorted(widths)  # none was made narrower for the next one
    closed(window, qtbot)
