"""Drawings, the grid and projects of clips that are turned: by a flag in the file, or by --rotate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.overlay import Annotation, Annotations, Place
from app.window.main_window import MainWindow
from tests.app.sources.clips import make_clip
from tests.app.window.player.test_clip_analysis import numbers
from tests.app.window.player.test_kept_projects import saved_project, wait_for_queue
from tests.app.window.test_main_window import PATIENCE

ARROW = Annotation("arrow", (Place(100, 50), Place(30, 40)))
LINE = Annotation("distance", (Place(20, 200), Place(110, 90)), text="stick")
TIMES = [index / 25 for index in range(4)]


@pytest.fixture
def flagged(tmp_path: Path) -> Path:
    """A clip of 240x120 pixels whose file says that it is to be turned by a quarter: 120x240 upright."""
    y, x = np.mgrid[:120, :240]
    image = np.stack([x, 2 * y, 255 - x], axis=2).astype(np.uint8)  # the color says the place
    return make_clip(tmp_path / "flagged.mp4", TIMES, size=(240, 120), rotation=90, image=image, options={"crf": "4"})


@pytest.fixture
def as_stored(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window that shows pictures as they are stored."""
    made = MainWindow(Settings(), rotate="0")
    yield made
    with qtbot.waitSignal(made.closed, timeout=PATIENCE):
        made.close()


def open_paused(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(path), paused=True)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    wait_for_queue(window, qtbot)


def pixels(image: QImage) -> np.ndarray:
    shared = image.constBits()
    assert shared is not None
    return np.frombuffer(shared.asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), image.width(), 4)


def test_a_turned_clip_is_drawn_on_as_one_that_was_filmed_upright(
    window: MainWindow, flagged: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.sources.file import VideoFile

    source = VideoFile(flagged)
    upright = source.read()
    source.close()
    assert upright is not None
    assert upright.image.shape == (240, 120, 3)
    same = make_clip(tmp_path / "upright.mp4", TIMES, size=(120, 240), image=upright.image, options={"crf": "4"})
    window.panel.display.switches["grid"].setChecked(True)
    taken = []
    for path in (flagged, same):
        open_paused(window, path, qtbot)
        window.features.annotating.board.change("draw", Annotations((ARROW, LINE)), None)
        taken.append([pixels(window.view.screenshot(drawn)).astype(int) for drawn in (True, False)])
    (drawn, plain), (drawn_upright, plain_upright) = taken
    assert abs(plain - plain_upright).mean() < 3
    overlay, overlay_upright = (
        abs(a - b).max(axis=2) > 30 for a, b in ((drawn, plain), (drawn_upright, plain_upright))
    )
    assert overlay.sum() > 500
    assert (overlay ^ overlay_upright).sum() < 0.05 * overlay.sum()


def test_drawings_turn_with_the_picture(
    window: MainWindow, as_stored: MainWindow, flagged: Path, clip: Path, qtbot: QtBot
) -> None:
    open_paused(window, flagged, qtbot)
    window.features.annotating.board.change("draw", Annotations((ARROW, LINE)), None)
    wait_for_queue(window, qtbot)
    open_paused(as_stored, flagged, qtbot)
    board = as_stored.features.annotating.board
    qtbot.waitUntil(lambda: len(board.annotations) == 2, timeout=PATIENCE)
    assert as_stored.player.source is not None
    assert as_stored.player.source.size == (240, 120)
    first, second = window.view.shown, as_stored.view.shown
    assert first is not None
    assert second is not None
    for before, after in zip((ARROW, LINE), board.annotations, strict=True):
        for old, new in zip(before.points, after.points, strict=True):
            here = first.frame.image[round(old.y) - 2 : round(old.y) + 3, round(old.x) - 2 : round(old.x) + 3]
            there = second.frame.image[round(new.y) - 2 : round(new.y) + 3, round(new.x) - 2 : round(new.x) + 3]
            assert abs(here.mean(axis=(0, 1)) - there.mean(axis=(0, 1))).max() < 3
    # What is changed there comes back in the picture that is upright.
    board.change("draw", Annotations(tuple(board.annotations)[:1]), None)
    wait_for_queue(as_stored, qtbot)
    open_paused(window, clip, qtbot)
    open_paused(window, flagged, qtbot)
    qtbot.waitUntil(lambda: window.features.annotating.annotations == Annotations((ARROW,)), timeout=PATIENCE)


@pytest.mark.slow
def test_a_project_is_opened_with_the_rotation_it_was_made_with(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    own = Path(shutil.copy(clip, tmp_path / "clip.mp4"))
    opener = posing.player._opener
    opener.rotate = "90"
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=PATIENCE):
        posing.player.open(str(own), paused=True)
    found = numbers(posing.player.analysis)
    assert posing.player.source is not None
    assert posing.player.source.size == (120, 160)
    saved_project(posing, tmp_path / "saved.stance", qtbot)
    wait_for_queue(posing, qtbot)
    opener.rotate = "auto"
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(own), paused=True)
    assert posing.player.source.size == (160, 120)
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(tmp_path / "saved.stance"), paused=True)
    assert posing.player.rotate == "90"
    assert posing.player.source.size == (120, 160)
    qtbot.waitUntil(lambda: numbers(posing.player.analysis) == found, timeout=PATIENCE)
