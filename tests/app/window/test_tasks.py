"""The five most common tasks, performed with the mouse only, with the number of clicks each takes: docs/window.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.window.cameras import previews
from app.window.dialogs.export_dialog import ExportDialog
from app.window.i18n.tr import tr
from app.window.main_window import MainWindow
from app.window.widgets.timeline import MARGIN
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import device
from tests.app.window.test_main_window import PATIENCE, hold
from tests.conftest import ROOT

__all__ = ["device"]

DOCUMENTED = dict(
    re.findall(r"^\| (\w[^|]*?) \| (\d+) ", (ROOT / "docs" / "window.md").read_text(encoding="utf-8"), re.M)
)


class Hand:
    """Clicks with the left button and counts the clicks."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.clicks = 0
        self._window = window
        self._qtbot = qtbot

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        assert widget.isVisible()
        assert widget.isEnabled()
        self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())
        self.clicks += 1

    def press(self, name: str) -> None:
        """Click a button of the controls below the video."""
        wanted = self._window.actions_by_name[name]
        self.click(next(b for b in self._window.controls.findChildren(QToolButton) if b.defaultAction() is wanted))

    def choose(self, title: str, text: str) -> None:
        """Choose an entry of the menu bar."""
        bar = self._window.menus
        entry = next(action for action in bar.actions() if action.text() == tr(title))
        menu = entry.menu()
        assert isinstance(menu, QMenu)
        self.click(bar, bar.actionGeometry(entry).center())
        wanted = next(action for action in menu.actions() if text in (action.text().rstrip("…"), action.text()))
        self.click(menu, menu.actionGeometry(wanted).center())

    def click_time(self, time_s: float) -> None:
        """Click a time on the timeline."""
        line, source = self._window.controls.timeline, self._window.player.source
        assert source is not None
        x = MARGIN + time_s / (source.duration_s or 1) * (line.width() - 2 * MARGIN)
        self.click(line, QPoint(round(x), line.height() - 12))

    def drop(self, path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        at, left = QPointF(100, 100), Qt.MouseButton.LeftButton
        event = QDropEvent(at, Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier)
        assert self._window.drag_drop.eventFilter(self._window, event)
        self.clicks += 1


@pytest.fixture
def hand(posing: MainWindow, qtbot: QtBot) -> Hand:
    return Hand(posing, qtbot)


def index(window: MainWindow) -> int:
    return window.player.current.frame.index if window.player.current is not None else -1


def test_show_a_camera(
    device: type[FakeDevice], hand: Hand, posing: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "LIST_INTERVAL_S", 0.2)
    posing.activateWindow()
    qtbot.waitUntil(lambda: len(posing.welcome.cards) == 2, timeout=PATIENCE)
    hand.click(posing.welcome.cards[0])
    qtbot.waitUntil(lambda: posing.player.source is not None and posing.player.source.live, timeout=PATIENCE)
    qtbot.waitUntil(lambda: index(posing) > 3, timeout=PATIENCE)
    assert hand.clicks == int(DOCUMENTED["Show a camera"])


def test_plot_joint_angles(hand: Hand, posing: MainWindow, short_demo: Path, qtbot: QtBot) -> None:
    hand.drop(short_demo)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    hand.choose("&View", "Plots")
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 15, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.plots.up_to_date, timeout=PATIENCE)
    assert posing.plots.isVisible()
    assert hand.clicks == int(DOCUMENTED["Plot the joint angles of a clip"])


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
    assert hand.clicks == int(DOCUMENTED["Compare two frames"])


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
    assert hand.clicks == int(DOCUMENTED["Export for OpenSim"])


def test_use_own_network(hand: Hand, posing: MainWindow, shared: Path, qtbot: QtBot) -> None:
    """A network with a card; a checkpoint would be converted first, without another click."""
    with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
        hand.drop(shared / "models" / "tinypose_256x192.onnx")
    assert posing.panel.settings.pose.endswith("tinypose_256x192.onnx")
    assert hand.clicks == int(DOCUMENTED["Use your own network"])
