"""The window as a program: it starts light, lives through mistakes and ends when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAVY = ("cv2", "onnxruntime", "scipy", "av", "filterpy")

RUN = """
import sys
from PyQt6.QtCore import QTimer
from app.cli import leave
from app.settings import Job, Settings
from app.window import main_window, run_window

class Window(main_window.MainWindow):
    def load(self):
        {body}

main_window.MainWindow = Window
leave(run_window(Settings(), Job({source!r})))
"""


def run(body: str, source: str = "") -> subprocess.CompletedProcess[str]:
    """The window in a process of its own that ends as ``main.py`` does; ``body`` takes the place of loading models."""
    code = RUN.format(body=body, source=source)
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_nothing_heavy_is_imported_before_the_window_is_shown() -> None:
    done = run(f"print([name for name in {HEAVY} if name in sys.modules], self.isVisible()); self.close()")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] True"


def test_a_mistake_in_a_reaction_becomes_a_message(clip: Path) -> None:
    done = run(
        "QTimer.singleShot(0, lambda: 1 / 0);"
        "QTimer.singleShot(500, lambda: (print(self.stage.banner.sentence), self.close()))"
    )
    assert done.returncode == 0, done.stderr
    assert "ZeroDivisionError" in done.stdout
    assert "Traceback" in done.stderr


def test_a_signal_closes_it_properly(clip: Path) -> None:
    done = run(
        "import os, signal; self.closed.connect(lambda: print('closed'));"
        "self.player.shown.connect(lambda _: os.kill(os.getpid(), signal.SIGTERM))",
        str(clip),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "closed"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("before", ["", "QTimer.singleShot(0, lambda: 1 / 0);"], ids=["nothing", "a mistake"])
def test_it_ends_well_whatever_its_going_sets_off(before: str) -> None:
    """A crash here is what the person's system tells of, after an hour in which everything was well."""
    done = run(
        "from PyQt6.QtCore import QObject; made = main_window.made = [];"
        "self.destroyed.connect(lambda: (made.extend(QObject() for _ in range(20_000)), print(len(made))));"
        f"{before} QTimer.singleShot(200, self.close)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "20000"


def test_a_driver_that_does_not_return_keeps_nobody() -> None:
    """Nothing it may still tell is gone by then, and nobody waits for it longer than for a moment."""
    done = run(
        "self.destroyed.connect(lambda: print('gone'));"
        "import threading; threading.Thread(target=threading.Event().wait, name='stance-stuck', daemon=True).start();"
        "self.close()"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
