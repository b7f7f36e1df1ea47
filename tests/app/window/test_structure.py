"""The app runs without the window, painting keeps to the display rate, and files stay small."""

from __future__ import annotations

import ast
import gc
import re
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter
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
from app.window.player.player import FRAME_MS
from tests.app.window.test_main_window import PATIENCE, play
from tests.conftest import ROOT

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").rglob("*.py")), ids=lambda path: path.name)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").rglob("*.py")), ids=lambda path: path.name)
def test_background_work_names_its_receiver(path: Path) -> None:
    """``TaskRunner.run`` and ``queue`` drop results for a deleted receiver, so the receiver has to be passed."""
    nameless = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value).endswith("background")
        and len(node.args) + len(node.keywords) < {"run": 5, "queue": 4}.get(node.func.attr, 0)
    ]
    assert nameless == []


MANY_ATTRIBUTES = {
    "MainWindow": 34,  # creates every part of the window
    "SettingsDialog": 15,  # one control per setting
}
"""Classes with more than 14 attributes, and how many they may have."""


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").rglob("*.py")), ids=lambda path: path.name)
def test_a_class_has_few_attributes(path: Path) -> None:
    """One that needs more than 14 owns more than one thing, and is split."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            stored = [
                name for name in ast.walk(node) if isinstance(name, ast.Attribute) and type(name.ctx) is ast.Store
            ]
            names = {name.attr for name in stored if ast.unparse(name.value) == "self"}
            assert len(names) <= MANY_ATTRIBUTES.get(node.name, 14), f"{node.name}: {sorted(names)}"


@pytest.mark.parametrize(
    "name", ["player", "capture", "review", "review.playback", "review.range", "review.pin", "review.panels", "notes"]
)
def test_a_controller_has_few_attributes(window: MainWindow, name: str) -> None:
    """As above, inherited attributes included."""
    assert len(vars(attrgetter(name)(window))) < 15


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").rglob("*.py")), ids=lambda path: path.name)
def test_no_attribute_is_set_by_name_and_no_signal_emitted_for_another_object(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    signals = [ast.unparse(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "emit"]
    assert "setattr" not in names
    assert [signal for signal in signals if not re.fullmatch(r"self\.\w+", signal)] == []


def test_the_rest_runs_without_the_window(yolox_tiny: Path, rtmpose_s: Path, demo: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('app.window', 'PyQt6'): sys.modules[name] = None\n"
        "from app.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    lines = tmp_path / "people.jsonl"
    models = ["--pose", str(rtmpose_s), "--detector", str(yolox_tiny)]
    rest = ["--source", str(demo), "--headless", "--limit", "3", "--output", str(lines)]
    done = subprocess.run([sys.executable, "-c", code, *models, *rest], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 4


def test_frames_are_painted_at_most_at_the_display_rate(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    shown: list[float] = []
    window.player.shown.connect(lambda result: shown.append(time.perf_counter()))
    play(window, clip, qtbot)
    window.player.set_rate(4.0)
    window.player.playback.loop = True
    window.player.keep_to_points()
    qtbot.waitUntil(lambda: len(shown) > 30, timeout=PATIENCE)
    assert (shown[30] - shown[0]) / 30 > 0.95 * FRAME_MS / 1000


def named(widget: QWidget) -> bool:
    """Whether the widget has an accessible name."""
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return bool(widget.accessibleName() or text or widget.toolTip())


def controls(widget: QWidget) -> Iterator[QWidget]:
    """All controls of ``widget``, without Qt's internal parts."""
    for child in widget.findChildren(QWidget):
        own = not child.objectName().startswith("qt_") and not isinstance(child, QScrollBar)
        own = own and not isinstance(child.parentWidget(), QMenuBar)
        inner = isinstance(child.parentWidget(), QComboBox | QAbstractSpinBox | QLineEdit)
        if isinstance(child, CONTROLS) and own and not inner and child.isVisibleTo(widget):
            yield child


@pytest.mark.parametrize("place", ["", "models", "settings", "shortcuts", "export"])
def test_all_controls_are_named_and_focusable(window: MainWindow, clip: Path, place: str, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    for dock in ("plots", "people", "engine"):
        window.dock_area.dock_of(dock).show()
    if place:
        window.actions_by_name[place].setEnabled(True)
        window.actions_by_name[place].trigger()
    shown = window.dialogs.shown[place] if place else window
    found = [child for child in controls(shown) if "QDockWidgetTitleButton" not in child.metaObject().className()]  # type: ignore[union-attr]
    assert len(found) > 5
    assert [type(child).__name__ for child in found if not named(child)] == []
    unreached = [child for child in found if not child.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [child.accessibleName() or child.toolTip() or type(child).__name__ for child in unreached] == []


def test_unused_networks_are_freed_at_once(posing: MainWindow, demo: Path, qtbot: QtBot) -> None:
    """Hundreds of megabytes must not wait for Python's garbage collector."""
    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 3, timeout=PATIENCE)
    assert posing.player.pipeline is not None
    before = weakref.ref(posing.player.pipeline.pose_model.network)
    gc.disable()
    try:
        with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
            posing.panel.changed.emit(replace(posing.panel.settings, detector="none"))
        qtbot.waitUntil(lambda: before() is None, timeout=PATIENCE)
    finally:
        gc.enable()
