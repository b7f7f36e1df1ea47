"""What was analysed of a clip is there again after the program was closed, and no network runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.inference.onnx_model import OnnxModel
from app.project.store import folder
from app.window.main_window import MainWindow
from tests.app.window.conftest import shared_session
from tests.app.window.player.test_clip_analysis import END_S, analysed, numbers, runs

__all__ = ["analysed", "runs"]

PATIENCE = 60_000
Restart = Callable[[], MainWindow]


@pytest.fixture
def restart(small_models: Settings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Restart]:
    """Makes a further window with the same models, as after a restart of the program."""
    monkeypatch.setattr("app.inference.onnx_model.open_session", shared_session)
    made: list[MainWindow] = []

    def start() -> MainWindow:
        window = MainWindow(small_models)
        made.append(window)
        with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
            window.load()
        return window

    yield start
    for window in made:
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()


def open_part(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.player.clip_analysis.ended, timeout=PATIENCE):
        window.player.open(str(clip), 0.0, END_S, paused=True)


def shown(window: MainWindow) -> int:
    return window.player.current.frame.index if window.player.current is not None else -1


def test_a_clip_opened_after_a_restart_has_its_people_and_names_and_needs_no_network(
    analysed: MainWindow, short_demo: Path, restart: Restart, runs: list[OnnxModel], tmp_path: Path, qtbot: QtBot
) -> None:
    analysed.people.tree.renamed.emit(1, "Ada")
    before = numbers(analysed.player.analysis)
    analysed.notes.save()
    qtbot.waitUntil(lambda: len(list(folder().glob("*.json"))) == 1, timeout=PATIENCE)
    window = restart()
    runs.clear()
    open_part(window, Path(shutil.copy(short_demo, tmp_path / "moved.mp4")), qtbot)
    assert numbers(window.player.analysis) == before
    analysis = window.player.analysis
    assert analysis is not None
    qtbot.waitUntil(lambda: analysis.name(1) == "Ada", timeout=PATIENCE)
    window.player.play()
    qtbot.waitUntil(
        lambda: window.player.current is not None and window.player.current.frame.index > 10, timeout=PATIENCE
    )
    assert runs == []
    assert window.player.clip_analysis.check is not None
    assert window.player.clip_analysis.check.is_judged
