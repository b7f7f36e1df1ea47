"""The angles on the picture are chosen in a menu that stays open."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.skeleton import load_skeleton
from app.window.i18n.retranslate import change_language
from app.window.panels.angle_choice import AngleChoice


@pytest.fixture
def choice(qtbot: QtBot) -> AngleChoice:
    made = AngleChoice()
    qtbot.addWidget(made)
    made.skeleton = load_skeleton("coco17")
    made.show()
    return made


def pick(choice: AngleChoice, text: str, qtbot: QtBot) -> None:
    """Click an entry of the open menu."""
    menu = choice.menu_shown
    entry = next(action for action in menu.actions() if action.text() == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def test_several_angles_are_chosen_while_the_menu_stays_open(choice: AngleChoice, qtbot: QtBot) -> None:
    assert choice.text() == "None"
    qtbot.mouseClick(choice, Qt.MouseButton.LeftButton)
    assert choice.menu_shown.isVisible()
    with qtbot.waitSignals([choice.changed] * 2):
        pick(choice, "Right knee", qtbot)
        pick(choice, "Left knee", qtbot)
    assert choice.menu_shown.isVisible()
    assert list(choice.chosen) == ["right knee", "left knee"]
    assert choice.text() == "2 angles"
    assert choice.toolTip() == "Right knee\nLeft knee"
    pick(choice, "Right knee", qtbot)
    assert list(choice.chosen) == ["left knee"]
    assert choice.text() == "Left knee"
    qtbot.keyClick(choice.menu_shown, Qt.Key.Key_Escape)
    assert not choice.menu_shown.isVisible()


def test_names_are_shown_in_the_language_of_the_window(choice: AngleChoice, qapp: QApplication) -> None:
    choice.choose(("right knee",))
    for language, text in (("zh", "右膝"), ("en", "Right knee")):
        change_language(qapp, language)
        assert choice.text() == choice.toolTip() == text


def test_only_angles_that_the_model_has_are_offered(choice: AngleChoice, qtbot: QtBot) -> None:
    choice.open_menu()
    texts = [action.text() for action in choice.menu_shown.actions()]
    assert "Right knee" in texts
    assert "Right ankle" not in texts
    choice.skeleton = load_skeleton("face106")
    choice.open_menu()
    (only,) = choice.menu_shown.actions()
    assert not only.isEnabled()
    choice.menu_shown.close()
