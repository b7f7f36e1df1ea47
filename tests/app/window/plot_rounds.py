"""Fast use of the window with open plots and busy threads: which objects are freed, and in which thread."""

from __future__ import annotations

import random
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.window.main_window import MainWindow
from app.window.review.chart import Chart
from tests.app.window.seen import FPS, walker

SECONDS = 4
CHOICES = (
    ["angle:right knee", "angle:left knee"],
    ["x:left_wrist"],
    ["speed:left_wrist", "y:right_ankle", "angle:right knee"],
    ["y:nose", "x:nose"],
)
PATIENCE = 60_000


def recorded(folder: Path) -> Path:
    """A video of two people with a recording of them, so that plots need no network."""
    film = folder / "walkers.mp4"
    head = Header("0", (640, 360), float(FPS), load_skeleton("coco17"), "", "", "cpu", "cpu", live=True)
    sinks = open_sinks([film, film.with_suffix(".jsonl")], head, DrawStyle(ids=False))
    for index in range(SECONDS * FPS):
        frame = Frame(index, index / FPS, np.full((360, 640, 3), 60, np.uint8))
        for sink in sinks:
            sink.write(frame, FramePoses(index, index / FPS, (walker(1, index), walker(2, index))))
    for sink in sinks:
        sink.close()
    return film


@contextmanager
def busy_threads(count: int = 3) -> Iterator[None]:
    """Threads that create reference cycles continuously, as imports and decoders do."""
    over = threading.Event()

    def litter() -> None:
        while not over.wait(0.01):
            for _ in range(1000):
                cycle: list[object] = []
                cycle.append(cycle)

    threads = [threading.Thread(target=litter, name=f"litter-{number}") for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


class Deaths:
    """Records in which threads the ``noted`` parts of plots were freed, and how many are still alive."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.noted = 0
        self.died = 0
        self._seen: set[int] = set()

    @property
    def alive(self) -> int:
        return self.noted - self.died

    def note(self, chart: Chart) -> None:
        for row in chart.rows:
            if id(row) in self._seen:
                continue
            self._seen.add(id(row))
            for part in (row.plot, row.view, row.cursor, row.bounds):
                self.noted += 1
                weakref.finalize(part, self._die, id(row)).atexit = False

    def _die(self, row: int) -> None:
        self._seen.discard(row)
        self.died += 1
        self.threads.add(threading.current_thread().name)


def use_fast(window: MainWindow, film: Path, times: int, qtbot: QtBot) -> Deaths:
    """Open and close the plots, change curves, drag sliders, seek and play, ``times`` times, beside busy threads.

    Returns how the parts of the plots were freed.
    """
    chance, deaths, plots = random.Random(3), Deaths(), window.plots
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(str(film))
    window.dock_area.dock_of("plots").show()
    qtbot.waitUntil(lambda: plots.chart is not None, timeout=PATIENCE)
    chart = plots.chart
    assert chart is not None
    with busy_threads():
        for number in range(times):
            plots.choice = CHOICES[number % len(CHOICES)]
            for _ in range(3):
                window.player.seek(chance.random() * SECONDS)
                window.panel.detection.threshold.setValue(chance.randrange(20, 40))
            qtbot.keyClick(window, chance.choice([Qt.Key.Key_Home, Qt.Key.Key_Space, Qt.Key.Key_Right]))
            if number % 5 == 0:
                window.dock_area.dock_of("plots").hide()
                window.dock_area.dock_of("plots").show()
            wanted = sorted({key.partition(":")[0] for key in plots.choice})

            def plotted(wanted: list[str] = wanted) -> bool:
                plots.refresh()
                return sorted(row.kind for row in chart.rows) == wanted

            qtbot.waitUntil(plotted, timeout=PATIENCE)
            deaths.note(chart)
            plots.grab()
    return deaths
