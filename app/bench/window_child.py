"""Runs the window in a child process, off screen where there is no display, and returns what it measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.core.errors import StanceError
from app.window.display_check import can_show

ROOT = Path(__file__).resolve().parents[2]


def run_window(module: str, what: dict[str, Any], data: str) -> dict[str, Any]:
    """The JSON object that ``module`` prints for the argument ``what``; ``data`` is its folder for kept analyses.

    Raises StanceError if the process fails.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "STANCE_DATA": data,
    }
    if can_show():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, json.dumps(what)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise StanceError("The window did not open: {reason}", reason="".join(done.stderr.strip().splitlines()[-1:]))
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured
