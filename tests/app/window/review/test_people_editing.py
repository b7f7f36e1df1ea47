"""People are hidden, merged, split, swapped and deleted; what is drawn, plotted and exported follows, and undo."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.analysis.edits import DeletePerson, MergePeople, SplitPerson
from app.core.people import Frame, FramePoses, Person
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.window.main_window import MainWindow
from app.window.review.people_tree import EYE
from tests.app.window.conftest import FPS, FRAMES
from tests.app.window.test_main_window import PATIENCE, play

SKELETON = load_skeleton("halpe26")
CONFUSED, BROKEN = 20, 15
"""Frame from which the ids of the two walkers are exchanged, and that from which the third person has another id."""
LEFT, RIGHT, STANDING = "left", "right", "standing"
Line = dict[str, Any]


def body(number: int, x: float, y: float, index: int) -> Person:
    """A person at ``x``, ``y`` whose knees bend."""
    points = np.zeros((len(SKELETON.names), 3), np.float32)
    for row, name in enumerate(SKELETON.names):
        bend = 4 * np.sin(index / 3) if "knee" in name else 0.0
        points[row] = x + 10 + bend, y + 50 * row / len(SKELETON.names), 0.9
    return Person(number, 0.9, np.array([x, y, x + 20, y + 50], np.float32), points)


def place_of(who: str, index: int) -> float:
    return {LEFT: 5.0 + 2 * index, RIGHT: 132.0 - 2 * index, STANDING: 60.0}[who]


def people(index: int) -> FramePoses:
    """Two walkers who cross, whose ids are exchanged while they do, and a standing person whose track is broken."""
    first, second = (1, 2) if index < CONFUSED else (2, 1)
    found = [body(first, place_of(LEFT, index), 5, index), body(second, place_of(RIGHT, index), 8, index)]
    if index not in range(BROKEN, BROKEN + 2):
        found.append(body(3 if index < BROKEN else 4, place_of(STANDING, index), 65, index))
    return FramePoses(index, index / FPS, tuple(sorted(found, key=lambda person: person.id)))


@pytest.fixture
def window_(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with a recording of these people, and the table of people."""
    header = Header(str(clip), (160, 120), float(FPS), SKELETON, "pose", "boxes", "cpu", "cpu", source_file=clip)
    (sink,) = open_sinks([tmp_path / "people.jsonl"], header, DrawStyle())
    for index in range(FRAMES):
        poses = people(index)
        sink.write(Frame(index, poses.time_s, np.zeros((120, 160, 3), np.uint8)), poses, "")
    sink.close()
    posing.preferences.recordings = tmp_path
    posing.dock_area.dock_of("people").show()
    play(posing, tmp_path / "people.jsonl", qtbot)
    posing.player.pause()
    qtbot.waitUntil(lambda: posing.people.tree.topLevelItemCount() == 4, timeout=PATIENCE)
    return posing


def analysis_of(window: MainWindow) -> Analysis:
    analysis = window.player.analysis
    assert analysis is not None
    return analysis


def show_frame(window: MainWindow, index: int, qtbot: QtBot) -> None:
    window.player.seek_index(index)
    qtbot.waitUntil(lambda: window.player.current.frame.index == index, timeout=PATIENCE)  # type: ignore[union-attr]


def drawn(window: MainWindow) -> list[int]:
    """The ids of the people who are drawn."""
    assert window.player.current is not None
    return [person.id for person in window.player.current.poses.people]


def export(window: MainWindow, name: str, qtbot: QtBot, *formats: str) -> None:
    """Write the whole clip by the export dialog."""
    window.actions_by_name["export"].trigger()
    dialog: Any = window.dialogs.shown["export"]
    for form, box in dialog.targets.boxes.items():
        box.setChecked(form in formats)
    dialog.targets.name.setText(name)
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    dialog.close()


def exported(window: MainWindow, name: str, folder: Path, qtbot: QtBot) -> bytes:
    export(window, name, qtbot, "{stem}.jsonl")
    return (folder / f"{name}.jsonl").read_bytes()


