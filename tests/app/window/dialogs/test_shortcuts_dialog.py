"""Keys are changed, refused where they are taken, and come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from pytestqt.qtbot import QtBot

from app.window.preferences import Preferences
from app.window.shortcuts_dialog import ShortcutsDialog, apply_shortcuts

USUAL = {"open": "Ctrl+O", "record": "R", "play": "Space", "demo": ""}


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "stance.ini")


@pytest.fixture
def actions(qtbot: QtBot) -> dict[str, QAction]:
    titles = ("&Open…", "Record", "Play", "Demo")
    made = {name: QAction(title, None) for name, title in zip(USUAL, titles, strict=True)}
    apply_shortcuts(made, USUAL, {})
    return made


@pytest.fixture
def dialog(actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot) -> ShortcutsDialog:
    made = ShortcutsDialog(actions, USUAL, preferences)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def test_a_long_title_pushes_no_button_out_of_sight(
    actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    actions["play"].setText("Play it all backwards from where it is, and once more for twice as fast as before")
    made = ShortcutsDialog(actions, USUAL, preferences)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    assert all(button.visibleRegion().boundingRect() == button.rect() for button in made.resets.values())


def press(dialog: ShortcutsDialog, name: str, key: Qt.Key, qtbot: QtBot, *modifiers: Qt.KeyboardModifier) -> None:
    """Type other keys into the row ``name``."""
    edit = dialog.edits[name]
    edit.setFocus()
    with qtbot.waitSignal(edit.editingFinished, timeout=5000):
        qtbot.keyClick(edit, key, *modifiers)


def keys(actions: dict[str, QAction]) -> dict[str, str]:
    return {name: action.shortcut().toString() for name, action in actions.items()}


def test_other_keys_count_at_once_and_come_back(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.changed) as changed:
        press(dialog, "record", Qt.Key.Key_G, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert changed.args == ["record"]
    assert keys(actions)["record"] == "Ctrl+G"
    assert actions["record"].toolTip() == "Record (Ctrl+G)"
    assert preferences.shortcuts == {"record": "Ctrl+G"}
    apply_shortcuts(actions, USUAL, {})
    apply_shortcuts(actions, USUAL, preferences.shortcuts | {"long-gone": "X"})
    assert keys(actions) == USUAL | {"record": "Ctrl+G"}


def test_keys_that_are_taken_are_refused_in_a_sentence(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    press(dialog, "demo", Qt.Key.Key_O, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert dialog.foot.sentence == "Ctrl+O already means “Open”: “Demo” stays as it was."
    assert keys(actions) == USUAL
    assert dialog.edits["demo"].keySequence().isEmpty()
    assert preferences.shortcuts == {}


def test_keys_can_be_taken_away_and_given_back(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    dialog.edits["play"].clear()
    dialog.edits["play"].editingFinished.emit()
    assert preferences.shortcuts == {"play": ""}
    press(dialog, "demo", Qt.Key.Key_Space, qtbot)
    assert keys(actions) == USUAL | {"play": "", "demo": "Space"}
    qtbot.mouseClick(dialog.resets["play"], Qt.MouseButton.LeftButton)
    assert "Space already means “Demo”" in dialog.foot.sentence
    qtbot.mouseClick(dialog.resets["demo"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.resets["play"], Qt.MouseButton.LeftButton)
    assert (keys(actions), preferences.shortcuts) == (USUAL, {})


def test_all_keys_become_what_they_were_after_a_question(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    press(dialog, "record", Qt.Key.Key_F9, qtbot)
    press(dialog, "open", Qt.Key.Key_R, qtbot)
    qtbot.mouseClick(dialog.reset_all, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert (keys(actions), preferences.shortcuts) == (USUAL, {})
    assert dialog.edits["open"].keySequence() == QKeySequence("Ctrl+O")
