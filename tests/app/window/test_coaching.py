"""Coaching at a camera: delayed picture, countdown, names of recordings, live figures, simple view."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QScrollArea
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.engine import Result
from app.sinks.replay_buffer import ReplayBuffer
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from app.window.panels.figures_panel import FiguresPanel
from tests.app.sources.clips import number_of, numbered
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import device
from tests.app.window.seen import walkers
from tests.app.window.test_main_window import PATIENCE, play, recorded_s

__all__ = ["device"]


@pytest.fixture
def live(device: type[FakeDevice], posing: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with a camera; 60 numbered frames a second."""
    play(posing, Path("0"), qtbot)
    qtbot.waitUntil(lambda: posing.capture.last_seconds.available, timeout=PATIENCE)
    return posing


def lag(window: MainWindow) -> float:
    """By how many seconds the shown frame is older than the newest one that is held."""
    newest = window.capture.last_seconds.behind(float("inf"))
    assert newest is not None
    assert window.player.current is not None
    return newest[0].time_s - window.player.current.frame.time_s


def test_the_picture_of_a_camera_is_delayed_at_once_with_its_own_people(live: MainWindow, qtbot: QtBot) -> None:
    qtbot.wait(1500)
    live.features.coaching.panel.delay.setValue(1.0)
    qtbot.waitUntil(lambda: 0.9 < lag(live) < 3.0, timeout=PATIENCE)
    assert live.status.delay.isVisible()
    assert live.status.delay.text() == "delay 1.00 s"
    current = live.player.current
    assert current is not None
    assert current.frame.index == current.poses.index
    with qtbot.waitSignal(live.features.coaching.delay.changed):
        qtbot.keyClick(live, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert live.features.coaching.panel.delay.value() == pytest.approx(1 + 1 / 60, abs=0.01)
    live.features.coaching.panel.delay.setValue(0.0)
    qtbot.waitUntil(lambda: lag(live) < 0.5, timeout=PATIENCE)
    assert not live.status.delay.isVisible()


def test_a_delayed_frame_is_the_one_of_that_time_and_memory_is_bounded() -> None:
    held = ReplayBuffer(5.5)
    for index in range(600):
        held.write(Frame(index, index / 30, numbered(index % 200, 160, 120)), FramePoses(index, index / 30, ()))
    assert held.seconds_held == pytest.approx(5.5, abs=0.04)
    for delay_s in (0.0, 0.5, 5.0):
        found = held.at(599 / 30 - delay_s + 1e-6)
        assert found is not None
        frame, poses = found
        assert frame.index == poses.index == round(599 - 30 * delay_s)
        assert number_of(frame.image) == frame.index % 200
    oldest = held.at(0.0)
    assert oldest is not None
    assert oldest[0].index == pytest.approx(599 - 165, abs=1)


def test_a_countdown_comes_before_a_recording_and_can_be_cancelled(live: MainWindow, qtbot: QtBot) -> None:
    coaching = live.features.coaching
    left: list[int] = []
    coaching.countdown.ticked.connect(left.append)
    coaching.panel.countdown.setValue(1)
    live.actions_by_name["record"].trigger()
    assert coaching.countdown.running
    assert not live.capture.recording
    live.actions_by_name["record"].trigger()
    assert not coaching.countdown.running
    with qtbot.waitSignal(live.capture.recorder.started, timeout=PATIENCE):
        live.actions_by_name["record"].trigger()
    assert left == [1, 1, 0]
    live.capture.asks = False
    with qtbot.waitSignal(live.capture.recorder.finished, timeout=PATIENCE):
        live.actions_by_name["record"].trigger()


def test_recordings_of_a_session_are_named_by_its_pattern(live: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    panel = live.features.coaching.panel
    live.capture.recorder.folder = tmp_path
    live.capture.asks = False
    for line, text in ((panel.client, "Anna"), (panel.pattern, "{client}-{session}-take"), (panel.session, "7")):
        line.selectAll()
        qtbot.keyClicks(line, text)
    assert panel.name.text() == "Anna-7-take.mp4"
    for number in (1, 2):
        qtbot.waitUntil(live.actions_by_name["record"].isEnabled, timeout=PATIENCE)
        with qtbot.waitSignal(live.capture.recorder.started, timeout=PATIENCE):
            live.actions_by_name["record"].trigger()
        qtbot.waitUntil(lambda: recorded_s(live) > 0, timeout=PATIENCE)
        live.actions_by_name["record"].trigger()
        name = "Anna-7-take.mp4" if number == 1 else "Anna-7-take-2.mp4"
        qtbot.waitUntil((tmp_path / name).exists, timeout=PATIENCE)
    panel.pattern.selectAll()
    qtbot.keyClicks(panel.pattern, "{clinet}")
    assert "unknown field" in panel.name.text()


def test_the_figures_say_in_words_and_color_whether_the_angle_is_in_the_band(qtbot: QtBot) -> None:
    panel = FiguresPanel()
    qtbot.addWidget(panel)
    panel.show_choices({"band": [True, 80, 100], "joint": "elbow", "sound": 3})
    seen = []
    for degrees in (79.4, 80.0, 100.4, 112.0, float("nan")):
        panel.show_angle(degrees)
        seen.append((panel.figure.text(), panel.band_text.text(), panel.figure.property("state")))
    assert seen == [
        ("79°", "1° below", "out"),
        ("80°", "in the band", "in"),
        ("100°", "in the band", "in"),
        ("112°", "12° above", "out"),
        ("–", "", ""),
    ]
    assert panel.choices() == {"joint": "elbow", "band": [True, 80, 100], "sound": False}


def test_figures_of_the_largest_person_or_of_the_chosen_one(window: MainWindow, qtbot: QtBot) -> None:
    window.dock_area.dock_of("live-figures").show()
    qtbot.waitUntil(window.features.coaching.figures.isVisible, timeout=PATIENCE)
    analysis = window.player.analysis = walkers()
    figures = window.features.coaching.figures
    shown: list[str] = []
    for index in range(60, 75):
        poses = analysis.get(index)
        assert poses is not None
        window.player.shown.emit(Result(Frame(index, poses.time_s, np.zeros((400, 600, 3), np.uint8)), poses, 0.0, {}))
        shown.append(figures.figure.text())
    assert figures.joint.currentData() == "knee"
    assert len(set(shown)) > 3
    window.player.analysis = None


@pytest.mark.parametrize("again", [False, True])
def test_a_simple_view_has_no_models_and_scores(tmp_path: Path, again: bool, qtbot: QtBot) -> None:
    preferences = Preferences(tmp_path / "stance.ini")
    window = MainWindow(Settings(), preferences=preferences)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    action = window.actions_by_name["simple-view"]
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert action.isChecked()
    if again:
        closed(window, qtbot)
        window = MainWindow(Settings(), preferences=Preferences(tmp_path / "stance.ini"))
        window.show()
        qtbot.waitUntil(window.actions_by_name["simple-view"].isChecked, timeout=PATIENCE)
    panel = window.panel
    assert [part.isVisible() for part in (panel.models, panel.detection, panel.display)] == [False, False, True]
    assert not window.status.stages.isVisible()
    assert "Models" not in menus(window)
    window.actions_by_name["simple-view"].trigger()
    assert panel.models.isVisible()
    assert "Models" in menus(window)
    closed(window, qtbot)


def menus(window: MainWindow) -> list[str]:
    actions: list[QAction] = window.menus.actions()
    return [one.text().replace("&", "") for one in actions if one.isVisible() and isinstance(one.menu(), QMenu)]


def closed(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


@pytest.mark.parametrize("size", [(1280, 800), (900, 620)])
def test_live_figures_open_without_scroll_bars_below_another_panel(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], dressed: str
) -> None:
    window.resize(*size)
    for name in ("compare", "live-figures"):
        window.dock_area.dock_of(name).show()
    area = window.dock_area.dock_of("live-figures").widget()
    assert isinstance(area, QScrollArea)
    qtbot.waitUntil(area.isVisible)
    for bar in (area.verticalScrollBar(), area.horizontalScrollBar()):
        assert bar is not None
        assert not bar.isVisible()
