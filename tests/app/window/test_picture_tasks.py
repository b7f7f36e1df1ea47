"""Tasks with the picture, with times and with measures, performed with the mouse only: docs/window.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses, Person
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.window.dialogs.go_to_dialog import GoToDialog
from app.window.main_window import MainWindow
from tests.app.analysis.made_body import walk
from tests.app.window.hand import Hand, hand, index, people_film, shown
from tests.app.window.test_main_window import PATIENCE

__all__ = ["hand", "people_film", "shown"]


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """Pose data of a person who walks for four seconds, with a video."""
    track = walk(seconds=4)[0]
    film, box = tmp_path / "walk.mp4", np.array([0, 0, 100, 400], np.float32)
    head = Header("0", (320, 180), 30.0, track.skeleton, "", "", "cpu", "cpu", live=True)
    sinks = open_sinks([film, film.with_suffix(".jsonl")], head, DrawStyle(skeleton=False, ids=False))
    for number, time_s in enumerate(track.times_s.tolist()):
        frame = Frame(number, time_s, np.full((180, 320, 3), 60, np.uint8))
        sinks[0].write(frame, FramePoses(number, time_s, ()))
        sinks[1].write(frame, FramePoses(number, time_s, (Person(1, 0.9, box, track.keypoints[number]),)))
    for sink in sinks:
        sink.close()
    return film.with_suffix(".jsonl")


def test_draw_an_angle(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    def place(x: float, y: float) -> QPoint:
        return shown.view.to_view(x, y).toPoint()

    hand.choose("&Edit", "Measure an angle")
    hand.drag(shown.view, place(300, 300), place(450, 300))
    qtbot.mouseMove(shown.view, place(300, 150))
    hand.click(shown.view, place(300, 150))
    (angle,) = shown.features.annotating.annotations.items
    assert angle.kind == "angle"
    found = np.array([(point.x, point.y) for point in angle.points])
    assert found == pytest.approx(np.array([(450, 300), (300, 300), (300, 150)]), abs=2)
    assert hand.has_done("Draw an angle on the picture")


def test_show_the_angle_of_a_joint(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    marks = shown.panel.display.marks
    before = shown.view.screenshot(True)
    hand.click(marks.angles)
    hand.click_entry(marks.angles.menu_shown, "Right knee")
    marks.angles.menu_shown.close()
    qtbot.waitUntil(lambda: shown.view.screenshot(True) != before, timeout=PATIENCE)
    assert marks.angles.chosen == ("right knee",)
    assert hand.has_done("Show the angle of a joint on the picture")


def test_go_to_a_time(hand: Hand, shown: MainWindow, qtbot: QtBot) -> None:
    hand.choose("&Play", "Go to time or frame")
    (dialog,) = [one for one in shown.findChildren(QDialog) if isinstance(one, GoToDialog)]
    hand.write(dialog.time, "0:00.500")
    qtbot.waitUntil(lambda: index(shown) == 5, timeout=PATIENCE)
    assert hand.has_done("Go to a time")


def test_show_the_steps_of_a_walk(hand: Hand, posing: MainWindow, steps: Path, qtbot: QtBot) -> None:
    hand.drop(steps)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    hand.choose("&View", "Measures")
    panel = posing.review.measures

    def rows() -> dict[str, str]:
        items = (panel.summary.topLevelItem(number) for number in range(panel.summary.topLevelItemCount()))
        return {item.text(0): item.text(1) for item in items if item is not None}

    qtbot.waitUntil(lambda: rows().get("Cadence", "").startswith("109."), timeout=PATIENCE)  # 120 / 1.1
    assert hand.has_done("Show the steps of a walk")
