"""Repeated work pauses after each time, unless the pause is skipped."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.window.core.paced_work import PacedWork
from app.window.core.tasks import TaskRunner

LONG = 3600.0


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


def test_the_pause_after_work_can_be_skipped(background: TaskRunner, qtbot: QtBot) -> None:
    work = PacedWork(background, "count", background, pause_factor=0.0, min_pause_s=LONG)
    done: list[int] = []
    work.run(lambda: 1, done.append, print)
    assert not work.ready
    qtbot.waitUntil(lambda: done == [1], timeout=60_000)
    assert not work.ready
    work.skip_pause()
    assert work.ready


def test_a_pause_that_is_skipped_during_the_work_does_not_follow_it(background: TaskRunner, qtbot: QtBot) -> None:
    work, go = PacedWork(background, "count", background, pause_factor=0.0, min_pause_s=LONG), threading.Event()
    done: list[bool] = []
    work.run(lambda: go.wait(60), done.append, print)
    work.skip_pause()
    assert not work.ready  # one piece of work at a time
    go.set()
    qtbot.waitUntil(lambda: done == [True], timeout=60_000)
    assert work.ready
    work.run(lambda: False, done.append, print)
    qtbot.waitUntil(lambda: done == [True, False], timeout=60_000)
    assert not work.ready  # it was skipped once
