"""Common tasks, performed with the mouse only, with the number of clicks each takes: docs/window.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from app.window.cameras import previews
from app.window.dialogs.export_dialog import ExportDialog
from app.window.dialogs.scale_dialog import ScaleDialog
from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice
from tests.app.window.hand import DOCUMENTED, Hand, hand, index, people_film, shown
from tests.app.window.rooms import device
from tests.app.window.test_main_window import PATIENCE, hold

__all__ = ["device", "hand", "people_film", "shown"]

FILES = ("test_tasks.py", "test_people_tasks.py", "test_picture_tasks.py", "test_file_tasks.py", "test_camera_tasks.py")
MOST = 8
"""No task takes more clicks."""


def test_every_documented_task_is_performed_and_takes_few_clicks() -> None:
    texts = [(Path(__file__).parent / name).read_text(encoding="utf-8") for name in FILES]
    assert len(DOCUMENTED) >= 15
    assert max(DOCUMENTED.values()) <= MOST
    assert [task for task in DOCUMENTED if not any(f'has_done("{task}")' in text for text in texts)] == []


def test_show_a_camera(
    device: type[FakeDevice], hand: Hand, posing: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "LIST_INTERVAL_S", 0.2)
    posing.activateWindow()
    qtbot.waitUntil(lambda: len(posing.welcome.cards) == 2, timeout=PATIENCE)
    hand.click(posing.welcome.cards[0])
    qtbot.waitUntil(lambda: posing.player.source is not None and posing.player.source.live, timeout=PATIENCE)
    qtbot.waitUntil(lambda: index(posing) > 3, timeout=PATIENCE)
    assert hand.has_done("Show a camera")


def test_plot_joint_angles(hand: Hand, posing: MainWindow, short_demo: Path, qtbot: QtBot) -> None:
    hand.drop(short_demo)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    hand.choose("&View", "Plots")
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 15, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.plots.up_to_date, timeout=PATIENCE)
    assert posing.plots.isVisible()
    assert hand.has_done("Plot the joint angles of a clip")


def test_compare_two_frames(hand: Hand, posing: MainWindow, short_demo: Path, qtbot: QtBot) -> None:
    hand.drop(short_demo)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 30, timeout=PATIENCE)
    hold(posing, qtbot)
    hand.clicks = 0
    hand.click_time(0.3)
    qtbot.waitUntil(lambda: index(posing) in (8, 9, 10), timeout=PATIENCE)
    hand.choose("&Play", "Pin this frame for comparison")
    hand.click_time(0.8)
    qtbot.waitUntil(lambda: index(posing) in (23, 24, 25), timeout=PATIENCE)
    assert posing.actions_by_name["pin"].isChecked()
    assert hand.has_done("Compare two frames")


def test_export_for_opensim(hand: Hand, posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot) -> None:
    posing.preferences.recordings = tmp_path
    hand.drop(short_demo)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 10, timeout=PATIENCE)
    hold(posing, qtbot)
    posing.player.playback.set_out(0.2)
    hand.clicks = 0
    hand.press("export")
    dialog = posing.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    for name in ("{stem}.trc", "{stem}.mot"):
        hand.click(dialog.targets.boxes[name], QPoint(8, dialog.targets.boxes[name].height() // 2))
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        hand.click(dialog.start)
    assert list(tmp_path.glob("*.trc"))
    assert list(tmp_path.glob("*.mot"))
    assert hand.has_done("Export for OpenSim")


def test_export_in_meters(hand: Hand, shown: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    hand.choose("&File", "Scale and floor")
    scale = shown.dialogs.shown["scale"]
    assert isinstance(scale, ScaleDialog)
    hand.select(scale.scale, "Body height")
    hand.write(scale.height_m, "1.82")
    hand.press("export")
    dialog = shown.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    hand.click(dialog.targets.boxes["{stem}.csv"], QPoint(8, 8))
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        hand.click(dialog.start)
    (table,) = tmp_path.glob("*.csv")
    assert "x_m" in table.read_text(encoding="utf-8")
    assert hand.has_done("Export in meters")


def test_use_own_network(hand: Hand, posing: MainWindow, shared: Path, qtbot: QtBot) -> None:
    """A network with a card; a checkpoint would be converted first, without another click."""
    with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
        hand.drop(shared / "models" / "tinypose_256x192.onnx")
    assert posing.panel.settings.pose.endswith("tinypose_256x192.onnx")
    assert hand.has_done("Use your own network")
