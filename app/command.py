"""What Stance's command lines share: one sentence for what is wrong, and the exit codes."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from typing import NoReturn

from app.errors import StanceError

BAD_INPUT = 2
INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End the process with that line."""
        self.exit(BAD_INPUT, f"{message[:1].upper()}{message[1:]}: `{self.prog} --help` lists what is known.\n")


def exit_code(run: Callable[[], int], remedy: str) -> int:
    """The exit code of ``run``; a StanceError becomes its sentence, a package that does not load one with a ``remedy``.

    Both go to stderr.
    """
    logging.basicConfig(level=logging.WARNING, format="stance: %(levelname)s: %(message)s")
    try:
        return run()
    except StanceError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except ImportError as error:
        reason = " ".join(str(error).split())
        print(f"A package does not load ({reason}): {remedy}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
