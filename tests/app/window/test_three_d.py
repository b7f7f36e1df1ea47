"""The 3-D view in the window: it shows the people of the shown frame, and is turned by mouse and keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QWheelEvent
from PyQt6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.core.scale_options import ScaleOptions
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.lifting.open_lifter import DEFAULT, default_file
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from app.window.panels.orbit_view import OrbitView
from app.window.panels.three_d_panel import ThreeDPanel
from app.window.style.theme import colors
from app.window.three_d import ThreeD
from tests.app.window.space_film import FRAMES, space_film

HALPE = load_skeleton("halpe26")
PATIENCE = 60_000
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture(scope="module")
def film(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return space_film(tmp_path_factory.mktemp("space"), shared / "mocap" / "cmu60.npz")


def show(window: MainWindow, film: Path, qtbot: QtBot) -> ThreeDPanel:
    """Open the recording beside ``film``, pause at frame 30, and show the panel."""
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(film.with_suffix(".jsonl")), paused=True)
    window.player.seek_index(30)
    qtbot.waitUntil(lambda: shown_frame(window) == 30 and len(window.player.analysis or ()) == FRAMES, timeout=PATIENCE)
    window.actions_by_name["three-d"].trigger()
    panel = panel_of(window)
    qtbot.waitUntil(lambda: panel.hint.isVisible() or len(panel.view.people) > 0, timeout=PATIENCE)
    return panel


def panel_of(window: MainWindow) -> ThreeDPanel:
    panel = window.findChild(ThreeDPanel)
    assert panel is not None
    return panel


def shown_frame(window: MainWindow) -> int:
    return window.player.current.frame.index if window.player.current else -1


def drag(qtbot: QtBot, view: OrbitView, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier, way: QPoint) -> None:
    start = QPoint(100, 100)
    qtbot.mousePress(view, button, modifiers, start)
    for step in (1, 2, 3, 4):
        qtbot.mouseMove(view, start + way * step / 4)
    qtbot.mouseRelease(view, button, modifiers, start + way)


NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def test_the_people_of_the_shown_frame_are_in_the_room(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    panel = show(window, film, qtbot)
    assert [one.person.id for one in panel.view.people] == [1, 2]
    assert panel.view.people[0].person is window.player.analysis.get(30).people[0]  # type: ignore[union-attr]
    before = panel.view.people[0].pelvis.tolist()
    window.player.seek_index(50)
    qtbot.waitUntil(lambda: panel.view.people[0].pelvis.tolist() != before, timeout=PATIENCE)
    assert panel.view.people[0].person is window.player.analysis.get(50).people[0]  # type: ignore[union-attr]
    assert panel.source.text().startswith("Depth by Stance lifter: a guess")
    window.panel.display.switches["mirror"].setChecked(True)
    qtbot.waitUntil(lambda: panel.view.people[0].points[9, 0] < panel.view.people[0].points[10, 0], timeout=PATIENCE)


def test_a_stated_height_makes_its_person_taller(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    panel = show(window, film, qtbot)
    before = [one.points - one.pelvis for one in panel.view.people]
    window.player.scale = ScaleOptions(height_m=2.04)  # 1.2 times the usual one
    window.player.seek_index(31)
    qtbot.waitUntil(lambda: shown_frame(window) == 31, timeout=PATIENCE)
    window.player.seek_index(30)
    qtbot.waitUntil(lambda: shown_frame(window) == 30, timeout=PATIENCE)
    after = [one.points - one.pelvis for one in panel.view.people]
    factors = sorted(float(np.nansum(abs(new)) / np.nansum(abs(old))) for new, old in zip(after, before, strict=True))
    assert factors == pytest.approx([1.0, 1.2], abs=1e-3)


def test_a_hidden_panel_follows_nothing(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    panel = show(window, film, qtbot)
    window.actions_by_name["three-d"].trigger()
    assert not panel.isVisible()
    before = panel.view.people
    window.player.seek_index(40)
    qtbot.waitUntil(lambda: shown_frame(window) == 40, timeout=PATIENCE)
    assert panel.view.people is before
    assert not window.actions_by_name["three-d-front"].isEnabled()


def test_people_of_the_networks_before_are_not_shown_with_the_new_keypoints(
    window: MainWindow, film: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = show(window, film, qtbot)
    before, result = panel.view.people, window.player.current
    assert result is not None
    others = tuple(
        replace(
            one,
            keypoints=np.repeat(one.keypoints, 2, axis=0),
            points_3d=np.repeat(np.asarray(one.points_3d), 2, axis=0),
        )
        for one in result.poses.people
    )
    stale = replace(result, poses=replace(result.poses, people=others))
    monkeypatch.setattr(window.player, "current", stale)
    view = window.findChild(ThreeD)
    assert view is not None
    view.refresh()
    assert panel.view.people is before


def test_people_without_depth_are_explained(window: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot) -> None:
    panel = show(window, space_film(tmp_path, shared / "mocap" / "cmu60.npz", flat=True), qtbot)
    assert panel.hint.isVisible()
    assert not panel.view.isVisible()
    assert panel.hint.text() == "These people have places in the picture only."
    assert not panel.switch_on.isVisible()  # those of a recording stay as they are


@pytest.mark.slow
def test_the_third_dimension_is_switched_on_in_the_panel(posing: MainWindow, short_demo: Path, qtbot: QtBot) -> None:
    if not default_file().is_file():
        pytest.skip("no lifter is packaged")
    posing.player.open(str(short_demo))
    panel = panel_of(posing)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 20, timeout=PATIENCE)
    posing.player.pause()
    posing.player.seek_index(10)
    qtbot.waitUntil(lambda: shown_frame(posing) == 10, timeout=PATIENCE)
    posing.actions_by_name["three-d"].trigger()
    qtbot.waitUntil(panel.switch_on.isVisible, timeout=PATIENCE)
    panel.switch_on.click()
    qtbot.waitUntil(lambda: len(panel.view.people) > 0 and panel.view.isVisible(), timeout=PATIENCE)
    assert posing.loader.settings.lifter == DEFAULT
    assert panel.source.text().startswith("Depth by Stance lifter: a guess")


def test_a_drag_turns_and_the_wheel_zooms(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    view = show(window, film, qtbot).view
    start = view.camera
    drag(qtbot, view, LEFT, NONE, QPoint(50, 0))
    assert view.camera.azimuth == pytest.approx(start.azimuth - 20)
    assert view.camera.elevation == start.elevation
    at = QPointF(100, 100)
    wheel = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view, wheel)
    assert view.camera.distance < start.distance
    qtbot.mouseDClick(view, LEFT)
    assert view.camera.distance != start.distance  # framed from another side


def test_who_comes_later_is_in_the_view_too_unless_it_was_zoomed(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    view = show(window, film, qtbot).view
    first, second = view.people
    apart = replace(second, points=second.points + [3.0, 0.0, 0.0], pelvis=second.pelvis + [3.0, 0.0, 0.0])
    for zooms in (False, True):
        view.forget()
        view.show_people([first], HALPE, [first], False)
        if zooms:
            qtbot.keyClick(view, "+")
        before = view.camera.distance
        for _ in range(60):
            view.show_people([first, apart], HALPE, [first, apart], True)
        at = view.camera.project(np.concatenate([first.points, apart.points]), (view.width(), view.height()))
        is_inside = np.all((at[:, :2] > 0) & (at[:, :2] < [view.width(), view.height()]))
        assert is_inside != zooms
        assert (view.camera.distance == before) == zooms


@pytest.mark.parametrize(("button", "modifiers"), [(RIGHT, NONE), (LEFT, SHIFT)])
def test_a_right_drag_or_one_with_shift_moves_the_view(
    window: MainWindow, film: Path, qtbot: QtBot, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    panel = show(window, film, qtbot)
    start = panel.view.camera
    drag(qtbot, panel.view, button, modifiers, QPoint(0, 40))
    assert panel.view.camera.azimuth == start.azimuth
    assert panel.view.camera.target[1] > start.target[1]
    assert not panel.follow.isChecked()


@pytest.mark.parametrize(
    ("key", "azimuth", "elevation"), [(Qt.Key.Key_1, 0, 0), (Qt.Key.Key_3, 90, 0), (Qt.Key.Key_7, 0, 90)]
)
def test_keys_look_from_the_front_the_side_and_above(
    window: MainWindow, film: Path, qtbot: QtBot, key: Qt.Key, azimuth: int, elevation: int
) -> None:
    panel = show(window, film, qtbot)
    window.activateWindow()
    qtbot.waitActive(window)
    keypad = Qt.KeyboardModifier.KeypadModifier if key == Qt.Key.Key_3 else NONE
    qtbot.keyClick(window, key, keypad)
    camera = panel.view.camera
    assert (camera.azimuth, camera.elevation, camera.parallel) == (azimuth, elevation, True)
    qtbot.keyClick(window, Qt.Key.Key_9)
    assert panel.view.camera != camera
    qtbot.keyClick(window, Qt.Key.Key_5)
    assert not panel.view.camera.parallel
    qtbot.keyClick(window, Qt.Key.Key_0)
    assert panel.view.camera.azimuth == 35.0


def test_buttons_and_arrow_keys_turn_it_too(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    panel = show(window, film, qtbot)
    top = next(button for button in panel.findChildren(QToolButton) if button.text() == "Top")
    qtbot.mouseClick(top, LEFT)
    assert panel.view.camera.elevation == 90
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.view.camera.elevation == 80
    assert shown_frame(window) == 30
    distance = panel.view.camera.distance
    qtbot.keyClicks(panel.view, "+")
    assert panel.view.camera.distance < distance


def test_the_chosen_person_is_followed(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    panel = show(window, film, qtbot)
    window.people.chosen.emit(1)

    def follows(number: int) -> bool:
        one = panel.view.people[number - 1]
        return panel.view.camera.target[0] == pytest.approx(one.pelvis[0], abs=1e-3)

    qtbot.waitUntil(lambda: follows(1), timeout=PATIENCE)
    window.people.chosen.emit(2)
    qtbot.waitUntil(lambda: follows(2), timeout=PATIENCE)
    panel.follow.click()
    target = panel.view.camera.target
    window.player.seek_index(55)
    qtbot.waitUntil(lambda: shown_frame(window) == 55, timeout=PATIENCE)
    assert panel.view.camera.target == target


def test_the_direction_is_kept_for_the_next_time(film: Path, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "settings.json"
    for time in ("first", "second"):
        window = MainWindow(Settings(), preferences=Preferences(file))
        window.show()
        panel = show(window, film, qtbot) if time == "first" else panel_of(window)
        if time == "first":
            window.actions_by_name["three-d-side"].trigger()
            panel.follow.click()
        else:
            assert (panel.view.camera.azimuth, panel.view.camera.parallel) == (90.0, True)
            assert not panel.follow.isChecked()
            assert window.actions_by_name["three-d"].isChecked()
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()


def test_the_direction_of_a_narrow_view_does_not_cover_the_width_of_the_grid(
    window: MainWindow, film: Path, qtbot: QtBot
) -> None:
    view = show(window, film, qtbot).view
    window.actions_by_name["three-d-side"].trigger()  # the longest name
    view.resize(230, 300)
    text = QColor(colors().faint)

    def written(top: int, bottom: int) -> bool:
        """Whether something is written in these rows, which no other color there is like."""
        picture = view.grab().toImage()
        ratio = picture.devicePixelRatio()
        rows = range(round(top * ratio), round(bottom * ratio))
        places = ((x, y) for y in rows for x in range(picture.width()))
        return any(abs(picture.pixelColor(x, y).red() - text.red()) < 20 for x, y in places)

    assert written(8, 26)
    view.resize(600, 300)
    assert not written(8, 26)


def test_left_and_right_are_painted_where_they_are(window: MainWindow, film: Path, qtbot: QtBot) -> None:
    view = show(window, film, qtbot).view
    window.actions_by_name["three-d-front"].trigger()
    picture = view.grab().toImage()
    names = window.player.analysis.skeleton.names  # type: ignore[union-attr]
    for side, is_blue in (("left", True), ("right", False)):
        knee, ankle = (names.index(f"{side}_{joint}") for joint in ("knee", "ankle"))
        shin = view.people[1].points[[knee, ankle]].mean(axis=0)
        x, y, _ = view.camera.project(shin, (view.width(), view.height())).tolist()
        color = picture.pixelColor(round(x * picture.devicePixelRatio()), round(y * picture.devicePixelRatio()))
        assert (color.blue() > color.red() + 50) if is_blue else (color.red() > color.blue() + 50)
