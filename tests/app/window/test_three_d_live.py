"""The 3-D view in front of a camera: it is switched on while the camera runs, and moves with the people."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.people import Image
from app.lifting.open_lifter import default_file
from app.window.main_window import MainWindow
from app.window.panels.three_d_panel import ThreeDPanel
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.window.test_main_window import PATIENCE, play


@pytest.fixture
def camera(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera in front of two people who move to and fro."""
    with av.open(str(shared / "data" / "videos" / "two_people_jump_1280x720.mp4")) as container:
        frames = itertools.islice(container.decode(video=0), 40, 70)
        images: list[Image] = [np.asarray(one.to_ndarray(format="bgr24"), np.uint8) for one in frames]
    moving = itertools.cycle([*images, *images[-2:0:-1]])

    class Street(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / 15)
            return self.open, next(moving) if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Street)


@pytest.mark.slow
def test_people_in_front_of_a_camera_move_in_the_room(camera: None, posing: MainWindow, qtbot: QtBot) -> None:
    if not default_file().is_file():
        pytest.skip("no lifter is packaged")
    play(posing, Path("0"), qtbot)
    posing.actions_by_name["three-d"].trigger()
    panel = posing.findChild(ThreeDPanel)
    assert panel is not None
    view = panel.view
    qtbot.waitUntil(panel.switch_on.isVisible, timeout=PATIENCE)
    panel.switch_on.click()
    qtbot.waitUntil(lambda: view.isVisible() and len(view.people) == 2, timeout=PATIENCE)
    assert panel.source.text().startswith("Depth by Stance lifter: a guess")
    before = {one.person.id: one.points for one in view.people}

    def has_moved() -> bool:
        now = {one.person.id: one.points for one in view.people}
        return any(abs(now[number] - points).max() > 0.02 for number, points in before.items() if number in now)

    qtbot.waitUntil(has_moved, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(view.people) == 2, timeout=PATIENCE)
    result = posing.player.current
    assert result is not None
    assert {one.person.id for one in view.people} <= {person.id for person in result.poses.people}
