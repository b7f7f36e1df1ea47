"""Presets, defaults of sliders, and the facts beside the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import Preferences, Speed
from app.window.main_window import MainWindow
from app.window.panels.model_facts import ModelFacts
from tests.app.window.test_main_window import PATIENCE


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return tmp_path / "stance.ini"


@pytest.fixture
def saved(stored: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window whose preferences are saved in ``stored``."""
    window = MainWindow(Settings(), preferences=Preferences(stored))
    with qtbot.waitExposed(window):
        window.show()
    yield window
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


def entries(window: MainWindow) -> list[str]:
    presets = window.features.presets
    presets.fill()
    return [action.text() for action in presets.menu.actions() if not action.isSeparator()]


def choose(window: MainWindow, text: str) -> None:
    presets = window.features.presets
    presets.fill()
    next(action for action in presets.menu.actions() if action.text() == text).trigger()


def test_settings_are_saved_under_a_name_and_come_back(saved: MainWindow, stored: Path, qtbot: QtBot) -> None:
    wanted = replace(Settings(), threshold=0.45, max_people=2, smooth="kalman", hands=True, face="68")
    panel, wanted = saved.panel, replace(wanted, lifter="stance-lifter", hold_bones=True)
    panel.show_settings(wanted)
    panel.display.line_width.setValue(20)
    choose(saved, "Save as preset…")
    dialog = saved.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("Two people")
    dialog.accept()
    panel.show_settings(Settings())
    panel.display.line_width.setValue(10)
    seen: list[Settings] = []
    panel.changed.connect(seen.append)
    choose(saved, "Two people")
    assert seen == [wanted]
    assert panel.display.line_width.value() == 20
    assert Preferences(stored).part("presets").keys() == {"Two people"}
    assert entries(saved) == ["Two people", "Defaults (models stay)", "Save as preset…", "Delete preset"]
    saved.features.presets.delete("Two people")
    assert entries(saved) == ["Defaults (models stay)", "Save as preset…"]


def test_a_damaged_preset_changes_what_is_valid_in_it(saved: MainWindow) -> None:
    damaged = {"settings": {"threshold": 7.0, "person_threshold": 0.4, "max_people": "many"}, "display": {"dim": "x"}}
    saved.preferences.keep_part("presets", {"Old": damaged, "Broken": 3})
    seen: list[Settings] = []
    saved.panel.changed.connect(seen.append)
    choose(saved, "Old")
    assert seen == [replace(saved.panel.settings, person_threshold=0.4)]
    assert "Broken" not in entries(saved)


def test_defaults_leave_the_models(saved: MainWindow) -> None:
    saved.panel.show_settings(replace(Settings(), pose="rtmo-s", threshold=0.6, half_rate=True))
    seen: list[Settings] = []
    saved.panel.changed.connect(seen.append)
    choose(saved, "Defaults (models stay)")
    assert seen == [replace(Settings(), pose="rtmo-s")]


@pytest.mark.parametrize("name", ["threshold", "person_threshold", "detect_every", "max_people", "line_width", "dim"])
def test_every_slider_goes_back_to_its_default(saved: MainWindow, name: str, qtbot: QtBot) -> None:
    sections = (saved.panel.detection, saved.panel.display)
    slider = next(getattr(section, name) for section in sections if hasattr(section, name))
    usual, reset = slider.value(), slider.reset
    assert not reset.isVisible()
    slider.setValue(usual + 3)
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert (slider.value(), reset.isVisible()) == (usual, False)


def test_model_boxes_show_kind_input_accuracy_and_measured_time() -> None:
    preferences = Preferences()
    facts = ModelFacts(preferences)
    assert facts.long("rtmpose-s") == "Top-down  ·  AP 0.723  ·  input 192 × 256  ·  23 MB"
    preferences.keep_speed("rtmpose-s", Speed(12.3, "cpu"))
    assert facts.long("rtmpose-s") == "Top-down  ·  AP 0.723  ·  input 192 × 256  ·  23 MB  ·  12 ms per person"
