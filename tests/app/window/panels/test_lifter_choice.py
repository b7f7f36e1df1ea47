"""The third dimension is switched on and off in the side panel, also while a clip plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PyQt6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.pose.model import ModelInfo
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from app.window.panels.side_panel import SidePanel
from app.window.panels.three_d_panel import ThreeDPanel
from tests.app.lifting.small_lifter import CARD, write_lifter

PATIENCE = 60_000
LATER = "Depth by around, without the later frames that it needs: "


def choose(box: QComboBox, value: str) -> None:
    """Choose an entry as a click does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_the_choice_is_off_a_lifter_of_stance_or_a_file(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = SidePanel(Settings())
    qtbot.addWidget(panel)
    choice = panel.models.lifter
    assert choice.box.currentData() == ""
    assert not choice.bones.isEnabled()
    requested: list[Settings] = []
    panel.changed.connect(requested.append)
    choose(choice.box, "stance-lifter")
    assert choice.bones.isEnabled()
    choice.bones.click()
    file = write_lifter(tmp_path / "mine.onnx")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    choose(choice.box, "choose")
    assert [(one.lifter, one.hold_bones) for one in requested] == [
        ("stance-lifter", False),
        ("stance-lifter", True),
        (str(file), True),
    ]
    panel.show_settings(requested[-1])
    assert choice.box.currentText() == "mine.onnx"
    assert panel.models.networks_folder == tmp_path


def test_bones_can_be_held_without_a_lifter_where_the_pose_model_gives_points(qtbot: QtBot) -> None:
    panel = SidePanel(Settings())
    qtbot.addWidget(panel)
    bones, flat = panel.models.lifter.bones, ModelInfo("flat", load_skeleton("coco17"))
    panel.follow_model(replace(flat, has_depth=True))
    assert bones.isEnabled()
    panel.models.set_enabled(False, "Recording")
    assert not bones.isEnabled()
    panel.models.set_enabled(True)
    assert bones.isEnabled()
    panel.follow_model(flat)
    assert not bones.isEnabled()


def test_a_kept_lifter_whose_file_is_gone_does_not_come_back(tmp_path: Path) -> None:
    file = write_lifter(tmp_path / "mine.onnx")
    preferences = Preferences(tmp_path / "kept.ini")
    preferences.keep_change(Settings(), Settings(lifter=str(file), hold_bones=True))
    assert preferences.settings(Settings()) == Settings(lifter=str(file), hold_bones=True)
    file.unlink()
    assert preferences.settings(Settings()).lifter == ""
    preferences.keep_change(Settings(), Settings(lifter="stance-lifter"))
    assert preferences.settings(Settings()).lifter == "stance-lifter"


def test_the_third_dimension_comes_and_goes_while_a_clip_is_open_and_ids_stay(
    posing: MainWindow, demo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(demo), paused=True)
    posing.player.seek(0.5)

    def shown(has_points: bool) -> bool:
        current = posing.player.current
        people = () if current is None or current.preview else current.poses.people
        return bool(people) and all((person.points_3d is not None) == has_points for person in people)

    qtbot.waitUntil(lambda: shown(False), timeout=PATIENCE)
    analysis = posing.player.analysis
    assert analysis is not None
    qtbot.waitUntil(lambda: len(analysis.ids()) == 2, timeout=PATIENCE)
    posing.people.tree.renamed.emit(2, "Bo")
    lifter = write_lifter(tmp_path / "around.onnx", msgspec.structs.replace(CARD, name="around", history=(2, 2)))
    posing.actions_by_name["three-d"].trigger()
    panel = posing.findChild(ThreeDPanel)
    assert panel is not None
    for has_points in (True, False):
        wanted = str(lifter) if has_points else ""
        with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
            posing.panel.request(replace(posing.loader.settings, lifter=wanted))
        qtbot.waitUntil(lambda has_points=has_points: shown(has_points), timeout=PATIENCE)  # type: ignore[misc]
        now = posing.player.analysis
        assert now is not None
        qtbot.waitUntil(lambda now=now: now.name(2) == "Bo", timeout=PATIENCE)  # type: ignore[misc]
        if has_points:
            qtbot.waitUntil(lambda: panel.source.text().startswith(LATER), timeout=PATIENCE)
