"""The mouse wheel over sliders, combo boxes and spin boxes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QScrollArea,
    QScrollBar,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.window.cameras.camera_dialog import CameraDialog
from app.window.main_window import MainWindow
from app.window.panels.side_panel import SidePanel
from tests.app.window.test_main_window import play
from tests.conftest import ROOT

QT_CLASSES = {"QSlider", "QDial", "QComboBox", "QSpinBox", "QDoubleSpinBox", "QDateEdit", "QTimeEdit", "QDateTimeEdit"}


def value_controls(widget: QWidget) -> list[QWidget]:
    """All controls below ``widget`` whose value the wheel can change, except scroll bars."""
    found = (
        widget.findChildren(QAbstractSlider) + widget.findChildren(QComboBox) + widget.findChildren(QAbstractSpinBox)
    )
    return [control for control in found if not isinstance(control, QScrollBar)]


def value(control: QWidget) -> object:
    if isinstance(control, QComboBox):
        return control.currentIndex()
    assert isinstance(control, QAbstractSlider | QSpinBox | QDoubleSpinBox)
    return control.value()


def turn_wheel(control: QWidget, notches: int) -> None:
    """Turn the wheel over ``control``; an ignored event is passed to the parents, as Qt does."""
    receiver: QWidget | None = control
    while receiver is not None:
        middle = receiver.rect().center()
        event = QWheelEvent(
            QPointF(middle),
            QPointF(receiver.mapToGlobal(middle)),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(receiver, event)
        receiver = None if event.isAccepted() or receiver.isWindow() else receiver.parentWidget()


def wheel_over_all(widget: QWidget) -> int:
    """Turn the wheel both ways over each control of ``widget``; returns the number of controls."""
    controls = value_controls(widget)
    for control in controls:
        control.clearFocus()
        before = value(control)
        for notches in (1, -1, -1):
            turn_wheel(control, notches)
        assert value(control) == before, control.accessibleName()
        assert not control.hasFocus(), control.accessibleName()
    return len(controls)


def test_the_wheel_changes_no_unfocused_control(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    for dock in ("plots", "people", "engine"):
        window.dock_area.dock_of(dock).show()
    assert wheel_over_all(window) >= 13
    least = {"models": 1, "settings": 6, "shortcuts": 0, "export": 0, "about": 0}
    for name, count in least.items():
        window.actions_by_name[name].setEnabled(True)
        window.actions_by_name[name].trigger()
        assert wheel_over_all(window.dialogs.shown[name]) >= count
    camera = CameraDialog(window.background, window)
    qtbot.addWidget(camera)
    camera.show()
    assert wheel_over_all(camera) == 3


def test_the_wheel_over_a_control_scrolls_the_panel(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(900, 420)
    area = window.panel.findChildren(QScrollArea)[0]
    bar = area.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=60_000)
    turn_wheel(window.panel.detection.person_threshold, -2)
    assert bar.value() > 0


def test_a_focused_control_accepts_the_wheel(panel: SidePanel, qtbot: QtBot) -> None:
    slider, choice = panel.detection.person_threshold, panel.detection.smooth
    before, chosen = slider.value(), choice.currentIndex()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    turn_wheel(slider, 1)
    assert slider.value() > before
    choice.setFocus(Qt.FocusReason.TabFocusReason)
    turn_wheel(choice, -1)
    assert choice.currentIndex() == chosen + 1


@pytest.fixture
def panel(window: MainWindow) -> SidePanel:
    return window.panel


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "window").rglob("*.py")), ids=lambda path: path.name)
def test_no_file_uses_qt_controls_directly(path: Path) -> None:
    if path.name == "value_controls.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    bases = [base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    assert {ast.unparse(name) for name in [*calls, *bases]} & QT_CLASSES == set()
