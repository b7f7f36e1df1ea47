"""Work away from the window's thread brings its answer back to it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from app.errors import StanceError
from app.window.background import Background


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close(5.0)


def test_answers_and_errors_come_back_to_the_thread_that_asked(background: Background, qtbot: QtBot) -> None:
    heard: list[tuple[str, object, bool]] = []

    def hear(what: str, value: object) -> None:
        heard.append((what, str(value), threading.current_thread() is threading.main_thread()))

    def fail() -> None:
        raise StanceError("The cat has eaten it.")

    background.run("ask", threading.current_thread, lambda thread: hear("done", thread.name), print)
    qtbot.waitUntil(lambda: len(heard) == 1)
    background.run("ask", lambda: threading.current_thread().name, lambda name: hear("done", name), print)
    qtbot.waitUntil(lambda: len(heard) == 2)
    background.run("ask", fail, print, lambda error: hear("failed", error))
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [
        ("done", "stance-ask", True),
        ("done", "stance-ask", True),
        ("failed", "The cat has eaten it.", True),
    ]


def test_what_is_queued_is_done_in_order(background: Background, qtbot: QtBot) -> None:
    order: list[int] = []
    for number in range(20):
        background.queue(partial(order.append, number), lambda _: None, print)
    qtbot.waitUntil(lambda: len(order) == 20)
    assert order == list(range(20))


def test_after_closing_nothing_comes_back(background: Background, qtbot: QtBot) -> None:
    heard: list[object] = []
    go = threading.Event()
    background.run("late", go.wait, heard.append, heard.append)
    threading.Timer(0.1, go.set).start()
    background.close(5.0)
    qtbot.wait(50)
    assert go.is_set()
    assert heard == []


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a niceness of its own")
def test_work_lets_the_window_go_first_and_so_does_what_it_starts(background: Background, qtbot: QtBot) -> None:
    niceness: list[int] = []

    def note() -> None:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def work() -> None:
        note()
        started = threading.Thread(target=note)
        started.start()
        started.join()

    with qtbot.waitCallback() as done:
        background.run("work", work, done, print)
    note()
    own, inherited, windows = niceness
    assert own == inherited > windows
