"""The second clip over the open one: where its picture lies, how much of it is seen, and what privacy hides of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.analysis.reference import hips_of
from app.bench.start import scale
from app.core.people import Image
from app.window.main_window import MainWindow
from app.window.player.player import Player
from tests.app.window.test_main_window import PATIENCE, hold

INDEX = 9


def picture(window: MainWindow) -> Image:
    """The frame as a saved picture shows it, (H, W, 3) BGR."""
    image = window.view.screenshot(with_overlay=True)
    pixels = image.constBits()
    assert pixels is not None
    rows = np.frombuffer(pixels.asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width(), :3]


def choose(window: MainWindow, place: str) -> None:
    """Choose where the second picture is shown."""
    box = window.features.compare.panel.blend.place
    box.setCurrentIndex(box.findData(place))


def second_clip(window: MainWindow, path: Path, qtbot: QtBot) -> Player:
    """``path`` as the second clip; both show frame 0."""
    compare = window.features.compare
    compare.open(str(path))
    second = compare.second
    assert second is not None
    qtbot.waitUntil(lambda: second.current is not None, timeout=PATIENCE)
    return second


@pytest.fixture
def brighter(tmp_path: Path) -> Path:
    """A clip of half the width and height of the gray one, all of it at the brightness 220."""
    path = tmp_path / "bright.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 80, 120, "yuv420p"
        for _ in range(10):
            image = np.full((120, 80, 3), 220, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def test_the_second_picture_is_laid_over_the_first(
    window: MainWindow, clip: Path, brighter: Path, qtbot: QtBot
) -> None:
    window.player.open(str(clip), paused=True)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    second_clip(window, brighter, qtbot)
    panel = window.features.compare.panel
    assert panel.view.isVisible()
    assert not panel.blend.share.isVisible()
    before = picture(window)
    assert abs(float(before.mean()) - 20) < 3
    choose(window, "over")
    assert panel.blend.share.isVisible()
    assert not panel.view.isVisible()
    for percent in (50, 100):
        panel.blend.share.setValue(percent)
        shown = picture(window)
        # It has the height of the first and half its width, and lies in the middle.
        wanted = 20 + (220 - 20) * percent / 100
        assert abs(float(shown[5:-5, 45:115].mean()) - wanted) < 5
        assert abs(float(shown[:, :35].mean()) - 20) < 3
        assert abs(float(shown[:, 125:].mean()) - 20) < 3
    panel.blend.reset.click()
    assert panel.blend.share.value() == 50
    choose(window, "beside")
    assert np.array_equal(picture(window), before)
    assert panel.view.isVisible()


def test_hips_lie_together_and_skeletons_hide_the_second_picture_too(
    posing: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """The second clip is the first one at a smaller size, so that its picture fits the first one exactly."""
    small = tmp_path / "small.mp4"
    scale(str(shutil.copy(short_demo, tmp_path / "copy.mp4")), (442, 248), 3.0, small)
    posing.open(str(short_demo))
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 25, timeout=PATIENCE)
    hold(posing, qtbot)
    second, compare = second_clip(posing, small, qtbot), posing.features.compare
    qtbot.waitUntil(lambda: len(second.analysis or ()) > 25, timeout=PATIENCE)
    for player in (posing.player, second):
        player.seek_index(INDEX)
    qtbot.waitUntil(lambda: index(posing.player) == index(second) == INDEX, timeout=PATIENCE)
    compare.link()
    choose(posing, "hips")
    qtbot.waitUntil(lambda: compare._picture.motions is not None, timeout=PATIENCE)
    posing.player.refresh()
    qtbot.waitUntil(lambda: posing.view._scene.blended is not None, timeout=PATIENCE)
    motions, first, other = compare._picture.motions, posing.player.current, second.current
    assert motions is not None
    assert first is not None
    assert other is not None
    onto, person = (
        next(one for one in poses.people if one.id == motion.number)
        for poses, motion in zip((first.poses, other.poses), motions, strict=True)
    )
    aim, hips = hips_of(onto.keypoints, motions[0].skeleton), hips_of(person.keypoints, motions[1].skeleton)
    assert aim is not None
    assert hips is not None
    blended = posing.view._scene.blended
    assert blended is not None
    placed = blended.to_frame.map(*(hips + 0.5))
    assert placed == pytest.approx(tuple(aim + 0.5), abs=1e-6)
    assert blended.to_frame.m11() == pytest.approx(2.0, rel=0.08)  # the sizes of the people, as they were found
    # Privacy holds for both pictures, at once.
    posing.panel.display.choose_privacy("skeleton")
    hidden = compare.panel.view.pixels
    assert hidden is not None
    assert (hidden == hidden[0, 0]).all()
    blended = posing.view._scene.blended
    assert blended is not None
    corners = {blended.picture.pixel(x, y) for x in range(0, 442, 20) for y in range(0, 248, 20)}
    assert len(corners) == 1


def index(player: Player) -> int:
    return player.current.frame.index if player.current is not None else -1
