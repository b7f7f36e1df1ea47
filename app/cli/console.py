"""What Stance's command lines share: one sentence for what is wrong, and the exit codes."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from app import journal
from app.address import without_secrets
from app.errors import StanceError

BAD_INPUT = 2
INTERRUPTED = 130
UNREAD = 141


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End the process with that line."""
        message = without_secrets(message)
        self.exit(BAD_INPUT, f"{message[:1].upper()}{message[1:]}: `{self.prog} --help` lists what is known.\n")


def exit_code(run: Callable[[], int], remedy: str) -> int:
    """The exit code of ``run``; a StanceError becomes its sentence, a package that does not load one with a ``remedy``.

    Both go to stderr, and the log has a file of its own beside.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file may have a name that the terminal cannot spell
    console = logging.StreamHandler()
    console.setFormatter(journal.Formatter("stance: %(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[console])
    try:
        with journal.kept():
            return run()
    except StanceError as error:
        print(printable(str(error)), file=sys.stderr)
        return BAD_INPUT
    except ImportError as error:
        reason = " ".join(str(error).split())
        print(f"A package does not load ({reason}): {remedy}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # as in ``main.py ... | head``; what is still to be printed goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


def printable(text: str) -> str:
    """``text`` on one line: what would break it or turn it round, as in names of files, is escaped as in Python."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
