"""Getting a file of the catalogue while the window tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from app.window.background import CancelledError

TELL_EVERY_S = 0.1


def located(name: str, tell: Callable[[str], None], cancelled: Callable[[], bool]) -> Path:
    """The file of the catalogue's entry or path ``name``, fetched if it is not here; for a thread that may wait.

    ``tell`` gets a short line a few times a second. Raises StanceError where it cannot be had, CancelledError as soon
    as ``cancelled()`` is true.
    """
    from app.zoo.fetch import locate

    told_s = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal told_s
        if cancelled():
            raise CancelledError
        if time.monotonic() - told_s >= TELL_EVERY_S:
            told_s = time.monotonic()
            tell(f"Fetching {name} · {_megabytes(done, total)}" if done else f"Fetching {name}")

    return locate(name, progress)


def _megabytes(done: int, total: int | None) -> str:
    return f"{done / 1e6:.1f} MB" if total is None else f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
