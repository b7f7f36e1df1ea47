"""The window over the pipe: it can be taken away, it paints at the screen's pace, and its files stay small."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenuBar,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.player import FRAME_MS
from tests.app.window.test_main_window import PATIENCE, play
from tests.conftest import ROOT

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").glob("*.py")), ids=lambda path: path.name)
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_the_rest_runs_where_there_is_no_window(yolox_tiny: Path, rtmpose_s: Path, demo: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('app.window', 'PyQt6'): sys.modules[name] = None\n"
        "from app.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    lines = tmp_path / "people.jsonl"
    models = ["--pose", str(rtmpose_s), "--detector", str(yolox_tiny)]
    rest = ["--source", str(demo), "--headless", "--limit", "3", "--output", str(lines)]
    done = subprocess.run([sys.executable, "-c", code, *models, *rest], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 4


def test_no_more_is_painted_than_anybody_sees(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    shown: list[float] = []
    window.player.shown.connect(lambda result: shown.append(time.perf_counter()))
    play(window, clip, qtbot)
    window.player.set_rate(4.0)
    window.player.playback.loop = True
    window.player.keep_to_points()
    qtbot.waitUntil(lambda: len(shown) > 30, timeout=PATIENCE)
    assert (shown[30] - shown[0]) / 30 > 0.95 * FRAME_MS / 1000


def named(widget: QWidget) -> bool:
    """Whether somebody who cannot see it is told what it is."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return bool(widget.accessibleName() or text or widget.toolTip())


def controls(widget: QWidget) -> Iterator[QWidget]:
    """What can be worked with on ``widget``; Qt's own parts of parts are left aside."""
    for child in widget.findChildren(QWidget):
        own = not child.objectName().startswith("qt_") and not isinstance(child, QScrollBar)
        own = own and not isinstance(child.parentWidget(), QMenuBar)
        inner = isinstance(child.parentWidget(), QComboBox | QAbstractSpinBox | QLineEdit)
        if isinstance(child, CONTROLS) and own and not inner and child.isVisibleTo(widget):
            yield child


@pytest.mark.parametrize("place", ["", "models", "settings", "shortcuts", "export"])
def test_every_control_has_a_name_and_is_reached_by_keyboard(
    window: MainWindow, clip: Path, place: str, qtbot: QtBot
) -> None:
    play(window, clip, qtbot)
    for dock in ("plots", "people", "engine"):
        window.desk.dock_of(dock).show()
    if place:
        window.deeds[place].setEnabled(True)
        window.deeds[place].trigger()
    shown = window.dialogs.shown[place] if place else window
    found = [child for child in controls(shown) if "QDockWidgetTitleButton" not in child.metaObject().className()]  # type: ignore[union-attr]
    assert len(found) > 5
    assert [type(child).__name__ for child in found if not named(child)] == []
    unreached = [child for child in found if not child.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [child.accessibleName() or child.toolTip() or type(child).__name__ for child in unreached] == []


def test_networks_that_are_left_are_let_go_at_once(posing: MainWindow, demo: Path, qtbot: QtBot) -> None:
    """A hundred megabytes are not to wait for Python's collector."""
    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 3, timeout=PATIENCE)
    assert posing.player.pipeline is not None
    before = weakref.ref(posing.player.pipeline)
    gc.disable()
    try:
        with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
            posing.panel.changed.emit(replace(posing.panel.settings, detector="none"))
        qtbot.waitUntil(lambda: before() is None, timeout=PATIENCE)
    finally:
        gc.enable()
