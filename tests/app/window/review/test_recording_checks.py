"""The panel with what limits the accuracy: of clips, of live sources, and of recordings."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses, Image
from app.core.settings import RunOptions
from app.window.main_window import MainWindow
from app.window.panels.check_panel import CheckPanel, CheckSection
from app.window.review.recording_checks import LIVE_S, LiveCheck
from tests.app.analysis.checks.bodies import FPS, SIZE, SKELETON, THRESHOLD, person, standing
from tests.app.sources.device import FakeDevice, plugged_in

MS = 60_000
NOBODY = "Nobody is found in the picture. Move closer, or add light."


@pytest.fixture
def empty_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that shows nobody."""
    shades = itertools.cycle(range(100, 200))

    class Room(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / 15)
            picture = np.full((120, 160, 3), 90, np.uint8)
            picture[:8, :8] = next(shades)  # a camera whose pictures are all equal counts as frozen
            return self.open, picture if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Room)


def texts(window: MainWindow) -> list[str]:
    """The lines in the window's panel."""
    panel = window.dock_area.dock_of("check").widget()
    assert isinstance(panel, CheckPanel)
    return panel.texts


def test_a_clip_is_checked_while_it_is_analysed(own: MainWindow, clip: Path, qtbot: QtBot) -> None:
    own.run(RunOptions(str(clip), check=True))
    qtbot.waitUntil(lambda: texts(own) == ["THIS CLIP", NOBODY], timeout=MS)
    own.actions_by_name["close-source"].trigger()
    qtbot.waitUntil(lambda: len(texts(own)) == 1 and NOBODY not in texts(own), timeout=MS)


def test_a_camera_and_its_recording_are_checked(
    own: MainWindow, empty_room: None, tmp_path: Path, qtbot: QtBot
) -> None:
    own.dock_area.dock_of("check").show()
    own.open("0")
    qtbot.waitUntil(lambda: texts(own) == ["NOW", NOBODY], timeout=MS)
    own.record_to([tmp_path / "out.jsonl"])
    qtbot.waitUntil(lambda: texts(own)[2:] == ["BEING RECORDED", NOBODY], timeout=MS)
    own.capture.recorder.stop()
    qtbot.waitUntil(lambda: texts(own) == ["NOW", NOBODY, "LAST RECORDING", NOBODY], timeout=MS)


def test_of_a_recording_all_counts_and_of_a_live_source_the_last_seconds() -> None:
    check = LiveCheck(SKELETON, THRESHOLD)
    check.begin_recording()
    image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    for index in range(0, 20 * FPS, 2):
        time_s = index / FPS
        people = (person(standing(320, 130 if time_s < 19 - LIVE_S else 60, 380)),)
        check.write(Frame(index, time_s, image), FramePoses(index, time_s, people))
    assert check.recorded is not None
    assert [found.kind for found in check.recorded.findings()] == ["feet"]
    assert check.latest.findings() == ()


def test_people_of_the_previous_network_are_left_out() -> None:
    check = LiveCheck(SKELETON, THRESHOLD)
    other = person(standing(320, 60, 380)[:17])
    check.write(Frame(0, 0.0, np.zeros((4, 4, 3), np.uint8)), FramePoses(0, 0.0, (other,)))
    assert check.latest.findings() == ()


def test_the_panel_says_that_there_is_no_fault(qtbot: QtBot) -> None:
    panel = CheckPanel()
    qtbot.addWidget(panel)
    panel.show_sections([CheckSection("This clip", (), "Nothing was found."), CheckSection("Now", ("One", "Two"), "")])
    assert panel.texts == ["THIS CLIP", "Nothing was found.", "NOW", "One", "Two"]
