"""Annotations on the picture are there when a clip is opened again, and move with its project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.overlay import Annotation, Annotations, Place
from app.project.store import folder
from app.window.main_window import MainWindow
from tests.app.window.player.test_kept_projects import saved_project, wait_for_queue
from tests.app.window.test_main_window import PATIENCE, play

ARROW = Annotation("arrow", (Place(10, 20), Place(50, 60)), frames=(3, 3))
TEXT = Annotation("text", (Place(30.5, 40),), text="knee over toe")


@pytest.fixture
def later(qtbot: QtBot) -> Iterator[MainWindow]:
    """A second window, as after a restart of the program."""
    made = MainWindow(Settings())
    yield made
    with qtbot.waitSignal(made.closed, timeout=PATIENCE):
        made.close()


def drawn(window: MainWindow) -> tuple[Annotation, ...]:
    return window.features.annotating.annotations.items


def test_annotations_return_for_a_renamed_clip_and_move_with_its_project(
    window: MainWindow, later: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    own = Path(shutil.copy(clip, tmp_path / "clip.mp4"))
    play(window, own, qtbot)
    wait_for_queue(window, qtbot)
    board = window.features.annotating.board
    board.change("draw", Annotations((ARROW,)), None)
    board.change("write", Annotations((ARROW, TEXT)), None)
    wait_for_queue(window, qtbot)
    play(window, clip, qtbot)  # the same content
    qtbot.waitUntil(lambda: drawn(window) == (ARROW, TEXT), timeout=PATIENCE)
    saved_project(window, tmp_path / "saved.stance", qtbot)
    wait_for_queue(window, qtbot)
    window.features.undo.clear()
    shutil.rmtree(folder())
    shutil.copy(clip, tmp_path / "clip.mp4")
    later.open(str(tmp_path / "saved.stance"))
    qtbot.waitUntil(lambda: drawn(later) == (ARROW, TEXT), timeout=PATIENCE)


def test_annotations_belong_to_their_clip(window: MainWindow, clip: Path, short_demo: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    wait_for_queue(window, qtbot)
    window.features.annotating.board.change("draw", Annotations((ARROW,)), None)
    play(window, short_demo, qtbot)
    wait_for_queue(window, qtbot)
    assert drawn(window) == ()
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: drawn(window) == (ARROW,), timeout=PATIENCE)
