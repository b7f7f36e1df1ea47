"""What belongs to the window is freed in the window's thread, whatever other threads do."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.core.cycle_collector import CycleCollector
from app.window.core.tasks import TaskRunner
from app.window.main_window import MainWindow
from tests.app.window.plot_rounds import busy_threads, recorded, use_fast

PARTS_OF_A_LAYOUT = 4 * 3
"""Number of parts of the three plots that are shown at most."""


class Part:
    """Refers to itself, as widgets and their layouts do."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_plots_are_created_and_freed_in_the_windows_thread(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, rounds: int
) -> None:
    deaths = use_fast(window, recorded(tmp_path), rounds, qtbot)
    assert deaths.died > rounds  # they do die while the window runs
    assert deaths.threads == {threading.main_thread().name}
    assert deaths.alive < 40 * PARTS_OF_A_LAYOUT  # and do not pile up
    gc.collect()
    assert deaths.alive <= PARTS_OF_A_LAYOUT
    assert deaths.threads == {threading.main_thread().name}


def test_cycles_are_freed_soon_in_the_windows_thread(background: TaskRunner, qtbot: QtBot) -> None:
    freed: list[str] = []
    with busy_threads():
        for _ in range(100):
            weakref.finalize(Part(), lambda: freed.append(threading.current_thread().name))
        qtbot.waitUntil(lambda: len(freed) == 100, timeout=60_000)
    assert set(freed) == {threading.main_thread().name}


def test_python_collects_cycles_again_after_the_last_collector_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.window.core.cycle_collector._keepers", set())  # but for that of all these tests
    gc.enable()
    first, second = CycleCollector(), CycleCollector()
    assert not gc.isenabled()
    first.stop()
    first.stop()
    assert not gc.isenabled()
    del second  # as with a window that was never closed
    gc.collect()
    assert gc.isenabled()
    gc.disable()


def test_old_objects_are_freed(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.window.core.cycle_collector.GROWTH_CHECK_S", 0.0)
    collector = CycleCollector()
    gc.collect()
    old, freed = Part(), list[int]()
    weakref.finalize(old, freed.append, 1)
    gc.collect()  # now it is among the old
    del old
    kept: list[object] = []

    def grown() -> bool:
        kept.extend([number] for number in range(20_000))
        return bool(freed)

    qtbot.waitUntil(grown, timeout=60_000)
    collector.stop()
