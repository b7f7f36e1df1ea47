"""Keypoints are corrected with the mouse, the keys and the menu of the picture; every step can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent, QKeyEvent
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.analysis.edits import DropKeypoints, PlaceKeypoint, SwapSides
from app.core.edited import CARRIED, CORRECTED
from app.core.people import Frame
from app.overlay import DrawStyle, painted
from app.sinks import Header, open_sinks
from app.window.main_window import MainWindow
from app.window.review.keypoint_corrections import Spot
from tests.app.window.plot_rounds import recorded

PATIENCE = 60_000
WRIST, KNEE = 9, 13


@pytest.fixture
def reviewed(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window with recorded people, at frame 60, in which keypoints are corrected."""
    film = recorded(tmp_path)
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(film.with_suffix(".jsonl")), paused=True)
    show(window, qtbot, 60)
    window.actions_by_name["correct"].trigger()
    assert window.actions_by_name["correct"].isChecked()
    yield window
    for menu in window.findChildren(QMenu):
        menu.close()


def show(window: MainWindow, qtbot: QtBot, index: int) -> None:
    window.player.seek_index(index)
    qtbot.waitUntil(
        lambda: window.player.current is not None and window.player.current.frame.index == index, timeout=PATIENCE
    )


def place(window: MainWindow, index: int, keypoint: int) -> np.ndarray:
    """x y of a keypoint of person 1."""
    assert window.player.analysis is not None
    poses = window.player.analysis.get(index)
    assert poses is not None
    return np.asarray(poses.people[0].keypoints[keypoint, :2], np.float64)


def marks(window: MainWindow, index: int) -> list[int]:
    assert window.player.analysis is not None
    poses = window.player.analysis.get(index)
    assert poses is not None
    edited = poses.people[0].edited
    return [0] * 17 if edited is None else edited.tolist()


def on_screen(window: MainWindow, x: float, y: float) -> QPoint:
    return window.view.to_view(x, y).toPoint()


def drag(window: MainWindow, qtbot: QtBot, keypoint: int, dx: float, dy: float) -> None:
    """Drag a keypoint of person 1 in the shown frame by pixels of the source, and wait until it is carried."""
    assert window.player.current is not None
    x, y = place(window, window.player.current.frame.index, keypoint)
    start, end = on_screen(window, x, y), on_screen(window, x + dx, y + dy)
    qtbot.mouseMove(window.view, start)
    qtbot.mousePress(window.view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(window.view, (start + end) / 2)
    qtbot.mouseMove(window.view, end)
    qtbot.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=end)
    until_done(window, qtbot)


def until_done(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.features.correct.corrections.busy, timeout=PATIENCE)


def open_menu(window: MainWindow, qtbot: QtBot, at: QPoint) -> dict[str, QMenu]:
    """The entries of the menu at a place of the view: the submenu of each, or the menu itself."""
    place = window.view.mapToGlobal(at)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, place)
    QApplication.sendEvent(window.view, event)
    menu = next(menu for menu in window.view.findChildren(QMenu) if menu.isVisible())
    return {action.text(): action.menu() or menu for action in menu.actions()}


