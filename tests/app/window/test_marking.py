"""Marks on the timeline, and the keys that move in a clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.project.fingerprint import fingerprint
from app.project.kept_notes import NotedClip
from app.project.store import ProjectStore
from app.window.dialogs.go_to_dialog import GoToDialog
from app.window.main_window import MainWindow
from tests.app.window.conftest import FPS, FRAMES
from tests.app.window.test_main_window import PATIENCE, hold, play, until_shown

CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
PLACES = (("time", "0:01.5", 30), ("frame", "17", 17), ("frame", "#18", 18))


@pytest.fixture
def held(window: MainWindow, clip: Path, qtbot: QtBot) -> MainWindow:
    """The window with the clip, which stands at its first frame."""
    play(window, clip, qtbot)
    hold(window, qtbot)
    press(window, Qt.Key.Key_Home, 0, qtbot)
    return window


@pytest.fixture
def later(qtbot: QtBot) -> Iterator[MainWindow]:
    """A second window, as after a restart of the program."""
    made = MainWindow(Settings())
    yield made
    with qtbot.waitSignal(made.closed, timeout=60_000):
        made.close()


def press(window: MainWindow, key: Qt.Key, frame: int, qtbot: QtBot, modifier: Qt.KeyboardModifier = NONE) -> None:
    """Press a key in the window and wait until ``frame`` is shown."""
    qtbot.keyClick(window, key, modifier)
    until_shown(window, frame, qtbot)


def mark_frames(window: MainWindow, frames: list[int], qtbot: QtBot) -> None:
    for frame in frames:
        window.player.seek_index(frame)
        until_shown(window, frame, qtbot)
        window.actions_by_name["mark"].trigger()


def marked(window: MainWindow) -> list[tuple[int, str]]:
    return [(round(mark.time_s * FPS), mark.name) for mark in window.features.marking.marks.marks]


def test_keys_go_from_mark_to_mark(held: MainWindow, qtbot: QtBot) -> None:
    mark_frames(held, [30, 20, 10], qtbot)
    qtbot.keyClick(held, Qt.Key.Key_Insert)  # this frame has a mark
    press(held, Qt.Key.Key_Right, 11, qtbot)
    qtbot.keyClick(held, Qt.Key.Key_Insert)
    assert marked(held) == [(10, ""), (11, ""), (20, ""), (30, "")]
    qtbot.keyClick(held, Qt.Key.Key_Delete, CONTROL)
    press(held, Qt.Key.Key_Left, 10, qtbot)
    assert marked(held) == [(10, ""), (20, ""), (30, "")]
    press(held, Qt.Key.Key_Right, 20, qtbot, CONTROL)
    press(held, Qt.Key.Key_Right, 30, qtbot, CONTROL)
    qtbot.keyClick(held, Qt.Key.Key_Right, CONTROL)  # there is none after it
    press(held, Qt.Key.Key_Left, 20, qtbot, CONTROL)
    qtbot.keyClick(held, Qt.Key.Key_Delete, CONTROL)
    assert marked(held) == [(10, ""), (30, "")]
    press(held, Qt.Key.Key_Left, 10, qtbot, CONTROL)


def test_fast_presses_go_to_the_mark_after_the_next(held: MainWindow, qtbot: QtBot) -> None:
    mark_frames(held, [5, 15, 25, 35], qtbot)
    press(held, Qt.Key.Key_Home, 0, qtbot)
    for _ in range(3):
        qtbot.keyClick(held, Qt.Key.Key_Right, CONTROL)
    until_shown(held, 25, qtbot)


def test_marks_and_their_names_come_back_with_the_clip(
    held: MainWindow, later: MainWindow, clip: Path, qtbot: QtBot
) -> None:
    mark_frames(held, [12, 24], qtbot)
    held.dock_area.dock_of("marks").show()
    table = held.features.marking.panel.table
    assert marked(held) == [(12, ""), (24, "")]
    item = table.item(1, 1)
    assert item is not None
    item.setText("take-off")
    held.notes.save()
    noted = NotedClip(clip, fingerprint(clip))
    qtbot.waitUntil(lambda: len(noted.load(ProjectStore()).marks) == 2, timeout=PATIENCE)
    play(later, clip, qtbot)
    qtbot.waitUntil(lambda: marked(later) == [(12, ""), (24, "take-off")], timeout=PATIENCE)
    later.features.marking.panel.table.itemClicked.emit(later.features.marking.panel.table.item(1, 0))
    until_shown(later, 24, qtbot)


def test_the_arrows_of_a_focused_list_move_in_the_list(held: MainWindow, qtbot: QtBot) -> None:
    mark_frames(held, [12, 24], qtbot)
    held.dock_area.dock_of("marks").show()
    table = held.features.marking.panel.table
    table.setCurrentCell(0, 0)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert (table.currentRow(), held.player.playback.rate) == (1, 1.0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert marked(held) == [(12, "")]


def test_page_keys_jump_by_a_tenth_and_arrows_change_the_speed(held: MainWindow, qtbot: QtBot) -> None:
    press(held, Qt.Key.Key_PageDown, FRAMES // 10, qtbot)
    press(held, Qt.Key.Key_PageDown, 2 * FRAMES // 10, qtbot)
    press(held, Qt.Key.Key_PageUp, FRAMES // 10, qtbot)
    qtbot.keyClick(held, Qt.Key.Key_Down)
    assert held.player.playback.rate == 0.75
    qtbot.keyClick(held, Qt.Key.Key_Up)
    assert held.player.playback.rate == 1.0


@pytest.mark.parametrize(("field", "text", "frame"), PLACES)
def test_a_time_or_a_frame_can_be_typed(held: MainWindow, field: str, text: str, frame: int, qtbot: QtBot) -> None:
    qtbot.keyClick(held, Qt.Key.Key_G, CONTROL)
    dialog = next(iter(held.findChildren(GoToDialog)))
    line = getattr(dialog, field)
    assert isinstance(line, QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    until_shown(held, frame, qtbot)
    qtbot.waitUntil(lambda: not held.findChildren(GoToDialog), timeout=PATIENCE)


def test_the_dialog_shows_the_place_that_was_asked_for(held: MainWindow, qtbot: QtBot) -> None:
    held.player.seek_index(20)
    assert held.player.seeking
    qtbot.keyClick(held, Qt.Key.Key_G, CONTROL)
    (dialog,) = held.findChildren(GoToDialog)
    assert (dialog.time.text(), dialog.frame.text()) == ("…", "…")  # not the frame that is still shown
    qtbot.waitUntil(lambda: dialog.frame.text() == "20", timeout=PATIENCE)
    assert dialog.time.text() == "0:01.000"
    assert dialog.time.selectedText() == "0:01.000"
    dialog.time.selectAll()
    qtbot.keyClicks(dialog.time, "0:0")
    held.player.seek_index(30)
    until_shown(held, 30, qtbot)
    assert (dialog.time.text(), dialog.frame.text()) == ("0:0", "20")  # what is typed stays


def test_a_place_that_does_not_exist_is_refused_with_a_sentence(held: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(held, Qt.Key.Key_G, CONTROL)
    dialog = next(iter(held.findChildren(GoToDialog)))
    dialog.frame.selectAll()
    qtbot.keyClicks(dialog.frame, "half")
    qtbot.keyClick(dialog.frame, Qt.Key.Key_Return)
    assert dialog.foot.sentence == "Enter a frame number; the first frame is 0."
    assert dialog.isVisible()
