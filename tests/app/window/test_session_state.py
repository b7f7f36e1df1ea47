"""The window comes back as it was left."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from app.settings import Settings
from app.window.main_window import MainWindow
from app.window.preferences import Preferences
from tests.app.window.test_main_window import PATIENCE, hold, play


def opened(file: Path, qtbot: QtBot) -> MainWindow:
    preferences = Preferences(file)
    window = MainWindow(preferences.settings(Settings()), preferences=preferences)
    window.show()
    qtbot.waitExposed(window)
    return window


def closed(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


def test_what_was_changed_is_there_the_next_day(tmp_path: Path, clip: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    window = opened(file, qtbot)
    play(window, clip, qtbot)
    window.resize(780, 600)
    window.desk.dock_of("plots").show()
    window.plots.choice = ["speed:left_wrist"]
    window.panel.smooth.setCurrentIndex(window.panel.smooth.findData("kalman"))
    window.panel.smooth.activated.emit(window.panel.smooth.currentIndex())
    window.panel.drawn_as.setCurrentIndex(window.panel.drawn_as.findData("bones"))
    window.panel.switches["boxes"].click()
    window.panel.dim.setValue(30)
    window.deeds["every-frame"].trigger()
    window.preferences.shortcuts = {"pin": "Ctrl+T"}
    closed(window, qtbot)

    window = opened(file, qtbot)
    assert (window.width(), window.height()) == (780, 600)
    assert window.desk.dock_of("plots").isVisible()
    assert not window.desk.dock_of("people").isVisible()
    assert window.plots.choice == ["speed:left_wrist"]
    assert window.panel.settings.smooth == "kalman"
    look = window.look()
    assert (look.style, look.boxes, look.dim) == ("bones", True, 0.3)
    assert not window.deeds["every-frame"].isChecked()
    assert not window.player.playback.every_frame
    assert window.deeds["pin"].shortcut() == QKeySequence("Ctrl+T")
    assert [Path(text).name for text in window.preferences.recent] == ["grey.mp4"]
    window.dialogs.recent.aboutToShow.emit()
    assert any("grey.mp4" in action.text() for action in window.dialogs.recent.actions())
    window.deeds["settings"].trigger()
    window.preferences.reset()
    window.dialogs.shown["settings"].preferred.emit("reset")  # type: ignore[attr-defined]
    assert window.panel.settings == Settings()
    assert window.deeds["pin"].shortcut() == QKeySequence("C")
    closed(window, qtbot)


def test_a_file_of_nonsense_keeps_nobody_out(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "stance.ini"
    file.write_bytes(b'[window]\ngeometry="!!"\ndocks=7\nlooks={\x00}\n[pipe]\nsmooth="magic"\nthreshold=9\n')
    window = opened(file, qtbot)
    assert window.panel.settings == Settings()
    closed(window, qtbot)


@pytest.mark.parametrize("change", [{"smooth": "none"}, {"person_threshold": 0.25}, {"detect_every": 0.0}])
def test_a_change_counts_at_once_where_one_is(
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
    assert after.stage_ms
    assert not posing.player.playing


def test_the_picture_goes_to_other_programs(posing: MainWindow, demo: Path, qtbot: QtBot) -> None:
    pyvirtualcam = pytest.importorskip("pyvirtualcam", reason="pyvirtualcam is optional")
    from tests.app.sinks.test_virtual_camera import SENT, Memory

    kept = dict(pyvirtualcam.camera.BACKENDS)
    pyvirtualcam.camera.BACKENDS.clear()
    try:
        play(posing, demo, qtbot)
        posing.deeds["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: "virtual camera" in posing.stage.banner.sentence, timeout=PATIENCE)
        assert not posing.deeds["virtual-camera"].isChecked()
        pyvirtualcam.register_backend("memory", Memory)
        SENT.clear()
        posing.deeds["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: len(SENT) > 3, timeout=PATIENCE)
        posing.deeds["virtual-camera"].trigger()
        qtbot.waitUntil(lambda: not posing.deeds["virtual-camera"].isChecked(), timeout=PATIENCE)
    finally:
        pyvirtualcam.camera.BACKENDS.clear()
        pyvirtualcam.camera.BACKENDS.update(kept)
