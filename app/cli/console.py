"""Shared by Stance's command lines: one-line errors, exit codes, termination by signals."""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from app.core.address import without_secrets
from app.core.errors import StanceError
from app.system import log

BAD_INPUT = 2
"""Exit code for bad input."""
INTERRUPTED = 130
"""Exit code after Ctrl+C."""
BROKEN_PIPE = 141
"""Exit code when the reader of the standard output has closed it."""
REPEATED_COLON = re.compile(r"(: invalid [\w ]+):(?= )")
"""The second colon in a sentence of ``argparse``: ``argument --smooth: invalid choice: 'butter'``."""
OPTION, NEGATIVE = re.compile(r"--[a-z-]+"), re.compile(r"-\.?\d.*[=,:]")
"""An option, and a value that begins like a negative number and is none."""
TERMINATE_S = 4.0
"""Longest time in seconds from SIGTERM to the end of the process, apart from one second for its threads."""


class Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Print ``message`` as one line and exit with ``BAD_INPUT``."""
        message = REPEATED_COLON.sub(r"\1", without_secrets(message))
        self.exit(BAD_INPUT, f"{message[:1].upper()}{message[1:]}; `{self.prog} --help` shows what is accepted.\n")


def number(kind: type[int] | type[float], wanted: str) -> Callable[[str], float]:
    """The ``type`` of an argument that is a number; ``wanted`` describes it to a user whose text is none."""

    def read(text: str) -> float:
        try:
            return kind(text)
        except ValueError:
            name = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {name}, wanted {wanted}") from None

    return read


def join_negatives(arguments: Sequence[str]) -> list[str]:
    """``arguments``, with a value that begins like a negative number joined to its option by =.

    ``argparse`` takes one that is no number, as ``-5=2``, for an option, and says that the value is missing.
    """
    found: list[str] = []
    for argument in arguments:
        if NEGATIVE.match(argument) and found and OPTION.fullmatch(found[-1]):
            found[-1] += f"={argument}"
        else:
            found.append(argument)
    return found


def named_path(text: str) -> Path:
    """The ``type`` of an argument that is a path; ``Path`` would take an empty text for the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty, wanted that of a file or folder")
    return Path(text)


def exit_code(run: Callable[[], int], remedy: str) -> int:
    """Call ``run`` and return its exit code, with errors turned into one line on stderr.

    A StanceError is printed as its sentence, an ImportError with ``remedy``; both return ``BAD_INPUT``. The log is
    written to its file meanwhile, with details that the console does not show.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may not be encodable
    console = logging.StreamHandler()
    console.setFormatter(log.Formatter("stance: %(levelname)s: %(message)s"))
    console.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[console])
    logging.getLogger("app").setLevel(logging.INFO)  # for the log file
    try:
        with log.log_to_file():
            return run()
    except StanceError as error:
        print(printable(str(error)), file=sys.stderr)
        return BAD_INPUT
    except ImportError as error:
        reason = " ".join(str(error).split())
        print(f"A package cannot be loaded ({reason}): {remedy}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # as in ``main.py ... | head``; further output is discarded
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


@contextmanager
def terminate_on_sigterm() -> Iterator[None]:
    """Within this context, SIGTERM ends the process after at most ``TERMINATE_S``; it must have a handler.

    Python runs signal handlers in the main thread between two bytecode instructions, so never while a driver call does
    not return. Therefore a second thread watches for the signal too.
    """
    read_end, write_end = socket.socketpair()
    write_end.setblocking(False)
    finished = threading.Event()

    def watch() -> None:
        while numbers := read_end.recv(64):
            if finished.is_set():
                return
            if signal.SIGTERM in numbers:
                if not finished.wait(TERMINATE_S):
                    os._exit(128 + signal.SIGTERM)
                return

    watcher = threading.Thread(target=watch, name="signals", daemon=True)
    before = signal.set_wakeup_fd(write_end.fileno(), warn_on_full_buffer=False)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        signal.set_wakeup_fd(before)
        write_end.send(b"\0")
        watcher.join()
        read_end.close()
        write_end.close()


def printable(text: str) -> str:
    """``text`` on one line: control and bidirectional characters, as in file names, are escaped as in Python."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
