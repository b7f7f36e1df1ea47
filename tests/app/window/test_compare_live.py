"""A motion from a file is drawn over the person in front of a camera, again and again, scaled to the body."""

from __future__ import annotations

import itertools
import time
from math import isfinite
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.analysis.reference import hips_of
from app.core.people import Image
from app.engine.clip_export import Span, export
from app.overlay import DrawStyle
from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.window.test_main_window import PATIENCE

MOTION_FRAMES, FPS = 15, 15


@pytest.fixture
def gym(short_demo: Path, monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    """A camera that sees the demo clip, at 70 % of its size in the middle of a black frame."""
    source = VideoFile(short_demo)
    width, height = source.size
    frames = []
    for frame in itertools.islice(iter(source.read, None), 2 * MOTION_FRAMES):
        small = cv2.resize(frame.image, (7 * width // 10, 7 * height // 10))
        picture = np.zeros((height, width, 3), np.uint8)
        picture[height // 10 : height // 10 + small.shape[0], width // 10 : width // 10 + small.shape[1]] = small
        frames.append(picture)
    source.close()
    pictures = itertools.cycle(frames)

    class Gym(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / FPS)
            return self.open, next(pictures) if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Gym)
    return Gym


@pytest.fixture
def motion(posing: MainWindow, short_demo: Path, tmp_path: Path) -> Path:
    """The first frames of the demo clip as a .trc file."""
    pipeline = posing.loader.pipeline
    assert pipeline is not None
    own = pipeline.clone_with_shared_networks()
    return export(str(short_demo), [tmp_path / "m.trc"], own, DrawStyle(), Span(0.0, MOTION_FRAMES / 30))[0]


def test_a_motion_from_a_file_follows_the_person_at_the_camera(
    posing: MainWindow, gym: type[FakeDevice], motion: Path, qtbot: QtBot
) -> None:
    posing.open("0")
    compare = posing.features.compare
    compare.read(motion)
    qtbot.waitUntil(lambda: compare._picture.motions is not None, timeout=PATIENCE)
    moments: list[float] = []
    gaps: list[float] = []
    heights: list[tuple[float, float]] = []

    def look(result: object) -> None:
        """Note where the drawn motion is in each shown frame."""
        drawn, current, motions = posing.view._scene.compared, posing.player.current, compare._picture.motions
        if drawn is None or current is None or motions is None:
            return
        ghost, skeleton = drawn[0].people[0], drawn[1]
        person = next((one for one in current.poses.people if one.id == motions[0].number), None)
        if person is None:
            return
        moments.append(compare._other_s(current.frame.time_s))
        own = motions[0].skeleton
        hips, aim = hips_of(ghost.keypoints, skeleton), hips_of(person.keypoints, own)
        assert hips is not None
        assert aim is not None
        gaps.append(float(abs(hips - aim).max()))
        head = [one.keypoints[names.names.index("nose")] for one, names in ((ghost, skeleton), (person, own))]
        if min(head[0][2], head[1][2]) > 0.3:
            heights.append((float(np.linalg.norm(head[0][:2] - hips)), float(np.linalg.norm(head[1][:2] - aim))))

    posing.player.shown.connect(look)
    # It is repeated: the moments go back to the start of the motion, more than once.
    qtbot.waitUntil(lambda: int((np.diff(moments) < 0).sum()) >= 2, timeout=PATIENCE)
    first_s, last_s = compare._motion_span() or (0.0, 0.0)
    assert last_s - first_s == pytest.approx((MOTION_FRAMES - 1) / 30, abs=0.01)
    assert first_s <= min(moments) <= max(moments) <= last_s
    assert max(gaps) < 0.5  # pixels
    ratio = np.median([ghost / person for ghost, person in heights])
    assert 0.78 < ratio < 1.28  # the person at the camera is 0.7 times as large as the one in the file
    posing.dock_area.dock_of("compare").show()
    table = compare.panel.table

    def differences() -> list[str]:
        return [item.text(3) for row in range(9) if (item := table.topLevelItem(row)) is not None]

    qtbot.waitUntil(lambda: any(text != "–" for text in differences()), timeout=PATIENCE)
    # F8: the motion begins with the frame that is shown now.
    current = posing.player.current
    assert current is not None
    posing.actions_by_name["same-moment"].trigger()
    assert isfinite(compare.offset_s)
    assert compare._other_s(current.frame.time_s) == pytest.approx(first_s, abs=1e-6)
    compare.end()
    assert posing.view._scene.compared is None
