"""What a run does not import before it shows people: each of these modules would delay the first ones."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

IMPORTS = """
import sys
import app.cli.headless, app.overlay, app.pipeline, app.sinks.jsonl, app.sinks.video, app.sources.file
print(sorted({name.split(".")[0] for name in sys.modules} & {unneeded}))
"""
UNNEEDED = {"PIL", "PyQt6", "filterpy", "matplotlib", "onnx", "pyqtgraph", "scipy", "torch", "unittest"}


def test_headless_run_imports_nothing_that_it_does_not_need() -> None:
    code = IMPORTS.replace("{unneeded}", repr(UNNEEDED))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
