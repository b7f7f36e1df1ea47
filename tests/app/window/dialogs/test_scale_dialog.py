"""The dialog for scale and floor, over a clip that is open."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.analysis.scale import Scale
from app.core.scale_options import NO_SCALE
from app.window.dialogs.scale_dialog import ScaleDialog, whose_height
from app.window.main_window import MainWindow
from app.window.video.line_tool import LineTool
from tests.app.window.seen import walkers
from tests.app.window.test_main_window import PATIENCE


def opened(window: MainWindow) -> ScaleDialog:
    """The dialog over ``window``."""
    window.actions_by_name["scale"].trigger()
    dialog = window.dialogs.shown["scale"]
    assert isinstance(dialog, ScaleDialog)
    return dialog


def choose(dialog: ScaleDialog, scale: str, floor: str = "") -> None:
    dialog.scale.setCurrentIndex(dialog.scale.findData(scale))
    if floor:
        dialog.floor.setCurrentIndex(dialog.floor.findData(floor))


def drag(qtbot: QtBot, window: MainWindow, first: tuple[float, float], last: tuple[float, float]) -> None:
    """Draw a line between two pixels of the picture."""
    tool = window.view.findChild(LineTool)
    assert tool is not None
    places = [window.view.to_view(*pixel).toPoint() for pixel in (first, last)]
    qtbot.mousePress(tool, Qt.MouseButton.LeftButton, pos=places[0])
    qtbot.mouseMove(tool, places[1])
    qtbot.mouseRelease(tool, Qt.MouseButton.LeftButton, pos=places[1])


def test_line_on_the_picture_has_its_length_in_pixels(people: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(people)
    assert people.player.scale == NO_SCALE
    choose(dialog, "line")
    assert "missing" in dialog.message.text()
    dialog.draw.click()
    drag(qtbot, people, (20, 30), (140, 30))
    dialog.length_m.setValue(2.0)
    lengths = people.player.scale.lengths
    assert lengths is not None
    assert lengths[0] == pytest.approx(120, abs=2 / people.view.zoom)
    assert lengths[1] == 2.0
    qtbot.waitUntil(lambda: "1 pixel is" in dialog.message.text(), timeout=PATIENCE)


def test_the_dialog_says_whose_height_counts() -> None:
    """With several people the dialog names the one whose height is meant; with a single one it names nobody."""
    analysis = walkers()
    analysis.rename(2, "Anna")
    assert "that of Anna" in whose_height(Scale(0.004, person=2), analysis)
    assert whose_height(Scale(0.004), analysis) == ""
    analysis.hide(1, True)
    assert whose_height(Scale(0.004, person=2), analysis) == ""


def test_the_dialog_follows_who_is_shown(people: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(people)
    choose(dialog, "height")
    qtbot.waitUntil(lambda: "1 pixel is" in dialog.message.text(), timeout=PATIENCE)
    assert "The height" not in dialog.message.text()  # there is one person
    people.people.steps.hide([1], True)
    qtbot.waitUntil(lambda: "too little of the person" in dialog.message.text(), timeout=PATIENCE)
    people.people.steps.hide([1], False)
    qtbot.waitUntil(lambda: "1 pixel is" in dialog.message.text(), timeout=PATIENCE)


@pytest.mark.slow
def test_floor_is_drawn_too(people: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(people)
    choose(dialog, "height", "line")
    dialog.height_m.setValue(1.8)
    dialog.draw_floor.click()
    drag(qtbot, people, (10, 100), (110, 90))
    line = people.player.scale.floor_line
    assert line is not None
    assert line == pytest.approx((10, 100, 110, 90), abs=2 / people.view.zoom)
    assert people.player.scale.height_m == 1.8
    dialog.close()
    assert opened(people).options() == people.player.scale


@pytest.mark.slow
def test_escape_draws_no_line(people: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(people)
    choose(dialog, "line")
    dialog.draw.click()
    tool = people.view.findChild(LineTool)
    assert tool is not None
    qtbot.mousePress(tool, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.keyClick(tool, Qt.Key.Key_Escape)
    assert not tool.isVisible()
    assert people.player.scale == NO_SCALE


def test_export_is_in_meters(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    choose(dialog, "line", "none")
    dialog.draw.click()
    drag(qtbot, people, (20, 30), (140, 30))
    people.actions_by_name["export"].trigger()
    export = people.dialogs.shown["export"]
    for name, box in export.targets.boxes.items():  # type: ignore[attr-defined]
        box.setChecked(name == "{stem}.csv")
    with qtbot.waitSignal(export.exported, timeout=PATIENCE) as written:  # type: ignore[attr-defined]
        export.export()  # type: ignore[attr-defined]
    (path,) = written.args[0]
    lines = path.read_text().splitlines()
    assert "nose_x_m" in lines[0]
    assert {line.rsplit(",", 1)[1] for line in lines[1:]} == {"m"}


@pytest.mark.slow
def test_measures_are_in_meters(people: MainWindow, qtbot: QtBot) -> None:
    """The panel of measures takes the scale that is stated in the dialog."""
    dialog = opened(people)
    choose(dialog, "line", "none")
    dialog.draw.click()
    drag(qtbot, people, (20, 30), (140, 30))
    stated = people.player.stated_scale
    assert people.player.analysis is not None
    found = stated.find(people.player.analysis, 0.3)
    assert found is not None
    assert found.metres_per_pixel == pytest.approx(1.0 / 120, rel=0.05)
    next(action for action in people.dock_area.panels() if action.text() == "Measures").trigger()
    qtbot.waitUntil(lambda: people.review.measures.measured.stated == stated, timeout=PATIENCE)
