"""Settings are applied at once and restored."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import RING_S, Preferences
from app.window.dialogs.settings_dialog import SettingsDialog
from app.window.widgets.reset_button import ResetButton


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "stance.ini")


@pytest.fixture
def dialog(qtbot: QtBot, preferences: Preferences) -> SettingsDialog:
    made = SettingsDialog(preferences, Settings(pose="tinypose_128x96", threshold=0.45, max_people=4))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.open()
    return made


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_it_shows_the_settings_and_requests_changes(dialog: SettingsDialog, qtbot: QtBot) -> None:
    assert (dialog.threshold.value(), dialog.max_people.value()) == (0.45, 4)
    requested: list[Settings] = []
    dialog.changed.connect(requested.append)
    dialog.max_people.stepUp()
    dialog.detect_every.setValue(0.0)
    choose(dialog.smooth, "kalman")
    qtbot.mouseClick(dialog.flip_test, Qt.MouseButton.LeftButton)
    expected = Settings(
        pose="tinypose_128x96", threshold=0.45, max_people=5, detect_every=0.0, smooth="kalman", flip_test=True
    )
    assert (len(requested), requested[-1]) == (4, expected)
    assert dialog.detect_every.text() == "Every frame"
    with qtbot.assertNotEmitted(dialog.changed):
        dialog.show_settings(Settings())
    assert dialog.threshold.value() == 0.3


def test_preferences_are_saved_at_once(
    dialog: SettingsDialog, preferences: Preferences, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    emitted: list[str] = []
    dialog.preferred.connect(emitted.append)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    choose(dialog.appearance.language, "zh")
    qtbot.mouseClick(dialog.restores, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.recordings, Qt.MouseButton.LeftButton)
    dialog.ring.setValue(120)
    assert emitted == ["language", "restores_window", "recordings", "ring_s"]
    assert (preferences.language, preferences.restores_window) == ("zh", False)
    assert (preferences.recordings, preferences.ring_s) == (tmp_path, 120.0)
    assert dialog.recordings.toolTip() == str(tmp_path)
    later = SettingsDialog(preferences, Settings())
    qtbot.addWidget(later)
    assert (later.appearance.language.currentText(), later.restores.isChecked(), later.ring.value()) == (
        "简体中文",
        False,
        120,
    )


def test_everything_is_reset_after_confirmation(dialog: SettingsDialog, preferences: Preferences, qtbot: QtBot) -> None:
    preferences.ring_s = 120
    qtbot.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.foot.buttons[0], Qt.MouseButton.LeftButton)
    assert preferences.ring_s == 120
    qtbot.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    with qtbot.waitSignals([dialog.changed, dialog.preferred]):
        qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert preferences.ring_s == RING_S
    assert (dialog.threshold.value(), dialog.max_people.value(), dialog.ring.value()) == (0.3, 0, RING_S)


def test_a_button_beside_a_setting_goes_back_to_its_default(dialog: SettingsDialog, qtbot: QtBot) -> None:
    buttons = {one.accessibleName(): one for one in dialog.findChildren(ResetButton)}
    assert buttons["Reset “Keypoint threshold”"].isVisible()
    assert not buttons["Reset “Detect people every”"].isVisible()
    choose(dialog.smooth, "kalman")
    dialog.ring.setValue(120)
    requested: list[Settings] = []
    dialog.changed.connect(requested.append)
    for name in ("Keypoint threshold", "Smoothing", "Maximum people", "Replay buffer"):
        qtbot.mouseClick(buttons[f"Reset “{name}”"], Qt.MouseButton.LeftButton)
    assert requested[-1] == Settings(pose="tinypose_128x96")
    assert (dialog.threshold.value(), dialog.max_people.value(), dialog.ring.value()) == (0.3, 0, RING_S)
    assert not any(button.isVisible() for button in buttons.values())
