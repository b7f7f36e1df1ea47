"""What a person sets in the panel is what is told, and what is told is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QSlider
from pytestqt.qtbot import QtBot

from app.overlay import Look
from app.settings import Settings
from app.window.side_panel import SidePanel


@pytest.fixture
def panel(qtbot: QtBot) -> SidePanel:
    made = SidePanel(Settings())
    qtbot.addWidget(made)
    made.resize(made.width(), 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def choose(panel: SidePanel, box: QComboBox, text: str) -> None:
    """Pick an entry as a click on it does."""
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_people_are_drawn_as_ever_until_somebody_changes_it(panel: SidePanel) -> None:
    assert panel.look({}) == Look()


def test_the_look_is_what_was_chosen(panel: SidePanel, qtbot: QtBot) -> None:
    with qtbot.waitSignals([panel.switched] * 5):
        choose(panel, panel.drawn_as, "Bones")
        choose(panel, panel.colored, "Person")
        panel.line_width.setValue(20)
        panel.dim.setValue(40)
        panel.switches["trails"].click()
    panel.switches["skeleton"].click()
    wanted = Look(skeleton=False, style="bones", color="person", scale=2.0, dim=0.4, trails=1.0, names={3: "李明"})
    assert panel.look({3: "李明"}) == wanted


def test_settings_are_shown_without_being_told_again(panel: SidePanel, qtbot: QtBot) -> None:
    settings = Settings(detect_every=0.5, max_people=3, flip_test=True, threshold=0.4, smooth="none")
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_settings(settings)
    assert panel.detect_every.value() == 10
    assert panel.max_people.value() == 3
    assert panel.flip_test.isChecked()
    assert panel.look({}).threshold == 0.4


def test_what_is_changed_is_wished_for_and_nothing_else(panel: SidePanel, qtbot: QtBot) -> None:
    for change, wanted in (
        (lambda: panel.detect_every.setValue(0), {"detect_every": 0.0}),
        (lambda: panel.max_people.setValue(2), {"max_people": 2}),
        (panel.flip_test.click, {"flip_test": True}),
        (panel.half_rate.click, {"half_rate": True}),
        (lambda: panel.threshold.setValue(55), {"threshold": 0.55}),
    ):
        before = panel.settings
        with qtbot.waitSignal(panel.changed) as told:
            change()
        assert told.args == [replace(before, **wanted)]


def test_numbers_beyond_the_slider_stay_as_they_are(panel: SidePanel, qtbot: QtBot) -> None:
    settings = Settings(detect_every=30.0, max_people=200)
    panel.show_settings(settings)
    with qtbot.waitSignal(panel.changed) as told:
        panel.flip_test.click()
    assert told.args == [replace(settings, flip_test=True)]


def test_a_heatmap_is_chosen_by_the_keypoint_and_outlives_a_change_of_models(panel: SidePanel, qtbot: QtBot) -> None:
    assert panel.heatmap_keypoint is None
    assert not panel.heatmap.isEnabled()
    panel.offer_heatmaps(["nose", "left_wrist"])
    with qtbot.waitSignal(panel.heatmap_changed) as told:
        choose(panel, panel.heatmap, "Left wrist")
    assert told.args == [1]
    with qtbot.waitSignal(panel.heatmap_changed) as told:
        panel.offer_heatmaps(["left_wrist", "nose"])
    assert told.args == [0]
    with qtbot.assertNotEmitted(panel.heatmap_changed):
        panel.offer_heatmaps(["left_wrist"])
    with qtbot.waitSignal(panel.heatmap_changed) as told:
        panel.offer_heatmaps([], "this model has no heatmaps")
    assert told.args == [None]
    assert panel.heatmap.toolTip() == "this model has no heatmaps"


def test_a_section_folds_by_click_and_by_key_and_comes_back(panel: SidePanel, qtbot: QtBot) -> None:
    qtbot.mouseClick(panel.finding.heading, Qt.MouseButton.LeftButton)
    assert not panel.finding.open
    assert not panel.threshold.isVisible()
    assert panel.dim.isVisible()
    qtbot.keyClick(panel.finding.heading, Qt.Key.Key_Space)
    assert panel.threshold.isVisible()


def test_all_of_it_is_reached_by_keyboard_and_has_a_name(panel: SidePanel) -> None:
    controls = [*panel.findChildren(QAbstractButton), *panel.findChildren(QSlider), *panel.findChildren(QComboBox)]
    ours = [control for control in controls if control.isVisible() and control.accessibleName()]
    assert len(ours) == 3 + 5 + 2 + 6 + 7
    assert all(control.focusPolicy() & Qt.FocusPolicy.TabFocus for control in ours)


def test_nothing_is_wider_than_the_panel(panel: SidePanel) -> None:
    for control in panel.findChildren(QAbstractButton) + panel.findChildren(QComboBox):
        if control.isVisible() and control.accessibleName():
            right = control.mapTo(panel, control.rect().topRight()).x()
            assert right < panel.width()
            assert control.width() >= min(control.sizeHint().width(), 140)
