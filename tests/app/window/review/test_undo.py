"""Undo and redo of the user's edits."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction

from app.analysis import Analysis
from app.analysis.edits import DeletePerson, MergePeople
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton
from app.window.review.undo import Undo


@pytest.fixture
def actions(qapp: QObject) -> dict[str, QAction]:
    return {name: QAction(name, qapp) for name in ("undo", "redo")}


def clip() -> Analysis:
    analysis = Analysis(load_skeleton("coco17"))
    people = tuple(Person(id_, 1.0, np.zeros(4, np.float32), np.ones((17, 3), np.float32)) for id_ in (1, 2))
    analysis.add(FramePoses(0, 0.0, people))
    return analysis


def test_edits_are_taken_back_and_repeated_one_by_one(qapp: QObject, actions: dict[str, QAction]) -> None:
    analysis, undo, changes = clip(), Undo(actions, qapp), []
    undo.changed.connect(lambda: changes.append(analysis.ids()))
    assert not actions["undo"].isEnabled()
    undo.edit("Merge", analysis, (MergePeople(2, 1),))
    undo.edit("Delete", analysis, (MergePeople(2, 1), DeletePerson(1)))
    assert "Delete" in actions["undo"].text()
    actions["undo"].trigger()
    actions["undo"].trigger()
    actions["redo"].trigger()
    assert changes == [[1], [], [1], [1, 2], [1]]
    assert "Merge" in actions["undo"].text()
    assert "Delete" in actions["redo"].text()


def test_with_another_source_nothing_can_be_taken_back(qapp: QObject, actions: dict[str, QAction]) -> None:
    analysis, undo = clip(), Undo(actions, qapp)
    undo.edit("Merge", analysis, (MergePeople(2, 1),))
    undo.clear()
    assert not actions["undo"].isEnabled()
    assert not actions["redo"].isEnabled()
    assert analysis.ids() == [1]
