"""Tasks with the people of a clip, performed with the mouse only: docs/window.md."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot

from app.core.edited import CORRECTED
from app.window.core.times import precise_clock
from app.window.main_window import MainWindow
from tests.app.window.hand import FPS, FRAMES, Hand, hand, index, people_film, shown
from tests.app.window.test_main_window import PATIENCE

__all__ = ["hand", "people_film", "shown"]

MOMENT = FRAMES // 2


def row(window: MainWindow, number: int) -> QPoint:
    """The place of a person in the table of people."""
    tree = window.people.tree
    item = tree.topLevelItem(tree.ids().index(number))
    assert item is not None
    return tree.visualItemRect(item).center()


def first_two(window: MainWindow) -> list[int]:
    """The ids of two people who are seen from the first to the last frame."""
    analysis = window.player.analysis
    assert analysis is not None
    found = [number for number in analysis.ids() if len(analysis.track(number).indices) == FRAMES]
    assert len(found) >= 2
    return found[:2]


def drawn(window: MainWindow) -> list[int]:
    """The ids of the people who are drawn."""
    assert window.player.current is not None
    return [person.id for person in window.player.current.poses.people]


def bar(window: MainWindow, number: int, frame: int) -> QPoint:
    """A place on the bar of a person in the timeline."""
    line = window.controls.timeline
    x = round(line._x((frame + 0.3) / FPS))
    return next(QPoint(x, y) for y in range(line.height()) if line.bar_at(QPointF(x, y)) == number)


def test_show_only_one_person(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    first, second = first_two(shown)
    hand.choose("&View", "People")
    qtbot.waitUntil(lambda: second in shown.people.tree.ids(), timeout=PATIENCE)
    hand.click(shown.people.tree.viewport(), row(shown, second))
    hand.open_menu(shown.people.tree.viewport(), row(shown, second))
    hand.pick("Show only this person")
    qtbot.waitUntil(lambda: drawn(shown) == [second], timeout=PATIENCE)
    assert hand.has_done("Show only one person")
    assert first in shown.people.tree.ids()


def test_merge_two_people(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    analysis = shown.player.analysis
    assert analysis is not None
    second, whole = first_two(shown)[1], set(analysis.ids())
    shown.people.steps.split(second, MOMENT)  # as if the track had been broken
    (broken,) = set(analysis.ids()) - whole
    hand.choose("&View", "People")
    qtbot.waitUntil(lambda: broken in shown.people.tree.ids(), timeout=PATIENCE)
    hand.click(shown.people.tree.viewport(), row(shown, broken))
    hand.open_menu(shown.people.tree.viewport(), row(shown, broken))
    hand.pick("Merge with", shown.people.steps.name(second))
    assert broken not in analysis.ids()
    assert len(analysis.track(second).indices) == FRAMES
    assert hand.has_done("Merge two people")


def test_swap_two_people_and_undo_it(hand: Hand, shown: MainWindow) -> None:
    analysis = shown.player.analysis
    assert analysis is not None
    first, second = first_two(shown)
    before = [analysis.track(number).boxes.copy() for number in (first, second)]
    shown.review.panels.refresh_strip()
    hand.open_menu(shown.controls.timeline, bar(shown, first, MOMENT))
    moment = precise_clock(analysis.frames()[MOMENT].time_s)
    hand.pick(f"Swap from {moment} on with", shown.people.steps.name(second))
    swapped = [analysis.track(number).boxes for number in (first, second)]
    assert np.array_equal(swapped[0][:MOMENT], before[0][:MOMENT])
    assert np.array_equal(swapped[0][MOMENT:], before[1][MOMENT:])
    hand.choose("&Edit", shown.actions_by_name["undo"].text())
    assert np.array_equal(analysis.track(first).boxes, before[0])
    assert hand.has_done("Swap two people from a moment on, and undo it")


def test_correct_a_keypoint(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    analysis = shown.player.analysis
    assert analysis is not None
    knee = analysis.skeleton.names.index("left_knee")

    def place() -> np.ndarray:
        person = next(one for one in analysis.get(0).people if one.id == number)  # type: ignore[union-attr]
        return np.asarray(person.keypoints[knee, :2], np.float64)

    number = first_two(shown)[0]
    x, y = place()
    hand.choose("&Edit", "Correct keypoints")
    hand.drag(shown.view, shown.view.to_view(x, y).toPoint(), shown.view.to_view(x + 25, y - 10).toPoint())
    qtbot.waitUntil(lambda: not shown.features.correct.corrections.busy, timeout=PATIENCE)
    assert place() == pytest.approx([x + 25, y - 10], abs=2)
    assert hand.has_done("Correct a keypoint")
    person = next(one for one in analysis.get(0).people if one.id == number)  # type: ignore[union-attr]
    assert person.edited is not None
    assert person.edited[knee] == CORRECTED
    assert index(shown) == 0