def choose(menu: QMenu | None, text: str, qtbot: QtBot) -> None:
    assert menu is not None
    menu.popup(QPoint(0, 0))
    action = next(action for action in menu.actions() if action.text() == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def json_lines(window: MainWindow, path: Path) -> bytes:
    """The people of the window as JSON lines."""
    analysis = window.player.analysis
    assert analysis is not None
    head = Header("0", (640, 360), 30.0, analysis.skeleton, "", "", "cpu", "cpu", live=False)
    (sink,) = open_sinks([path], head, DrawStyle())
    for poses in analysis.frames():
        sink.write(Frame(poses.index, poses.time_s, np.zeros((360, 640, 3), np.uint8)), poses)
    sink.close()
    return path.read_bytes()


def test_a_dragged_keypoint_is_where_it_was_put_and_marked_in_files(
    reviewed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    untouched = json_lines(reviewed, tmp_path / "before.jsonl")
    before = place(reviewed, 60, KNEE)
    drag(reviewed, qtbot, KNEE, 25, -10)
    assert np.linalg.norm(place(reviewed, 60, KNEE) - before - (25, -10)) < 2 * 640 / reviewed.view.width()
    assert marks(reviewed, 60)[KNEE] == CORRECTED
    assert marks(reviewed, 61)[KNEE] == CARRIED
    assert np.linalg.norm(place(reviewed, 61, KNEE) - place(reviewed, 60, KNEE)) < 12
    written = json_lines(reviewed, tmp_path / "after.jsonl").decode().splitlines()
    lines = [line for line in map(json.loads, written) if "people" in line]
    assert lines[60]["people"][0]["corrected"] == [KNEE]
    assert KNEE in lines[61]["people"][0]["carried"]
    assert "carried" not in lines[0]["people"][0]
    assert "Move" in reviewed.actions_by_name["undo"].text()
    qtbot.keyClick(reviewed, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert json_lines(reviewed, tmp_path / "undone.jsonl") == untouched
    reviewed.actions_by_name["redo"].trigger()
    assert json_lines(reviewed, tmp_path / "redone.jsonl").decode().splitlines() == written


def test_two_corrections_of_a_keypoint_are_carried_together(reviewed: MainWindow, qtbot: QtBot) -> None:
    drag(reviewed, qtbot, KNEE, 25, 0)
    first = place(reviewed, 60, KNEE)
    show(reviewed, qtbot, 70)
    drag(reviewed, qtbot, KNEE, 20, 0)
    assert np.allclose(place(reviewed, 60, KNEE), first)
    assert [marks(reviewed, index)[KNEE] for index in (60, 65, 70)] == [CORRECTED, CARRIED, CORRECTED]
    reviewed.actions_by_name["undo"].trigger()
    assert marks(reviewed, 60)[KNEE] == CORRECTED
    assert marks(reviewed, 70)[KNEE] != CORRECTED


def test_a_click_beside_all_keypoints_moves_none(reviewed: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(reviewed.view, Qt.MouseButton.LeftButton, pos=on_screen(reviewed, 620, 340))
    x, y = place(reviewed, 60, KNEE)
    qtbot.mouseClick(reviewed.view, Qt.MouseButton.LeftButton, pos=on_screen(reviewed, x, y))
    assert not reviewed.features.correct.corrections.busy
    assert not reviewed.actions_by_name["undo"].isEnabled()


def test_arrow_keys_move_the_chosen_keypoint_and_step_through_frames_otherwise(
    reviewed: MainWindow, qtbot: QtBot
) -> None:
    x, y = place(reviewed, 60, KNEE)
    qtbot.mouseClick(reviewed.view, Qt.MouseButton.LeftButton, pos=on_screen(reviewed, x, y))
    for _ in range(3):
        qtbot.keyClick(reviewed.view, Qt.Key.Key_Right)
    qtbot.keyClick(reviewed.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: marks(reviewed, 60)[KNEE] == CORRECTED, timeout=PATIENCE)
    assert place(reviewed, 60, KNEE) == pytest.approx([x + 3, y + 10])
    qtbot.mouseClick(reviewed.view, Qt.MouseButton.LeftButton, pos=on_screen(reviewed, 620, 340))
    qtbot.keyClick(reviewed.view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: reviewed.player.current.frame.index == 61, timeout=PATIENCE)  # type: ignore[union-attr]


def test_a_keypoint_that_keys_have_just_moved_is_placed_before_the_window_closes(
    reviewed: MainWindow, qtbot: QtBot
) -> None:
    spot, (x, y) = Spot(1, KNEE, 60), place(reviewed, 60, KNEE)
    qtbot.mouseClick(reviewed.view, Qt.MouseButton.LeftButton, pos=on_screen(reviewed, x, y))
    QApplication.sendEvent(reviewed.view, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Right, Qt.KeyboardModifier(0)))
    assert spot not in reviewed.features.correct.corrections.pending
    assert reviewed.closing.is_editing()
    assert reviewed.features.correct.corrections.pending[spot] == pytest.approx((x + 1, y), abs=0.01)
    until_done(reviewed, qtbot)
    assert not reviewed.closing.is_editing()


def test_the_picture_says_that_frames_are_being_corrected(reviewed: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseMove(reviewed.view, QPoint(2, 2))
    idle = reviewed.view.grab().toImage()
    reviewed.features.correct.corrections.place(Spot(1, KNEE, 5), 300.0, 150.0)
    assert reviewed.view.grab().toImage() != idle
    until_done(reviewed, qtbot)
    assert reviewed.view.grab().toImage() == idle


def test_a_keypoint_is_deleted_and_its_gap_filled(reviewed: MainWindow, qtbot: QtBot) -> None:
    analysis = reviewed.player.analysis
    assert analysis is not None
    before = place(reviewed, 60, WRIST)
    menu = open_menu(reviewed, qtbot, on_screen(reviewed, *before))
    choose(menu["Delete here"], "Delete here", qtbot)
    until_done(reviewed, qtbot)
    assert analysis.track(1).keypoints[58:63, WRIST, 2].tolist() == pytest.approx([0.9, 0.9, 0, 0.9, 0.9])
    x, y = place(reviewed, 60, KNEE)
    menu = open_menu(reviewed, qtbot, on_screen(reviewed, x + 30, y))
    choose(menu["Fill gap"], "left wrist", qtbot)
    until_done(reviewed, qtbot)
    assert analysis.track(1).keypoints[60, WRIST, 2] == pytest.approx(0.9)
    assert np.linalg.norm(place(reviewed, 60, WRIST) - before) < 5
    person = analysis.get(60).people[0]  # type: ignore[union-attr]
    assert person.filled is not None
    assert np.flatnonzero(person.filled).tolist() == [WRIST]


def test_a_limb_is_swapped_between_in_and_out_point(reviewed: MainWindow, qtbot: QtBot) -> None:
    analysis = reviewed.player.analysis
    assert analysis is not None
    track = analysis.track(1).keypoints
    for index, name in ((50, "mark-in"), (69, "mark-out"), (60, "")):
        show(reviewed, qtbot, index)
        if name:
            reviewed.actions_by_name[name].trigger()
    x, y = place(reviewed, 60, KNEE)
    text = "Swap left and right of this limb between in and out point"
    choose(open_menu(reviewed, qtbot, on_screen(reviewed, x, y))[text], text, qtbot)
    until_done(reviewed, qtbot)
    swapped = analysis.track(1).keypoints
    legs = [11, 12, 13, 14, 15, 16]
    assert np.array_equal(swapped[50:70, legs], track[50:70, [12, 11, 14, 13, 16, 15]])
    assert np.array_equal(swapped[:50], track[:50])
    assert np.array_equal(swapped[70:], track[70:])
    assert np.array_equal(swapped[:, :11], track[:, :11])


def test_esc_leaves_the_mode_and_keypoints_stay(reviewed: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(reviewed.view, Qt.Key.Key_Escape)
    assert not reviewed.actions_by_name["correct"].isChecked()
    x, y = place(reviewed, 60, KNEE)
    start, end = on_screen(reviewed, x, y), on_screen(reviewed, x + 30, y)
    qtbot.mousePress(reviewed.view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(reviewed.view, end)
    qtbot.mouseRelease(reviewed.view, Qt.MouseButton.LeftButton, pos=end)
    assert not reviewed.features.correct.corrections.busy
    assert place(reviewed, 60, KNEE) == pytest.approx([x, y])


def test_the_keypoint_under_the_pointer_is_marked(reviewed: MainWindow, qtbot: QtBot) -> None:
    x, y = place(reviewed, 60, KNEE)
    qtbot.mouseMove(reviewed.view, on_screen(reviewed, 620, 340))
    before = reviewed.view.grab().toImage()
    qtbot.mouseMove(reviewed.view, on_screen(reviewed, x + 2, y + 2))
    assert reviewed.view.grab().toImage() != before
    assert reviewed.view.cursor().shape() == Qt.CursorShape.OpenHandCursor


def test_a_keypoint_that_is_still_being_carried_is_an_edit_already(reviewed: MainWindow, qtbot: QtBot) -> None:
    corrections = reviewed.features.correct.corrections
    seen: list[object] = []
    corrections.advanced.connect(lambda: seen.append(reviewed.features.edits.pending()))
    corrections.place(Spot(1, KNEE, 60), 100.0, 90.0)
    until_done(reviewed, qtbot)
    assert seen == [(PlaceKeypoint(1, KNEE, {60: (100.0, 90.0, 1.0, CORRECTED)}),), ()]


def test_changes_that_wait_behind_a_correction_are_edits_already(reviewed: MainWindow, qtbot: QtBot) -> None:
    corrections = reviewed.features.correct.corrections
    corrections.place(Spot(1, KNEE, 60), 100.0, 90.0)
    corrections.delete(Spot(1, WRIST, 60), 62)
    corrections.swap_limb(Spot(1, KNEE, 70), 70, 71)
    kinds = [type(edit) for edit in reviewed.features.edits.pending()]
    assert kinds == [PlaceKeypoint, DropKeypoints, SwapSides]
    until_done(reviewed, qtbot)
    assert reviewed.features.edits.pending() == ()


def test_corrections_are_ringed_in_pictures_where_that_is_switched_on(reviewed: MainWindow, qtbot: QtBot) -> None:
    drag(reviewed, qtbot, KNEE, 20, 0)
    assert reviewed.player.current is not None
    switch = reviewed.panel.display.switches["corrections"]
    pictures = []
    for _ in range(2):
        style = reviewed.panel.draw_style({})
        blank = np.zeros((360, 640, 3), np.uint8)
        assert reviewed.player.analysis is not None
        poses = reviewed.player.analysis.get(60)
        assert poses is not None
        pictures.append(painted(blank, poses, reviewed.player.analysis.skeleton, style))
        switch.click()
    changed = (pictures[0] != pictures[1]).any(axis=2)
    rows, columns = np.nonzero(changed)
    x, y = place(reviewed, 60, KNEE)
    assert changed.any()
    assert np.hypot(columns - x, rows - y).max() < 25
    assert np.hypot(columns - x, rows - y).min() > 2
