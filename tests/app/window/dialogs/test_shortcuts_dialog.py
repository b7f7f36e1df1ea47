"""Shortcuts are changed, refused if taken, and reset."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QKeySequenceEdit
from pytestqt.qtbot import QtBot

from app.window.core.action_specs import keys_of
from app.window.core.key_sets import chosen_set
from app.window.core.preferences import Preferences
from app.window.dialogs.shortcuts_dialog import ShortcutsDialog, apply_shortcuts

DEFAULTS = {"open": "Ctrl+O", "record": "R; Ctrl+Return", "play": "Space", "demo": ""}
SETS = {"stance": ("Stance", DEFAULTS), "other": ("Other", DEFAULTS | {"play": "P", "demo": "Space"})}


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "stance.ini")


@pytest.fixture
def actions(qtbot: QtBot) -> dict[str, QAction]:
    titles = ("&Open…", "Record", "Play", "Demo")
    made = {name: QAction(title, None) for name, title in zip(DEFAULTS, titles, strict=True)}
    apply_shortcuts(made, DEFAULTS, {})
    return made


@pytest.fixture
def dialog(actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot) -> ShortcutsDialog:
    made = ShortcutsDialog(actions, SETS, preferences)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def test_long_titles_leave_all_buttons_visible(
    actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    actions["play"].setText("Play it all backwards from where it is, and once more for twice as fast as before")
    made = ShortcutsDialog(actions, SETS, preferences)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    assert all(button.visibleRegion().boundingRect() == button.rect() for button in made.resets.values())


def press(dialog: ShortcutsDialog, name: str, key: Qt.Key, qtbot: QtBot, *modifiers: Qt.KeyboardModifier) -> None:
    """Type another key into row ``name``."""
    type_into(dialog.edits[name][0], key, qtbot, *modifiers)


def type_into(edit: QKeySequenceEdit, key: Qt.Key, qtbot: QtBot, *modifiers: Qt.KeyboardModifier) -> None:
    edit.setFocus()
    with qtbot.waitSignal(edit.editingFinished, timeout=60_000):
        qtbot.keyClick(edit, key, *modifiers)


def keys(actions: dict[str, QAction]) -> dict[str, str]:
    return {name: keys_of(action) for name, action in actions.items()}


def test_changed_keys_apply_at_once_and_are_restored(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(dialog.changed) as changed:
        press(dialog, "record", Qt.Key.Key_G, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert changed.args == ["record"]
    assert keys(actions)["record"] == "Ctrl+G; Ctrl+Return"
    assert actions["record"].toolTip() == "Record (Ctrl+G)"
    assert preferences.shortcuts == {"record": "Ctrl+G; Ctrl+Return"}
    apply_shortcuts(actions, DEFAULTS, {})
    apply_shortcuts(actions, DEFAULTS, preferences.shortcuts | {"long-gone": "X"})
    assert keys(actions) == DEFAULTS | {"record": "Ctrl+G; Ctrl+Return"}


def test_keys_in_use_are_refused_with_a_message(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    press(dialog, "demo", Qt.Key.Key_O, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert dialog.foot.sentence == "Ctrl+O is already used for “Open”. “Demo” was not changed."
    assert keys(actions) == DEFAULTS
    assert dialog.edits["demo"][0].keySequence().isEmpty()
    assert preferences.shortcuts == {}


def test_keys_can_be_removed_and_reset(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    dialog.edits["play"][0].clear()
    dialog.edits["play"][0].editingFinished.emit()
    assert preferences.shortcuts == {"play": ""}
    press(dialog, "demo", Qt.Key.Key_Space, qtbot)
    assert keys(actions) == DEFAULTS | {"play": "", "demo": "Space"}
    qtbot.mouseClick(dialog.resets["play"], Qt.MouseButton.LeftButton)
    assert "Space is already used for “Demo”" in dialog.foot.sentence
    qtbot.mouseClick(dialog.resets["demo"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.resets["play"], Qt.MouseButton.LeftButton)
    assert (keys(actions), preferences.shortcuts) == (DEFAULTS, {})


def test_all_keys_are_reset_after_confirmation(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    press(dialog, "record", Qt.Key.Key_F9, qtbot)
    press(dialog, "open", Qt.Key.Key_R, qtbot)
    qtbot.mouseClick(dialog.reset_all, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert (keys(actions), preferences.shortcuts) == (DEFAULTS, {})
    assert dialog.edits["open"][0].keySequence() == QKeySequence("Ctrl+O")


def test_an_action_may_have_two_shortcuts(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    assert [edit.keySequence().toString() for edit in dialog.edits["record"]] == ["R", "Ctrl+Return"]
    type_into(dialog.edits["play"][1], Qt.Key.Key_F9, qtbot)
    assert (keys(actions)["play"], preferences.shortcuts) == ("Space; F9", {"play": "Space; F9"})
    press(dialog, "demo", Qt.Key.Key_Return, qtbot, Qt.KeyboardModifier.ControlModifier)
    assert dialog.foot.sentence == "Ctrl+Return is already used for “Record”. “Demo” was not changed."


def choose(dialog: ShortcutsDialog, name: str) -> None:
    dialog.key_set.setCurrentIndex(dialog.key_set.findData(name))
    dialog.key_set.activated.emit(dialog.key_set.currentIndex())


def test_another_set_of_shortcuts_applies_at_once_and_is_restored(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    with qtbot.waitSignals([dialog.changed] * 2):
        choose(dialog, "other")
    assert keys(actions) == DEFAULTS | {"play": "P", "demo": "Space"}
    assert (chosen_set(preferences), preferences.shortcuts) == ("other", {})
    made = ShortcutsDialog(actions, SETS, preferences)
    qtbot.addWidget(made)
    assert made.key_set.currentText() == "Other"
    assert not any(button.isEnabled() for button in made.resets.values())


def test_own_shortcuts_are_replaced_by_another_set_only_after_confirmation(
    dialog: ShortcutsDialog, actions: dict[str, QAction], preferences: Preferences, qtbot: QtBot
) -> None:
    press(dialog, "open", Qt.Key.Key_F9, qtbot)
    choose(dialog, "other")
    assert (keys(actions)["open"], dialog.key_set.currentText()) == ("F9", "Stance")
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert keys(actions) == DEFAULTS | {"play": "P", "demo": "Space"}
    assert (chosen_set(preferences), preferences.shortcuts) == ("other", {})
