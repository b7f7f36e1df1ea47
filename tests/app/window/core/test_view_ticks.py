"""Ticks in the View menu."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from tests.app.window.test_main_window import play


def of_view_menu(window: MainWindow, text: str) -> QAction:
    menu = next(action.menu() for action in window.menus.actions() if action.text() == "&View")
    assert menu is not None
    return next(action for action in menu.actions() if action.text() == text)


@pytest.mark.parametrize("name", ["skeleton", "boxes", "ids", "mirror"])
def test_a_switch_and_its_menu_tick_have_the_same_state(window: MainWindow, name: str) -> None:
    switch, tick = window.panel.display.switches[name], of_view_menu(window, window.panel.display.switches[name].text())
    assert tick.isCheckable()
    for change in (switch.click, tick.trigger, switch.click, tick.trigger):
        before = switch.isChecked()
        change()
        assert switch.isChecked() != before
        assert tick.isChecked() == switch.isChecked()


def test_panels_are_ticked_while_they_are_shown(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    tick = of_view_menu(window, "Side panel")
    assert not tick.isIconVisibleInMenu()  # it would hide the tick
    assert tick.isChecked()
    tick.trigger()
    assert window.panel.isHidden()
    assert not tick.isChecked()
    window.panel.show()
    assert tick.isChecked()
    full, plots = of_view_menu(window, "Full screen"), of_view_menu(window, "Plots")
    assert (full.isChecked(), plots.isChecked()) == (False, False)
    plots.trigger()
    assert plots.isChecked()
    full.trigger()
    assert full.isChecked()
    window.actions_by_name["leave"].trigger()
    assert not full.isChecked()
    assert window.panel.isVisible()
    assert tick.isChecked()
