"""Work away from the window's thread brings its answer back to it."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.core.errors import StanceError
from app.window.core.tasks import CancelledError, TaskRunner, nothing


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


def test_results_and_errors_arrive_in_the_calling_thread(background: TaskRunner, qtbot: QtBot) -> None:
    heard: list[tuple[str, object, bool]] = []

    def hear(what: str, value: object) -> None:
        heard.append((what, str(value), threading.current_thread() is threading.main_thread()))

    def fail() -> None:
        raise StanceError("The cat has eaten it.")

    background.run("ask", threading.current_thread, lambda thread: hear("done", thread.name), print, background)
    qtbot.waitUntil(lambda: len(heard) == 1, timeout=60_000)
    background.run("ask", lambda: threading.current_thread().name, lambda name: hear("done", name), print, background)
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=60_000)
    background.run("ask", fail, print, lambda error: hear("failed", error), background)
    qtbot.waitUntil(lambda: len(heard) == 3, timeout=60_000)
    assert heard == [
        ("done", "stance-ask", True),
        ("done", "stance-ask", True),
        ("failed", "The cat has eaten it.", True),
    ]


def test_what_is_queued_is_done_in_order(background: TaskRunner, qtbot: QtBot) -> None:
    order: list[int] = []
    for number in range(20):
        background.queue(partial(order.append, number), nothing, print, background)
    qtbot.waitUntil(lambda: len(order) == 20, timeout=60_000)
    assert order == list(range(20))


def test_a_cancelled_task_is_not_called_back_and_its_result_is_discarded(background: TaskRunner, qtbot: QtBot) -> None:
    heard: list[str] = []
    go = threading.Event()

    def work() -> str:
        assert go.wait(20)
        return "answer"

    def fail() -> None:
        assert go.wait(20)
        raise StanceError("The cat has eaten it.")

    first = background.new_task()
    discard = lambda answer: heard.append(f"discarded {answer}")  # noqa: E731
    background.run("ask", work, heard.append, print, background, first, discard)
    background.run("ask", fail, print, lambda error: heard.append(str(error)), background, first)
    late = background.callback(heard.append, background, first)
    second = background.new_task(first)
    assert first.is_cancelled
    assert not second.is_cancelled
    late("late progress")
    go.set()
    background.run("ask", lambda: "second", heard.append, print, background, second)
    qtbot.waitUntil(lambda: len(heard) == 2 and not background.busy("ask"), timeout=60_000)
    qtbot.wait(50)
    assert sorted(heard) == ["discarded answer", "second"]


def test_a_task_is_cancelled_when_the_window_closes() -> None:
    background = TaskRunner()
    task = background.new_task()
    assert not task.is_cancelled
    background.close(5.0)
    assert task.is_cancelled


def test_a_cancelled_task_does_not_sleep(background: TaskRunner) -> None:
    task = background.new_task()
    sleeper = threading.Thread(target=task.sleep, args=(60,))
    sleeper.start()
    task.cancel()
    sleeper.join(20)
    assert not sleeper.is_alive()


def test_no_result_arrives_after_closing(background: TaskRunner, qtbot: QtBot) -> None:
    heard: list[object] = []
    go = threading.Event()
    background.run("late", go.wait, heard.append, heard.append, background)
    threading.Timer(0.1, go.set).start()
    background.close(5.0)
    qtbot.wait(50)
    assert go.is_set()
    assert heard == []


@pytest.mark.parametrize("how", ["done", "failed", "called"])
def test_deleted_receiver_gets_no_result(background: TaskRunner, qtbot: QtBot, how: str) -> None:
    heard: list[object] = []
    go = threading.Event()
    gone, here = QObject(), QObject()

    def work() -> None:
        assert go.wait(20)
        if how == "called":
            late()
        elif how == "failed":
            raise StanceError("The cat has eaten it.")

    late = background.callback(lambda: heard.append("called"), gone)
    wrong = (lambda _: heard.append("wrong")) if how != "called" else nothing
    background.run("gone", work, wrong, wrong, gone)
    background.run("here", go.wait, lambda _: heard.append("right"), print, here)
    sip.delete(gone)
    go.set()
    qtbot.waitUntil(lambda: not background.busy("gone", "here"), timeout=60_000)
    qtbot.waitUntil(lambda: bool(heard), timeout=60_000)
    assert heard == ["right"]


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a niceness of its own")
def test_tasks_and_their_threads_have_a_lower_priority_than_the_window(background: TaskRunner, qtbot: QtBot) -> None:
    niceness: list[int] = []

    def note() -> None:
        niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def work() -> None:
        note()
        started = threading.Thread(target=note)
        started.start()
        started.join()

    with qtbot.waitCallback() as done:
        background.run("work", work, done, print, background)
    note()
    own, inherited, windows = niceness
    assert own == inherited > windows


@pytest.mark.parametrize("how", ["done", "failed", "cancelled", "queued"])
def test_objects_of_a_task_are_freed_in_the_calling_thread(background: TaskRunner, qtbot: QtBot, how: str) -> None:
    """It may be a widget, which no other thread may free."""
    freed: list[threading.Thread] = []
    began = threading.Event()

    class Held:
        def __init__(self) -> None:
            weakref.finalize(self, lambda: freed.append(threading.current_thread())).atexit = False

    def ask() -> None:
        of_work, of_answer = Held(), Held()

        def work() -> Held:
            began.set()
            if how == "failed":
                raise StanceError(f"The cat has eaten {of_work}.")
            if how == "cancelled":
                raise CancelledError
            assert of_work
            return Held()

        def answer(_: object) -> None:
            assert of_answer

        if how == "queued":
            background.queue(work, answer, answer, background)
        else:
            background.run("ask", work, answer, answer, background)

    ask()
    assert began.wait(20)
    qtbot.waitUntil(lambda: len(freed) == (3 if how in ("done", "queued") else 2), timeout=60_000)
    assert set(freed) == {threading.main_thread()}
