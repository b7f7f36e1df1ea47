"""The people table: time spans, names and order."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.core.people import FramePoses
from app.window.core.tasks import TaskRunner
from app.window.review.people_table import PeopleTable
from app.window.review.people_tree import EYE, NAME
from tests.app.window.seen import FPS, FRAMES, Asked, of_clip, walker, walkers


@pytest.fixture
def table(qtbot: QtBot, background: TaskRunner) -> PeopleTable:
    """The empty table, shown."""
    made = PeopleTable(background)
    qtbot.addWidget(made)
    made.resize(500, 240)
    made.show()
    return made


@pytest.fixture
def walking(table: PeopleTable, qtbot: QtBot) -> Asked:
    """The table with two people."""
    analysis = walkers()
    table.show_analysis(analysis)
    settled(table, qtbot)
    return analysis


def settled(table: PeopleTable, qtbot: QtBot) -> None:
    """Wait until the table is up to date."""

    def up_to_date() -> None:
        table.refresh()
        assert table.up_to_date

    qtbot.waitUntil(up_to_date, timeout=60_000)


def row(table: PeopleTable, place: int) -> list[str]:
    item = table.tree.topLevelItem(place)
    assert item is not None
    return [item.text(column) for column in range(EYE)]


def middle(table: PeopleTable, place: int, column: int = 0) -> QPoint:
    """Center of a cell, in pixels of the viewport."""
    index = table.tree.indexFromItem(table.tree.topLevelItem(place), column)
    return table.tree.visualRect(index).center()


def test_each_person_has_a_row(table: PeopleTable, walking: Asked) -> None:
    assert row(table, 0) == ["1", "0:00.000", "0:07.967", "5.933 s", "0.60", "Auto"]
    assert row(table, 1) == ["2", "0:01.000", "0:07.967", "4.933 s", "0.70", "Auto"]


def test_a_name_is_edited_in_place(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    qtbot.mouseClick(table.tree.viewport(), Qt.MouseButton.LeftButton, pos=middle(table, 0))
    qtbot.mouseClick(table.rename, Qt.MouseButton.LeftButton)
    editor = table.tree.findChild(QLineEdit)
    assert editor is not None
    qtbot.keyClicks(editor, "Anna")
    with qtbot.waitSignal(table.changed), qtbot.assertNotEmitted(table.seek_requested):
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert walking.name(1) == "Anna"
    assert row(table, 0)[0] == "Anna"


def test_an_emptied_name_falls_back_to_the_number(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    walking.rename(2, "Bob")
    settled(table, qtbot)
    item = table.tree.topLevelItem(1)
    assert item is not None
    item.setText(0, "")
    assert row(table, 1)[0] == "2"


def test_a_side_is_chosen_for_the_selected_person(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    assert not table.facing.isEnabled()
    table.choose(2)
    actions = {action.text(): action for action in table.facing_menu.actions()}
    assert actions["Auto"].isChecked()
    with qtbot.waitSignal(table.changed):
        actions["Left"].trigger()
    assert walking.chosen_facing() == {2: -1}
    assert [row(table, place)[-1] for place in range(2)] == ["Auto", "Left"]
    table.choose(1)
    assert actions["Auto"].isChecked()
    table.choose(2)
    assert actions["Left"].isChecked()
    actions["Auto"].trigger()
    assert walking.chosen_facing() == {}


def test_updates_do_not_interrupt_editing(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.choose(2)
    qtbot.mouseClick(table.rename, Qt.MouseButton.LeftButton)
    editor = table.tree.findChild(QLineEdit)
    assert editor is not None
    qtbot.keyClicks(editor, "Bo")
    walking.add(FramePoses(FRAMES, FRAMES / FPS, (walker(3, FRAMES),)))
    table.refresh()
    qtbot.keyClicks(editor, "b")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settled(table, qtbot)
    assert [row(table, place)[0] for place in range(3)] == ["1", "Bob", "3"]
    assert table.tree.chosen_row() == 1


def test_buttons_move_a_row(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.choose(2)
    with qtbot.waitSignal(table.changed):
        qtbot.mouseClick(table.up, Qt.MouseButton.LeftButton)
    assert walking.ids() == [2, 1]
    assert row(table, 0)[0] == "2"
    assert not table.up.isEnabled()
    qtbot.mouseClick(table.down, Qt.MouseButton.LeftButton)
    assert walking.ids() == [1, 2]


def test_a_dragged_row_stays_where_it_was_dropped(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    item = table.tree.takeTopLevelItem(1)
    table.tree.insertTopLevelItem(0, item)
    with qtbot.waitSignal(table.changed):
        table.tree.moved.emit(table.tree.ids())
    assert walking.ids() == [2, 1]
    settled(table, qtbot)
    assert [row(table, place)[0] for place in range(2)] == ["2", "1"]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("By first appearance", [1, 2]),
        ("By time on screen", [1, 2]),
        ("By size", [2, 1]),
        ("Left to right", [2, 1]),
    ],
)
def test_people_are_sorted(table: PeopleTable, walking: Asked, order: str, ids: list[int]) -> None:
    walking.reorder(ids[::-1])
    menu = table.sort.menu()
    assert menu is not None
    next(action for action in menu.actions() if action.text() == order).trigger()
    assert walking.ids() == ids


def test_a_click_selects_and_a_double_click_seeks(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    rows = table.tree.viewport()
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=middle(table, 1, 2))
    assert chosen.args == [2]
    with qtbot.waitSignal(table.seek_requested) as signal:
        qtbot.mouseDClick(rows, Qt.MouseButton.LeftButton, pos=middle(table, 1, 2))
    assert signal.args == [1.0]


def test_keys_select_seek_and_rename(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.choose(1)
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.keyClick(table.tree, Qt.Key.Key_Down)
    assert chosen.args == [2]
    with qtbot.waitSignal(table.seek_requested) as signal:
        qtbot.keyClick(table.tree, Qt.Key.Key_Return)
    assert signal.args == [1.0]
    qtbot.keyClick(table.tree, Qt.Key.Key_F2)
    assert table.tree.findChild(QLineEdit) is not None


def test_choose_emits_no_signal(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(table.chosen):
        table.choose(2)
    assert table.tree.chosen_row() == 1


def test_a_click_in_the_picture_chooses_the_person_also_while_the_table_is_hidden(
    table: PeopleTable, walking: Asked, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(table.chosen) as chosen:
        table.clicked(2)
    assert chosen.args == [2]
    assert table.tree.chosen_row() == 1
    table.hide()
    with qtbot.waitSignal(table.chosen) as chosen:
        table.clicked(1)
    assert chosen.args == [1]
    with qtbot.assertNotEmitted(table.chosen):
        table.clicked(100_001)  # of a preview


def test_people_are_ordered_by_clicking_them(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(table.changed):
        table.clicked(2)  # ordering has not started
    with qtbot.waitSignal(table.pick.toggled) as ordering:
        qtbot.mouseClick(table.pick, Qt.MouseButton.LeftButton)
    assert ordering.args == [True]
    assert "number 1" in table.hint.text()
    table.clicked(2)
    assert "number 2" in table.hint.text()
    assert walking.ids() == [2, 1]
    table.clicked(2)
    assert "number 2" in table.hint.text()
    with qtbot.waitSignal(table.pick.toggled) as ordering:
        table.clicked(1)
    assert ordering.args == [False]
    assert walking.ids() == [2, 1]
    assert not table.hint.isVisible()


def test_ordering_by_clicks_ends_without_the_hidden_people(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.steps.hide([1], True)
    qtbot.mouseClick(table.pick, Qt.MouseButton.LeftButton)
    table.clicked(2)
    assert not table.pick.isChecked()
    assert walking.ids() == [2, 1]


def test_an_unchanged_analysis_is_not_read_again(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    before = walking.times
    for _ in range(5):
        table.refresh()
    qtbot.wait(50)
    assert walking.times == before


def test_the_selection_stays_when_a_person_is_added(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.choose(2)
    walking.add(FramePoses(FRAMES, FRAMES / FPS, (walker(3, FRAMES),)))
    with qtbot.assertNotEmitted(table.chosen):
        settled(table, qtbot)
    assert table.tree.topLevelItemCount() == 3
    assert table.tree.chosen_row() == 1


def test_people_are_replaced_with_the_source(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    table.show_analysis(None)
    assert table.empty_hint.isVisible()
    assert table.tree.topLevelItemCount() == 0


def test_real_people_are_listed(table: PeopleTable, qtbot: QtBot, shared: Path) -> None:
    models = shared / "models"
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    analysis = of_clip(clip, models / "tinypose_128x96.onnx", models / "rtmdet_nano_person.onnx", 20)
    table.show_analysis(analysis)
    settled(table, qtbot)
    assert table.tree.ids() == analysis.ids()
    assert row(table, 0)[1] == "0:00.000"
    assert 0.1 < float(row(table, 0)[4]) <= 1.0


def test_the_empty_hint_is_hidden_while_people_are_visible(table: PeopleTable, qtbot: QtBot) -> None:
    assert table.empty_hint.isVisible()
    analysis = walkers()
    table.show_analysis(analysis)  # its rows are computed in the background
    assert not table.empty_hint.isVisible()
    settled(table, qtbot)
    assert not table.empty_hint.isVisible()
    table.show_analysis(None)
    assert table.empty_hint.isVisible()
    table.show_in_picture(True)
    assert not table.empty_hint.isVisible()
    table.show_in_picture(False)
    assert table.empty_hint.isVisible()


def test_the_selected_row_marks_its_person(table: PeopleTable, walking: Asked, qtbot: QtBot) -> None:
    marked: list[object] = []
    table.marked.connect(marked.append)
    qtbot.mouseClick(table.tree.viewport(), Qt.MouseButton.LeftButton, pos=middle(table, 1))
    assert marked.pop() == 2
    table.choose(1)
    assert marked.pop() == 1
    table.clear_choice()
    assert marked.pop() is None
    table.choose(2)
    table.show_analysis(None)
    assert marked[-1] is None


def test_names_stay_readable_in_a_narrow_panel(table: PeopleTable, walking: Asked) -> None:
    table.resize(220, 240)
    tree = table.tree
    assert tree.columnWidth(NAME) >= tree.fontMetrics().horizontalAdvance("Person 12")
    bar = tree.horizontalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0
    table.resize(900, 240)
    assert bar.maximum() == 0
    assert sum(tree.columnWidth(column) for column in range(EYE + 1)) == tree.viewport().width()  # type: ignore[union-attr]
