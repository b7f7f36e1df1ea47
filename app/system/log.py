"""The log file: records errors without passwords."""

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
from app.core.address import without_secrets
from app.core.errors import StanceError

NAME = "stance.log"
CRASHES = "crashes.txt"
"""The file for the stacks of all threads if the process crashes, when logging no longer works."""
MAX_BYTES = 1_000_000
"""Size at which a log file is rotated, in bytes."""
BACKUP_COUNT = 3
"""Number of older log files that are kept."""
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ENTRY_START = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
WARNING_ENTRY = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) ")
TAIL_BYTES = 200_000
"""How much of the end of a file is read, in bytes."""
CRASH_START = re.compile(r"^(?=Fatal Python error: |Windows fatal exception: )", re.MULTILINE)
CRASH_LINES = 40
"""Maximum number of lines reported of a crash."""


class Formatter(logging.Formatter):
    """Formats records and their tracebacks without the credentials of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        """``record`` as text."""
        return without_secrets(super().format(record))


class _LogFile(RotatingFileHandler):
    """Ignores a full disk, and a file that another Stance process is rotating."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Drop the record."""


def folder() -> Path:
    """The log folder: below STANCE_HOME if that is set, else the platform's log folder."""
    if home := os.environ.get("STANCE_HOME"):
        return Path(home).expanduser().absolute() / "log"
    import platformdirs

    return platformdirs.user_log_path("stance", appauthor=False)


@contextmanager
def log_to_file() -> Iterator[None]:
    """Log to the file as well, including uncaught exceptions of all threads, while the context is open.

    A crash of native code is written to a second file beside it. If the files cannot be written, the program runs
    without them.
    """
    file = _open_file()
    if file is None:
        yield
        return
    root = logging.getLogger()
    thread_hook, unraisable_hook = threading.excepthook, sys.unraisablehook

    def on_thread_error(args: threading.ExceptHookArgs) -> None:
        """Log an uncaught exception of a thread."""
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "unknown"
            _write(file, f"the thread {name} ended with an error", args.exc_value)
        thread_hook(args)

    def on_unraisable(args: sys.UnraisableHookArgs) -> None:
        """Log an exception that cannot be raised, such as one in a destructor."""
        _write(file, args.err_msg or "an exception that cannot be raised", args.exc_value)
        unraisable_hook(args)

    threading.excepthook, sys.unraisablehook = on_thread_error, on_unraisable
    root.addHandler(file)
    _write(file, f"Stance {__version__} begins", None, logging.INFO)
    try:
        with _crash_file():
            yield
    except StanceError as error:
        _write(file, f"Stance ended: {error}", None, logging.WARNING)
        raise
    except Exception as error:
        _write(file, "Stance ended with an error", error)
        raise
    finally:
        root.removeHandler(file)
        with suppress(OSError):  # the disk may be full
            file.close()
        threading.excepthook, sys.unraisablehook = thread_hook, unraisable_hook


def last_warnings(count: int) -> list[str]:
    """The latest ``count`` warnings and errors in the log with their tracebacks, oldest first; empty without a log."""
    try:
        with (folder() / NAME).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except (OSError, RuntimeError, ImportError):
        return []
    return [entry.strip() for entry in ENTRY_START.split(text) if WARNING_ENTRY.match(entry)][-count:]


def last_crash() -> str:
    """Time and thread stacks of the last crash of native code; empty if there was none."""
    try:
        with (folder() / CRASHES).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
            time_text = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(os.fstat(file.fileno()).st_mtime))
    except (OSError, RuntimeError, ImportError):
        return ""
    crashes = CRASH_START.split(text)[1:]
    return without_secrets("\n".join([time_text, *crashes[-1].strip().splitlines()[:CRASH_LINES]])) if crashes else ""


@contextmanager
def _crash_file() -> Iterator[None]:
    """Have ``faulthandler`` write a crash to the crash file, unless it is already enabled."""
    if faulthandler.is_enabled():
        yield
        return
    try:
        path = folder() / CRASHES
        full = path.exists() and path.stat().st_size > MAX_BYTES
        file = path.open("wb" if full else "ab", buffering=0)
    except (OSError, RuntimeError):
        yield
        return
    with file:
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()


def _open_file() -> _LogFile | None:
    try:
        path = folder()
        path.mkdir(parents=True, exist_ok=True)
        file = _LogFile(
            path / NAME, maxBytes=MAX_BYTES, backupCount=BACKUP_COUNT, encoding="utf-8", errors="backslashreplace"
        )
    except (OSError, RuntimeError, ImportError):  # no permission, no space, no home folder, no platformdirs
        return None
    file.setFormatter(Formatter(FORMAT))
    return file


def _write(file: logging.Handler, text: str, error: BaseException | None, level: int = logging.ERROR) -> None:
    """Write to the log file only: the error reaches stderr by other means."""
    info = (type(error), error, error.__traceback__) if error is not None else None
    file.handle(logging.LogRecord(__name__, level, __file__, 0, text, None, info))
