"""``main.py`` as a whole process."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import atexit, runpy, sys
atexit.register(print, "Python's atexit ran")
sys.argv = ["main.py", "--list-models"]
runpy.run_path("main.py", run_name="__main__")
"""


def test_main_exits_through_python_when_no_thread_hangs() -> None:
    """The process is cut off only if a thread hangs; otherwise Python's exit handlers run."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Python's atexit ran"
