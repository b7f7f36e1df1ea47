"""The side panel emits what the user sets and shows the current settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QSlider
from pytestqt.qtbot import QtBot

from app.core.message import Message
from app.core.settings import Settings
from app.overlay import DrawStyle, Marks
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from app.window.panels.side_panel import SidePanel
from app.window.video.side_legend import legend_texts


@pytest.fixture
def panel(qtbot: QtBot) -> SidePanel:
    made = SidePanel(Settings())
    qtbot.addWidget(made)
    made.resize(made.width(), 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def choose(panel: SidePanel, box: QComboBox, text: str) -> None:
    """Choose an entry as a click does."""
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def test_the_default_draw_style_is_unchanged(panel: SidePanel) -> None:
    assert panel.draw_style({}) == DrawStyle(marks=Marks(legend=legend_texts()))


def test_the_draw_style_follows_the_controls(panel: SidePanel, qtbot: QtBot) -> None:
    with qtbot.waitSignals([panel.switched] * 5):
        choose(panel, panel.display.drawn_as, "Bones")
        choose(panel, panel.display.colored, "Person")
        panel.display.line_width.setValue(20)
        panel.display.dim.setValue(40)
        panel.display.switches["trails"].click()
    panel.display.switches["skeleton"].click()
    panel.display.switches["legend"].click()
    wanted = DrawStyle(skeleton=False, style="bones", color="person", scale=2.0, dim=0.4, trails=1.0, names={3: "李明"})
    assert panel.draw_style({3: "李明"}) == wanted


def test_showing_settings_emits_no_signal(panel: SidePanel, qtbot: QtBot) -> None:
    settings = Settings(detect_every=0.5, max_people=3, flip_test=True, threshold=0.4, smooth="none")
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_settings(settings)
    assert panel.detection.detect_every.value() == 10
    assert panel.detection.max_people.value() == 3
    assert panel.detection.flip_test.isChecked()
    assert panel.draw_style({}).threshold == 0.4


def test_only_the_changed_setting_is_requested(panel: SidePanel, qtbot: QtBot) -> None:
    for change, wanted in (
        (lambda: panel.detection.detect_every.setValue(0), {"detect_every": 0.0}),
        (lambda: panel.detection.max_people.setValue(2), {"max_people": 2}),
        (panel.detection.flip_test.click, {"flip_test": True}),
        (panel.detection.half_rate.click, {"half_rate": True}),
        (lambda: panel.detection.threshold.setValue(55), {"threshold": 0.55}),
        (panel.models.parts.hands.click, {"hands": True}),
        (panel.models.parts.face.click, {"face": "mesh"}),
        (panel.models.parts.face.click, {"face": ""}),
    ):
        before = panel.settings
        with qtbot.waitSignal(panel.changed) as signal:
            change()
        assert signal.args == [replace(before, **wanted)]


def test_the_chosen_keypoints_of_a_face_stay_when_it_is_switched_off_and_on(panel: SidePanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_settings(Settings(hands=True, face="68"))
    assert panel.models.parts.hands.isChecked()
    panel.models.parts.face.click()
    with qtbot.waitSignal(panel.changed) as signal:
        panel.models.parts.face.click()
    assert signal.args == [Settings(hands=True, face="68")]


def test_hands_are_off_where_the_pose_model_has_its_own(panel: SidePanel) -> None:
    reason = Message("{name} estimates hands itself.", name="RTMPose whole body")
    panel.show_unsupported({"hands": reason})
    parts = panel.models.parts
    assert (parts.hands.isEnabled(), parts.face.isEnabled()) == (False, True)
    assert parts.hands.toolTip() == "RTMPose whole body estimates hands itself."
    panel.models.set_enabled(False, "Recording")
    assert (parts.hands.toolTip(), parts.face.toolTip()) == ("Recording", "Recording")
    panel.models.set_enabled(True)
    assert (parts.hands.isEnabled(), parts.face.isEnabled()) == (False, True)
    panel.show_unsupported({})
    assert parts.hands.isEnabled()


def test_values_beyond_the_slider_range_are_kept(panel: SidePanel, qtbot: QtBot) -> None:
    settings = Settings(detect_every=30.0, max_people=200)
    panel.show_settings(settings)
    with qtbot.waitSignal(panel.changed) as signal:
        panel.detection.flip_test.click()
    assert signal.args == [replace(settings, flip_test=True)]


def test_the_chosen_heatmap_keypoint_survives_a_change_of_models(panel: SidePanel, qtbot: QtBot) -> None:
    assert panel.display.heatmap_keypoint is None
    assert not panel.display.heatmap.isEnabled()
    panel.display.offer_heatmaps(["nose", "left_wrist"])
    with qtbot.waitSignal(panel.heatmap_changed) as signal:
        choose(panel, panel.display.heatmap, "Left wrist")
    assert signal.args == [1]
    with qtbot.waitSignal(panel.heatmap_changed) as signal:
        panel.display.offer_heatmaps(["left_wrist", "nose"])
    assert signal.args == [0]
    with qtbot.assertNotEmitted(panel.heatmap_changed):
        panel.display.offer_heatmaps(["left_wrist"])
    with qtbot.waitSignal(panel.heatmap_changed) as signal:
        panel.display.offer_heatmaps([], "this model has no heatmaps")
    assert signal.args == [None]
    assert panel.display.heatmap.toolTip() == "this model has no heatmaps"


def test_a_section_is_collapsed_and_expanded_by_click_and_key(panel: SidePanel, qtbot: QtBot) -> None:
    qtbot.mouseClick(panel.detection.heading, Qt.MouseButton.LeftButton)
    assert not panel.detection.open
    assert not panel.detection.threshold.isVisible()
    assert panel.display.dim.isVisible()
    qtbot.keyClick(panel.detection.heading, Qt.Key.Key_Space)
    assert panel.detection.threshold.isVisible()


def test_all_controls_are_focusable_and_named(panel: SidePanel) -> None:
    controls = [*panel.findChildren(QAbstractButton), *panel.findChildren(QSlider), *panel.findChildren(QComboBox)]
    ours = [control for control in controls if control.isVisible() and control.accessibleName()]
    assert len(ours) == 3 + 5 + 3 + 2 + 8 + 7 + 5
    assert all(control.focusPolicy() & Qt.FocusPolicy.TabFocus for control in ours)


def test_no_control_is_wider_than_the_panel(panel: SidePanel) -> None:
    for control in panel.findChildren(QAbstractButton) + panel.findChildren(QComboBox):
        if control.isVisible() and control.accessibleName():
            right = control.mapTo(panel, control.rect().topRight()).x()
            assert right < panel.width()
            assert control.width() >= min(control.sizeHint().width(), 140)


def test_own_networks_stay_in_the_choice(qtbot: QtBot, tmp_path: Path) -> None:
    """They stay while another one is chosen and after a restart; equal file names differ by their folders."""
    own = [tmp_path / folder / "mine.onnx" for folder in ("a", "b")]
    preferences = Preferences()
    for path in own:
        path.parent.mkdir()
        path.write_bytes(b"weights")
        preferences.keep_network(str(path), "pose")
    window = MainWindow(Settings(), preferences=preferences)
    qtbot.addWidget(window)
    box = window.panel.models.pose
    assert box.currentData() == Settings().pose
    offered = {box.itemData(row): box.itemText(row) for row in range(box.count())}
    assert {str(path) for path in own} <= set(offered)
    assert offered[str(own[0])] != offered[str(own[1])]
    assert str(own[0]) not in [
        window.panel.models.detector.itemData(row) for row in range(window.panel.models.detector.count())
    ]
    own[1].unlink()
    window.panel.show_settings(window.panel.settings)
    assert box.findData(str(own[1])) < 0
    assert box.itemText(box.findData(str(own[0]))) == "mine.onnx"
    window.background.close(5.0)
