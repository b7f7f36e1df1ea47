"""Lets a long computation end soon after its result is no longer wanted, such as when the user quits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class GivenUpError(Exception):
    """A wait or a computation was given up."""


class _Asked(threading.local):
    """What this thread asks to learn whether its computation is still wanted."""

    given_up: Callable[[], bool] | None = None


_asked = _Asked()


@contextmanager
def giving_up_when(given_up: Callable[[], bool]) -> Iterator[None]:
    """While open, ``raise_if_given_up`` in this thread asks ``given_up()``."""
    before = _asked.given_up
    _asked.given_up = given_up
    try:
        yield
    finally:
        _asked.given_up = before


def raise_if_given_up() -> None:
    """Raise GivenUpError if the result of this thread's computation is no longer wanted.

    For loops that may take a second in maps of noise; a computation that nobody gives up goes on.
    """
    if _asked.given_up is not None and _asked.given_up():
        raise GivenUpError
