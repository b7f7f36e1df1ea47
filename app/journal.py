"""The log: one file of the user's that tells afterwards what went wrong, and no password."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app import __version__
from app.address import without_secrets
from app.errors import StanceError

NAME = "stance.log"
MOST_BYTES = 1_000_000
KEPT = 3
"""So many older files stay beside the one that is written."""
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
BEGINS = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
TROUBLE = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) ")
TAIL_BYTES = 200_000


class Formatter(logging.Formatter):
    """What is logged, its traceback too, without the secrets of addresses."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        return without_secrets(super().format(record))


class _File(RotatingFileHandler):
    """A disk that is full, or a file that another Stance turns over at this moment, is no trouble of the person's."""

    def handleError(self, record: logging.LogRecord) -> None:
        """The record is lost."""


def folder() -> Path:
    """Where the log lies: in STANCE_HOME where that is set, else where the platform keeps logs."""
    if chosen := os.environ.get("STANCE_HOME"):
        return Path(chosen).expanduser().absolute() / "log"
    import platformdirs

    return platformdirs.user_log_path("stance", appauthor=False)


@contextmanager
def kept() -> Iterator[None]:
    """Log into the file too, and what nobody catches in any thread, for as long as this lasts.

    Where the file cannot be written there is none, and everything else goes on.
    """
    file = _opened()
    if file is None:
        yield
        return
    root = logging.getLogger()
    thread_hook = threading.excepthook

    def hear(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "unknown"
            _write(file, f"the thread {name} ended with an error", args.exc_value)
        thread_hook(args)

    threading.excepthook = hear
    root.addHandler(file)
    _write(file, f"Stance {__version__} begins", None, logging.INFO)
    try:
        yield
    except StanceError as error:
        _write(file, f"Stance ended: {error}", None, logging.WARNING)
        raise
    except Exception as error:
        _write(file, "Stance ended with an error", error)
        raise
    finally:
        root.removeHandler(file)
        with suppress(OSError):  # the disk may have become full
            file.close()
        threading.excepthook = thread_hook


def last_troubles(count: int) -> list[str]:
    """The newest ``count`` warnings and errors of the log with their tracebacks, oldest first; none without a log."""
    try:
        with (folder() / NAME).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except (OSError, RuntimeError, ImportError):
        return []
    return [entry.strip() for entry in BEGINS.split(text) if TROUBLE.match(entry)][-count:]


def _opened() -> _File | None:
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        file = _File(place / NAME, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8", errors="backslashreplace")
    except (OSError, RuntimeError, ImportError):  # no right, no room, no home, no package that knows where
        return None
    file.setFormatter(Formatter(FORM))
    return file


def _write(file: logging.Handler, text: str, error: BaseException | None, level: int = logging.ERROR) -> None:
    """Into the file alone: stderr hears of it in its own way."""
    info = (type(error), error, error.__traceback__) if error is not None else None
    file.handle(logging.LogRecord(__name__, level, __file__, 0, text, None, info))
