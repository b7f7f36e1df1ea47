"""The window comes back as it was left."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.main_window import MainWindow
from tests.app.window.starts import closed, opened
from tests.app.window.test_main_window import PATIENCE, hold, play


def test_changes_are_restored_in_the_next_session(tmp_path: Path, clip: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    window = opened(file, qtbot)
    play(window, clip, qtbot)
    window.resize(780, 600)
    window.dock_area.dock_of("plots").show()
    window.plots.choice = ["speed:left_wrist"]
    window.plots.smoothed.click()
    window.panel.detection.smooth.setCurrentIndex(window.panel.detection.smooth.findData("kalman"))
    window.panel.detection.smooth.activated.emit(window.panel.detection.smooth.currentIndex())
    window.panel.display.drawn_as.setCurrentIndex(window.panel.display.drawn_as.findData("bones"))
    window.panel.display.switches["boxes"].click()
    window.panel.display.dim.setValue(30)
    window.actions_by_name["every-frame"].trigger()
    window.preferences.shortcuts = {"pin": "Ctrl+T"}
    closed(window, qtbot)

    window = opened(file, qtbot)
    assert (window.width(), window.height()) == (780, 600)
    assert window.dock_area.dock_of("plots").isVisible()
    assert not window.dock_area.dock_of("people").isVisible()
    assert window.plots.choice == ["speed:left_wrist"]
    assert window.plots.smoothed.isChecked()
    assert window.plots.plotted.smoothed
    assert window.panel.settings.smooth == "kalman"
    look = window.draw_style()
    assert (look.style, look.boxes, look.dim) == ("bones", True, 0.3)
    assert not window.actions_by_name["every-frame"].isChecked()
    assert not window.player.playback.every_frame
    assert window.actions_by_name["pin"].shortcut() == QKeySequence("Ctrl+T")
    assert [Path(text).name for text in window.preferences.recent] == ["gray.mp4"]
    window.dialogs.recent.aboutToShow.emit()
    assert any("gray.mp4" in action.text() for action in window.dialogs.recent.actions())
    window.actions_by_name["settings"].trigger()
    window.preferences.reset()
    window.dialogs.shown["settings"].preferred.emit("reset")  # type: ignore[attr-defined]
    assert window.panel.settings == Settings()
    assert window.actions_by_name["pin"].shortcut() == QKeySequence("C")
    closed(window, qtbot)


def test_invalid_preferences_do_not_prevent_the_start(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    file.write_bytes(b'[window]\ngeometry="!!"\ndocks=7\nlooks={\x00}\n[pipe]\nsmooth="magic"\nthreshold=9\n')
    window = opened(file, qtbot)
    assert window.panel.settings == Settings()
    closed(window, qtbot)


@pytest.mark.parametrize(
    "change",
    [
        {"smooth": "none"},
        pytest.param({"person_threshold": 0.25}, marks=pytest.mark.slow),
        pytest.param({"detect_every": 0.0}, marks=pytest.mark.slow),
    ],
)
def test_a_changed_setting_applies_to_the_shown_frame(
    posing: MainWindow, demo: Path, change: dict[str, object], qtbot: QtBot
) -> None:
    from dataclasses import replace

    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 12, timeout=PATIENCE)
    hold(posing, qtbot)
    before = posing.player.current
    assert before is not None
    looked: list[object] = []
    posing.player.shown.connect(looked.append)
    posing.panel.changed.emit(replace(posing.panel.settings, **change))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: bool(looked), timeout=PATIENCE)
    after = posing.player.current
    assert after is not None
    assert after.frame.index == before.frame.index
    assert after.poses is not before.poses
    assert not posing.player.playing


def test_the_virtual_camera_sends_the_picture(posing: MainWindow, demo: Path, qtbot: QtBot) -> None:
    pyvirtualcam = pytest.importorskip("pyvirtualcam", reason="pyvirtualcam is optional")
    from tests.app.sinks.test_virtual_camera import SENT, Memory

    kept = dict(pyvirtualcam.camera.BACKENDS)
    pyvirtualcam.camera.BACKENDS.clear()
    try:
        play(posing, demo, qtbot)
        posing.actions_by_name["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: "virtual camera" in posing.video_stack.banner.sentence, timeout=PATIENCE)
        assert not posing.actions_by_name["virtual-camera"].isChecked()
        pyvirtualcam.register_backend("memory", Memory)
        SENT.clear()
        posing.actions_by_name["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: len(SENT) > 3, timeout=PATIENCE)
        posing.actions_by_name["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: not posing.actions_by_name["virtual-camera"].isChecked(), timeout=PATIENCE)
    finally:
        pyvirtualcam.camera.BACKENDS.clear()
        pyvirtualcam.camera.BACKENDS.update(kept)
