"""Screenshots of the window for the README and for review: ``python -m tests.screenshots FOLDER``.

Each scene is saved light and dark, at one and two pixels per point, in English, and two of these in Chinese. They are
rendered off screen with the demo clip and the default models.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from app.window.main_window import MainWindow

TIMEOUT_S = 120.0
VARIANTS = [
    ("light", 1, "en"),
    ("dark", 1, "en"),
    ("light", 2, "en"),
    ("dark", 2, "en"),
    ("light", 1, "zh"),
    ("dark", 2, "zh"),
]


def main() -> None:
    """Make all screenshots, each variant in its own process: Qt reads the scale factor once, from the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--variant", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.variant:
        scheme, scale, language = options.variant
        save_screenshots(options.folder, scheme, int(scale), language)
        return
    with TemporaryDirectory() as empty:
        make_variants(options.folder, empty)


def make_variants(folder: Path, data: str) -> None:
    """Save every scene in every variant; what the window keeps of clips goes into the folder ``data``."""
    for scheme, scale, language in VARIANTS:
        variant = ["--variant", scheme, str(scale), language]
        environment = os.environ | {"QT_SCALE_FACTOR": str(scale), "QT_QPA_PLATFORM": "offscreen", "STANCE_DATA": data}
        command = [sys.executable, "-m", "tests.screenshots", str(folder), *variant]
        subprocess.run(command, env=environment, check=True)


def save_screenshots(folder: Path, scheme: str, scale: int, language: str) -> None:
    """Save every scene in one variant."""
    from PyQt6.QtCore import QCoreApplication
    from PyQt6.QtWidgets import QApplication

    from app.core.settings import Settings
    from app.window.i18n.translations import install
    from app.window.main_window import MainWindow
    from app.window.style import theme

    application = QApplication(sys.argv[:1])
    application.setStyle("Fusion")
    theme.is_dark = lambda: scheme == "dark"  # off screen there is no system color scheme
    install(application, language)
    theme.apply_theme(application)
    window = MainWindow(Settings())
    window.show()

    def wait(condition: Callable[[], object], seconds: float = TIMEOUT_S) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            QCoreApplication.processEvents()
            time.sleep(0.01)

    def save(name: str, widget: QWidget) -> None:
        wait(lambda: False, 0.7)
        widget.grab().save(str(folder / f"{name}-{scheme}-{scale}x-{language}.png"))

    save("welcome", window)
    window.load()
    window.open("demo")
    window.resize(1180, 760)
    _play_part(window, wait)
    save("playing", window)
    for name in ("plots", "people"):
        window.dock_area.dock_of(name).show()
    window.resize(1500, 980)
    wait(lambda: window.people.tree.topLevelItemCount() > 1 and window.plots.chart and window.plots.chart.legend.texts)
    save("review", window)
    window.dock_area.dock_of("people").hide()
    for name in ("measures", "check"):
        window.dock_area.dock_of(name).show()
    window.resize(1500, 1080)
    wait(lambda: window.review.measures.summary.topLevelItemCount() and window.plots.plotted.events[0])
    save("measures", window)
    for name in ("plots", "measures", "check"):
        window.dock_area.dock_of(name).hide()
    _show_three_d(window, wait)
    save("three-d", window)
    window.actions_by_name["three-d"].trigger()
    window.dock_area.dock_of("engine").show()
    window.panel.display.drawn_as.setCurrentIndex(1)
    window.panel.display.colored.setCurrentIndex(1)
    window.panel.display.switches["trails"].setChecked(True)
    window.panel.display.dim.setValue(45)
    save("engine", window)
    for switch in (window.panel.models.parts.hands, window.panel.models.parts.face):
        switch.click()
    wait(
        lambda: (
            window.loader.pipeline and window.loader.pipeline.settings.hands and window.loader.pipeline.settings.face
        )
    )
    wait(
        lambda: (
            window.player.current and any(len(person.keypoints) > 500 for person in window.player.current.poses.people)
        )
    )
    save("hands", window)
    for name in ("models", "settings", "shortcuts", "export", "scale"):
        window.actions_by_name[name].trigger()
        save(name, window.dialogs.shown[name])
        window.dialogs.close()
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.close()
    wait(lambda: closed)


def _show_three_d(window: MainWindow, wait: Callable[[Callable[[], object]], None]) -> None:
    """Show the 3-D view, with the lifter that comes with Stance, if there is one."""
    from app.lifting.open_lifter import DEFAULT, default_file
    from app.window.panels.three_d_panel import ThreeDPanel

    window.resize(1180, 760)
    window.actions_by_name["three-d"].trigger()
    if default_file().is_file():
        window.panel.request(replace(window.panel.settings, lifter=DEFAULT))
        panel = window.findChild(ThreeDPanel)
        wait(lambda: panel and panel.view.people)


def _play_part(window: MainWindow, wait: Callable[[Callable[[], object]], None]) -> None:
    """Play until 90 frames are analysed, set in and out points, and stop between them."""
    wait(lambda: window.player.analysis is not None and len(window.player.analysis) > 90)
    window.player.pause()
    for action, time_s in (("mark-in", 1.0), ("mark-out", 2.6)):
        window.player.seek(time_s)
        wait(lambda time_s=time_s: window.player.current and abs(window.player.current.frame.time_s - time_s) < 0.05)  # type: ignore[misc]
        window.actions_by_name[action].trigger()
    window.player.seek(1.9)
    wait(lambda: window.player.current and abs(window.player.current.frame.time_s - 1.9) < 0.05)


if __name__ == "__main__":
    main()
