"""Pictures of the window for the README and for looking at: ``python -m tests.screenshots FOLDER``.

Every scene is shown light and dark, at the screen's density and at twice that, in English; the first ones in Chinese
too. The pictures are made off the screen with the demo clip and the default models.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from app.window.main_window import MainWindow

PATIENCE_S = 120.0
WAYS = [
    ("light", 1, "en"),
    ("dark", 1, "en"),
    ("light", 2, "en"),
    ("dark", 2, "en"),
    ("light", 1, "zh"),
    ("dark", 2, "zh"),
]


def main() -> None:
    """Make all pictures, each way in a process of its own: Qt takes its density from the environment once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.way:
        scheme, density, language = wanted.way
        shoot(wanted.folder, scheme, int(density), language)
        return
    for scheme, density, language in WAYS:
        way = ["--way", scheme, str(density), language]
        environment = os.environ | {"QT_SCALE_FACTOR": str(density), "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-m", "tests.screenshots", str(wanted.folder), *way]
        subprocess.run(command, env=environment, check=True)


def shoot(folder: Path, scheme: str, density: int, language: str) -> None:
    """Go through the scenes one way."""
    from PyQt6.QtCore import QCoreApplication
    from PyQt6.QtWidgets import QApplication

    from app.settings import Settings
    from app.window import theme
    from app.window.language import install
    from app.window.main_window import MainWindow

    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    theme.is_dark = lambda: scheme == "dark"  # there is no system off the screen
    install(application, language)
    theme.dress(application)
    window = MainWindow(Settings())
    window.show()

    def wait(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            QCoreApplication.processEvents()
            time.sleep(0.01)

    def keep(name: str, widget: QWidget) -> None:
        wait(lambda: False, 0.7)
        widget.grab().save(str(folder / f"{name}-{scheme}-{density}x-{language}.png"))

    keep("welcome", window)
    window.load()
    window.open("demo")
    _watch(window, wait)
    keep("playing", window)
    for name in ("plots", "people"):
        window.desk.dock_of(name).show()
    window.resize(1500, 980)
    keep("review", window)
    for name in ("plots", "people"):
        window.desk.dock_of(name).hide()
    window.desk.dock_of("engine").show()
    window.panel.drawn_as.setCurrentIndex(1)
    window.panel.colored.setCurrentIndex(1)
    window.panel.switches["trails"].setChecked(True)
    window.panel.dim.setValue(45)
    keep("engine", window)
    for name in ("models", "settings", "shortcuts", "export"):
        window.deeds[name].trigger()
        keep(name, window.dialogs.shown[name])
        window.dialogs.close()
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.close()
    wait(lambda: closed)


def _watch(window: MainWindow, wait: Callable[[Callable[[], object]], None]) -> None:
    """Let the clip play until there is something to look over."""
    wait(lambda: window.player.analysis is not None and len(window.player.analysis) > 90)
    window.player.pause()
    for deed, time_s in (("mark-in", 1.0), ("mark-out", 2.6)):
        window.player.seek(time_s)
        wait(lambda time_s=time_s: window.player.current and abs(window.player.current.frame.time_s - time_s) < 0.05)  # type: ignore[misc]
        window.deeds[deed].trigger()
    window.player.seek(1.9)
    wait(lambda: window.player.current and abs(window.player.current.frame.time_s - 1.9) < 0.05)


if __name__ == "__main__":
    main()