def ids_at(data: bytes, who: str) -> list[int]:
    """The id in each frame of the JSON lines of who is at the place of ``who``; 0 where there is nobody."""
    found = []
    for line in map(json.loads, data.splitlines()[1:]):
        box = body(0, place_of(who, line["frame"]), {LEFT: 5, RIGHT: 8, STANDING: 65}[who], 0).box.tolist()
        found.append(sum(person["id"] for person in line["people"] if person["box"] == box))
    return found


def choose(window: MainWindow, *numbers: int) -> None:
    """Select rows of the table."""
    tree = window.people.tree
    tree.clearSelection()
    for row, number in enumerate(tree.ids()):
        if number in numbers and (item := tree.topLevelItem(row)) is not None:
            item.setSelected(True)


def entry(menu: QMenu, *texts: str) -> Any:
    """The action of a menu, or of a submenu, by its texts."""
    actions = {action.text(): action for action in menu.actions()}
    action = actions[texts[0]]
    return action if len(texts) == 1 else entry(action.menu(), *texts[1:])  # type: ignore[arg-type]


def pick(window: MainWindow, open_menu: Callable[[], None], *texts: str) -> None:
    """Open a menu and trigger one of its entries."""
    open_menu()
    (menu,) = [one for one in window.people.findChildren(QMenu) if one.isVisible()]
    entry(menu, *texts).trigger()
    menu.close()


def in_table(window: MainWindow) -> Callable[[], None]:
    return lambda: window.people.tree.customContextMenuRequested.emit(QPoint(20, 20))


def on_timeline(window: MainWindow, number: int, index: int) -> Callable[[], None]:
    """Opens the menu of a person's bar at a frame, as the right mouse button does."""
    line = window.controls.timeline

    def click() -> None:
        window.review.panels.refresh_strip()
        x = round(line._x((index + 0.2) / FPS))
        (y,) = [y for y in range(line.height()) if line.bar_at(QPoint(x, y).toPointF()) == number][:1]
        at = QPoint(x, y)
        QApplication.sendEvent(line, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, line.mapToGlobal(at)))

    return click


