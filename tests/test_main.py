"""The program from its first line to its last."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

TO_THE_END = """
import atexit, runpy, sys
atexit.register(print, "Python's own end")
sys.argv = ["main.py", "--list-models"]
runpy.run_path("main.py", run_name="__main__")
"""


def test_nothing_keeps_it_from_ending_by_itself() -> None:
    """Whoever hangs is waited for and then broken off; where nobody does, there is nothing to wait for."""
    done = subprocess.run(
        [sys.executable, "-c", TO_THE_END], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Python's own end"
