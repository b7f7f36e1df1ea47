"""The window as a process: light start, robust against errors, clean end on request."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

HEAVY = ("numpy", "cv2", "onnxruntime", "scipy", "av", "filterpy")

RUN = """
import sys
from PyQt6.QtCore import QTimer
from app.cli.main import leave
from app.core.settings import RunOptions, Settings
from app.window import main_window, run_window

class Window(main_window.MainWindow):
    def load(self):
        {body}

main_window.MainWindow = Window
leave(run_window(Settings(), RunOptions({source!r})))
"""


def run(body: str, source: str = "", timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the window in a process that ends as ``main.py`` does; ``body`` replaces the loading of models."""
    code = RUN.format(body=body, source=source)
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def test_nothing_heavy_is_imported_before_the_window_is_shown() -> None:
    done = run(f"print([name for name in {HEAVY} if name in sys.modules], self.isVisible()); self.close()")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] True"


def test_an_exception_in_a_slot_becomes_a_notice(clip: Path) -> None:
    done = run(
        "QTimer.singleShot(0, lambda: 1 / 0);"
        "QTimer.singleShot(500, lambda: (print(self.video_stack.banner.sentence), self.close()))"
    )
    assert done.returncode == 0, done.stderr
    assert "ZeroDivisionError" in done.stdout
    assert "Traceback" in done.stderr


def test_a_signal_closes_the_window_properly(clip: Path) -> None:
    done = run(
        "import os, signal; self.closed.connect(lambda: print('closed'));"
        "self.player.shown.connect(lambda _: os.kill(os.getpid(), signal.SIGTERM))",
        str(clip),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "closed"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("before", ["", "QTimer.singleShot(0, lambda: 1 / 0);"], ids=["nothing", "a mistake"])
def test_errors_while_closing_do_not_change_the_exit_code(before: str) -> None:
    """A crash here would be reported by the system after an error-free session."""
    done = run(
        "from PyQt6.QtCore import QObject; made = main_window.made = [];"
        "self.destroyed.connect(lambda: (made.extend(QObject() for _ in range(20_000)), print(len(made))));"
        f"{before} QTimer.singleShot(200, self.close)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "20000"


def test_a_blocked_driver_does_not_delay_the_end() -> None:
    """No signal emitted later reaches a deleted object, and the wait for the thread is short."""
    done = run(
        "self.destroyed.connect(lambda: print('gone'));"
        "import threading; threading.Thread(target=threading.Event().wait, name='stance-stuck', daemon=True).start();"
        "self.close()"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


SIGTERM_SETUP = "import os, signal, threading; tell = lambda: os.kill(os.getpid(), signal.SIGTERM);"


def test_a_signal_ends_a_process_with_a_blocked_event_loop() -> None:
    """The event loop never runs again."""
    done = run(
        f"{SIGTERM_SETUP} import time; threading.Timer(0.5, tell).start();"
        "QTimer.singleShot(0, lambda: [time.sleep(0.1) for _ in iter(int, 1)])"
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in done.stderr


def test_a_signal_does_not_wait_for_an_unfinished_recording() -> None:
    """Without the signal the window would wait a minute, and this test half a minute."""
    done = run(
        f"{SIGTERM_SETUP} from types import SimpleNamespace; self.closed.connect(lambda: print('closed'));"
        "self.capture.recorder.recording = SimpleNamespace(seconds=1.0);"
        "QTimer.singleShot(0, self.close);"
        "QTimer.singleShot(300, lambda: (print(self.video_stack.doing), tell()))",
        timeout_s=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Finishing recording …", "closed"]


def test_the_window_closes_although_playback_does_not_stop() -> None:
    done = run(
        "import threading; self.closed.connect(lambda: print('closed'));"
        "self.player.close = lambda wait_s: threading.Event().wait;"
        "self.close()"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "closed"
