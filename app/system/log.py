"""The log: one file of the user's that tells afterwards what went wrong, and no password."""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app import __version__
from app.address import without_secrets
from app.errors import StanceError

NAME = "stance.log"
CRASHES = "crashes.txt"
"""Where Python writes what every thread was doing when the whole process died: nothing can be logged any more then."""
MOST_BYTES = 1_000_000
KEPT = 3
"""So many older files stay beside the one that is written."""
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
BEGINS = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
TROUBLE = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) ")
TAIL_BYTES = 200_000
DIES = re.compile(r"^(?=Fatal Python error: |Windows fatal exception: )", re.MULTILINE)
CRASH_LINES = 40


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

    A crash of native code leaves its trace in a file beside it. Where files cannot be written there are none, and
    everything else goes on.
    """
    file = _opened()
    if file is None:
        yield
        return
    root = logging.getLogger()
    thread_hook, last_hook = threading.excepthook, sys.unraisablehook

    def hear(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "unknown"
            _write(file, f"the thread {name} ended with an error", args.exc_value)
        thread_hook(args)

    def hear_last(args: sys.UnraisableHookArgs) -> None:
        _write(file, args.err_msg or "an error where nobody could be told of it", args.exc_value)
        last_hook(args)

    threading.excepthook, sys.unraisablehook = hear, hear_last
    root.addHandler(file)
    _write(file, f"Stance {__version__} begins", None, logging.INFO)
    try:
        with _crashes_told():
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
        threading.excepthook, sys.unraisablehook = thread_hook, last_hook


def last_troubles(count: int) -> list[str]:
    """The newest ``count`` warnings and errors of the log with their tracebacks, oldest first; none without a log."""
    try:
        with (folder() / NAME).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except (OSError, RuntimeError, ImportError):
        return []
    return [entry.strip() for entry in BEGINS.split(text) if TROUBLE.match(entry)][-count:]


def last_crash() -> str:
    """When a process last died of native code, and what its threads were doing; empty where none did."""
    try:
        with (folder() / CRASHES).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(os.fstat(file.fileno()).st_mtime))
    except (OSError, RuntimeError, ImportError):
        return ""
    crashes = DIES.split(text)[1:]
    return without_secrets("\n".join([at, *crashes[-1].strip().splitlines()[:CRASH_LINES]])) if crashes else ""


@contextmanager
def _crashes_told() -> Iterator[None]:
    """Have Python write a crash of the process into its file, unless somebody has it told elsewhere."""
    if faulthandler.is_enabled():
        yield
        return
    try:
        place = folder() / CRASHES
        full = place.exists() and place.stat().st_size > MOST_BYTES
        file = place.open("wb" if full else "ab", buffering=0)
    except (OSError, RuntimeError):
        yield
        return
    with file:
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()


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
