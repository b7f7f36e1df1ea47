"""Changes of keypoints that are still being computed when the window closes are finished and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.edited import CARRIED, CORRECTED
from app.core.people import Person
from app.core.settings import Settings
from app.window.main_window import MainWindow
from app.window.review.keypoint_corrections import Spot
from tests.app.window.conftest import shared_session
from tests.app.window.player.test_kept_projects import PATIENCE, analysis_of, open_part

KNEE, WRIST, INDEX = 13, 9, 10


@pytest.fixture
def start(small_models: Settings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], MainWindow]]:
    """Makes a window with small models; those that are still open are closed at the end."""
    monkeypatch.setattr("app.inference.onnx_model.open_session", shared_session)
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow(small_models)
        made.append(window)
        with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
            window.load()
        return window

    yield make
    for window in made:
        close(window, qtbot)


def close(window: MainWindow, qtbot: QtBot) -> None:
    if not window.closing.done:
        with qtbot.waitSignal(window.closed, timeout=10 * PATIENCE):
            window.close()


def first_person(window: MainWindow, index: int) -> Person:
    poses = analysis_of(window).get(index)
    assert poses is not None
    return next(person for person in poses.people if person.id == 1)


def test_what_waits_when_the_window_closes_is_there_when_the_clip_is_opened_again(
    start: Callable[[], MainWindow], short_demo: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("app.window.closing.FINISH_S", 600.0)
    window = start()
    open_part(window, short_demo, qtbot)
    person, corrections = first_person(window, INDEX), window.features.correct.corrections
    far = 0.3 * float(np.ptp(person.box[[1, 3]]))
    x, y = person.keypoints[KNEE, :2].tolist()
    corrections.place(Spot(1, KNEE, INDEX), x + far, y)
    corrections.delete(Spot(1, WRIST, INDEX), INDEX + 2)
    assert corrections.busy
    close(window, qtbot)
    again = start()
    open_part(again, short_demo, qtbot)
    marks = [first_person(again, index).edited for index in (INDEX, INDEX + 1)]
    assert [None if mark is None else int(mark[KNEE]) for mark in marks] == [CORRECTED, CARRIED]
    np.testing.assert_allclose(first_person(again, INDEX).keypoints[KNEE, :2], [x + far, y], atol=0.01)
    assert [first_person(again, index).keypoints[WRIST, 2] for index in range(INDEX, INDEX + 3)] == [0, 0, 0]