def activate(window: MainWindow, qtbot: QtBot) -> None:
    """Give the window the keys after a dialog."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)


def undo(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def redo(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def test_two_people_are_swapped_from_a_moment_on_the_timeline(
    window_: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    before = exported(window_, "before", tmp_path, qtbot)
    assert ids_at(before, LEFT) == [1] * CONFUSED + [2] * (FRAMES - CONFUSED)
    pick(window_, on_timeline(window_, 2, CONFUSED), "Swap from 0:01.000 on with", "1")
    swapped = exported(window_, "swapped", tmp_path, qtbot)
    assert ids_at(swapped, LEFT) == [1] * FRAMES
    assert ids_at(swapped, RIGHT) == [2] * FRAMES
    assert window_.actions_by_name["undo"].text() == "Undo: Swap 2 and 1"
    undo(window_, qtbot)
    assert exported(window_, "undone", tmp_path, qtbot) == before
    redo(window_, qtbot)
    assert exported(window_, "redone", tmp_path, qtbot) == swapped


def test_a_broken_track_is_merged_and_is_one_in_plots_and_files(
    window_: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window_.dock_area.dock_of("plots").show()
    window_.people.steps.rename(4, "Anna & Bo")
    before = exported(window_, "before", tmp_path, qtbot)
    choose(window_, 3, 4)
    pick(window_, in_table(window_), "Merge 3 and Anna && Bo")
    qtbot.waitUntil(lambda: window_.people.tree.ids() == [1, 2, 4], timeout=PATIENCE)
    assert window_.actions_by_name["undo"].toolTip() == "Undo: Merge Anna & Bo and 3 (Ctrl+Z)"
    window_.plots.plotted.choose(["y:nose"], [4])
    window_.plots.refresh()
    qtbot.waitUntil(lambda: window_.plots.up_to_date and len(window_.plots.plotted.curves) == 1, timeout=PATIENCE)
    values = window_.plots.plotted.curves[0].series.values
    assert np.isfinite(values).sum() == FRAMES - 2
    export(window_, "merged", qtbot, "{stem}.csv", "{stem}.trc", "{stem}.jsonl")
    with (tmp_path / "merged.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["id"], row["person"]) for row in rows} == {("1", ""), ("2", ""), ("4", "Anna & Bo")}
    assert {path.name for path in tmp_path.glob("merged*.trc")} == {
        *("merged_person1.trc", "merged_person2.trc", "merged.Anna & Bo.trc")
    }
    assert set(ids_at((tmp_path / "merged.jsonl").read_bytes(), STANDING)) == {4, 0}
    undo(window_, qtbot)
    assert exported(window_, "undone", tmp_path, qtbot) == before


def test_who_is_merged_into_somebody_without_a_name_gives_the_name(window_: MainWindow, qtbot: QtBot) -> None:
    analysis = analysis_of(window_)
    window_.people.steps.rename(4, "Anna")
    window_.people.steps.merge(4, 3)
    assert (analysis.ids(), analysis.name(3)) == ([1, 2, 3], "Anna")
    undo(window_, qtbot)
    assert (analysis.ids(), analysis.name(3), analysis.name(4)) == ([1, 2, 3, 4], "3", "Anna")


def test_hidden_people_stay_in_the_table_alone(window_: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window_.dock_area.dock_of("plots").show()
    window_.dock_area.dock_of("measures").show()
    show_frame(window_, 5, qtbot)
    tree = window_.people.tree
    at = tree.visualRect(tree.indexFromItem(tree.topLevelItem(0), EYE)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert analysis_of(window_).hidden() == {1}
    assert tree.ids() == [1, 2, 3, 4]
    assert drawn(window_) == [2, 3]
    assert window_.plots.plotted.plotted_people(analysis_of(window_)) == [2, 3]
    panel = window_.review.measures
    qtbot.waitUntil(lambda: panel.measured.person == 2 and panel.measured.up_to_date, timeout=PATIENCE)
    assert [panel.people.itemData(row) for row in range(panel.people.count())] == [2, 3, 4]
    hidden = exported(window_, "hidden", tmp_path, qtbot)
    assert ids_at(hidden, LEFT) == [0] * CONFUSED + [2] * (FRAMES - CONFUSED)
    undo(window_, qtbot)
    assert drawn(window_) == [1, 2, 3]
    choose(window_, 3)
    pick(window_, in_table(window_), "Show only this person")
    assert drawn(window_) == [3]
    pick(window_, in_table(window_), "Show all people")
    assert drawn(window_) == [1, 2, 3]


def test_a_person_is_split_at_the_shown_frame_and_deleted_by_key(
    window_: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    before = exported(window_, "before", tmp_path, qtbot)
    show_frame(window_, CONFUSED, qtbot)
    choose(window_, 1)
    pick(window_, in_table(window_), "Split at 0:01.000")
    assert analysis_of(window_).edits == (SplitPerson(1, CONFUSED, 5),)
    qtbot.waitUntil(lambda: window_.people.tree.ids() == [1, 2, 3, 4, 5], timeout=PATIENCE)
    choose(window_, 5)
    window_.people.tree.setFocus()
    qtbot.keyClick(window_.people.tree, Qt.Key.Key_Delete)
    assert analysis_of(window_).edits[-1] == DeletePerson(5)
    assert ids_at(exported(window_, "split", tmp_path, qtbot), RIGHT) == [2] * CONFUSED + [0] * (FRAMES - CONFUSED)
    undo(window_, qtbot)
    undo(window_, qtbot)
    assert exported(window_, "undone", tmp_path, qtbot) == before


def test_names_order_and_sides_are_taken_back(window_: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    analysis, table = analysis_of(window_), window_.people
    before = exported(window_, "before", tmp_path, qtbot)
    table.tree.renamed.emit(2, "Anna")
    table.tree.moved.emit([4, 3, 2, 1])
    choose(window_, 2)
    table.facing_menu.chosen.emit(-1)
    assert (analysis.names(), analysis.ids(), analysis.chosen_facing()) == ({2: "Anna"}, [4, 3, 2, 1], {2: -1})
    for _ in range(3):
        undo(window_, qtbot)
    assert (analysis.names(), analysis.ids(), analysis.chosen_facing()) == ({}, [1, 2, 3, 4], {})
    assert table.tree.ids() == [1, 2, 3, 4]
    assert exported(window_, "undone", tmp_path, qtbot) == before


def test_a_moment_at_which_nothing_can_be_split_is_not_offered(window_: MainWindow, qtbot: QtBot) -> None:
    show_frame(window_, 0, qtbot)
    choose(window_, 1)
    in_table(window_)()
    (menu,) = [one for one in window_.people.findChildren(QMenu) if one.isVisible()]
    assert not entry(menu, "Split at 0:00.000").isEnabled()
    menu.close()


def test_all_edits_are_taken_back_at_once_also_those_of_an_earlier_session(
    window_: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    revert, analysis = window_.actions_by_name["revert-edits"], analysis_of(window_)
    before = exported(window_, "before", tmp_path, qtbot)
    assert not revert.isEnabled()
    window_.people.steps.delete([1, 2, 3, 4])
    window_.features.undo.clear()
    assert analysis.ids() == []
    revert.trigger()
    assert exported(window_, "reverted", tmp_path, qtbot) == before
    assert not revert.isEnabled()
    undo(window_, qtbot)
    assert analysis.ids() == []


@pytest.mark.slow
def test_edits_are_carried_to_the_analysis_with_other_settings(
    posing: MainWindow, short_demo: Path, qtbot: QtBot
) -> None:
    play(posing, short_demo, qtbot)
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
        pass
    posing.dock_area.dock_of("people").show()
    qtbot.waitUntil(lambda: posing.people.steps.analysis is posing.player.analysis, timeout=PATIENCE)
    first = analysis_of(posing)
    man, woman = first.ids()[:2]
    index = int(first.track(man).indices[40])
    posing.people.steps.rename(man, "Anna")
    posing.people.steps.swap(man, woman, index)
    posing.people.steps.hide([woman], True)
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
        posing.panel.changed.emit(replace(posing.panel.settings, smooth="kalman"))
    second = analysis_of(posing)
    assert second is not first
    qtbot.waitUntil(lambda: bool(second.edits) and bool(second.hidden()), timeout=PATIENCE)
    (anna,) = second.names()
    assert second.names()[anna] == "Anna"
    assert np.abs(second.track(anna).boxes[:, 0] - first.track(man).boxes[:, 0]).max() < 5
    assert not posing.actions_by_name["undo"].isEnabled()


@pytest.mark.slow
def test_edits_return_when_the_clip_is_opened_again(
    small_models: Settings, short_demo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    film = Path(shutil.copy(short_demo, tmp_path / "film.mp4"))

    def opened() -> MainWindow:
        window = MainWindow(small_models)
        window.show()
        with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
            window.load()
        with qtbot.waitSignal(window.player.clip_analysis.ended, timeout=PATIENCE):
            window.open(str(film))
        qtbot.waitUntil(lambda: window.people.steps.analysis is window.player.analysis, timeout=PATIENCE)
        return window

    def closed(window: MainWindow) -> None:
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()

    first = opened()
    man, woman = analysis_of(first).ids()[:2]
    first.people.steps.merge(woman, man)
    first.people.steps.rename(man, "Anna")
    first.people.steps.hide([man], True)
    closed(first)
    second = opened()
    analysis = analysis_of(second)
    assert [type(edit) for edit in analysis.edits] == [MergePeople]
    qtbot.waitUntil(lambda: analysis.names() == {man: "Anna"}, timeout=PATIENCE)
    assert analysis.hidden() == {man}
    second.actions_by_name["revert-edits"].trigger()
    assert set(analysis.ids()) >= {man, woman}
    closed(second)
