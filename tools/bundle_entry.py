"""The program of a bundle: Stance itself, and the Python interpreter that its child processes expect.

Stance starts ``sys.executable`` with ``-m`` or ``-c`` to fetch, convert and probe. In a bundle that is this program, so
it understands these options as the interpreter does.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys

IGNORED = ("-P", "-E", "-s", "-I", "-u")
"""Options of the interpreter that make no difference in a bundle."""


def run() -> None:
    """Run the module or the code that the arguments name, else Stance."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    while arguments and arguments[0] in IGNORED:
        del arguments[0]
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        sys.argv = [arguments[1], *arguments[2:]]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[:1] == ["-c"] and len(arguments) > 1:
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        from app.cli.main import run as run_stance

        run_stance()


if __name__ == "__main__":
    run()
