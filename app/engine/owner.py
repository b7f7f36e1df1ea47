"""One owner of a pipeline at any time: it tracks people from frame to frame, and two sources would mix them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

from app.pipeline import Pipeline
from app.system.giving_up import GivenUpError

POLL_S = 0.1


_locks: WeakKeyDictionary[Pipeline, threading.Lock] = WeakKeyDictionary()
_creating = threading.Lock()


def take(pipeline: Pipeline, given_up: Callable[[], bool]) -> None:
    """Own ``pipeline`` from now on; waits until its present owner leaves it.

    Raises GivenUpError when ``given_up()`` becomes true first.
    """
    lock = _lock(pipeline)
    while not lock.acquire(timeout=POLL_S):
        if given_up():
            raise GivenUpError


def leave(pipeline: Pipeline) -> None:
    """Stop owning ``pipeline``."""
    _lock(pipeline).release()


def _lock(pipeline: Pipeline) -> threading.Lock:
    with _creating:
        return _locks.setdefault(pipeline, threading.Lock())
