"""A chosen keypoint glows on the frame that is shown, and follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.card import Keypoints
from app.engine import Result
from app.estimate.estimator import Estimator, open_estimator
from app.overlay import Look
from app.people import Frame, FramePoses, Image, Person
from app.window.background import Background
from app.window.heat_finder import HeatFinder
from app.window.video_view import VideoView

WRIST = 9


@pytest.fixture
def finder() -> Iterator[HeatFinder]:
    background = Background()
    yield HeatFinder(background)
    background.close(5.0)


@pytest.fixture(scope="module")
def estimator(shared: Path) -> Estimator:
    return open_estimator(shared / "models" / "tinypose_128x96.onnx", "cpu")


@pytest.fixture(scope="module")
def result(shared: Path, estimator: Estimator) -> Result:
    """A frame with somebody whose wrist the network sees."""
    clip = cv2.VideoCapture(str(shared / "data" / "videos" / "single_person_balance_4views_540x960.mp4"))
    _, picture = clip.read()
    image: Image = np.asarray(picture, np.uint8)
    box = np.array([60, 150, 480, 900], np.float32)
    person = Person(1, 1.0, box, estimator(image, box[None])[0])
    return Result(Frame(0, 0.0, image), FramePoses(0, 0.0, (person,)), 0.0, {})


def brightness(view: VideoView) -> NDArray[np.uint8]:
    """The (H, W) grey of what is shown, in the frame's own size."""
    picture = view.screenshot(with_overlay=True).convertToFormat(QImage.Format.Format_Grayscale8)
    data = picture.constBits()
    assert data is not None
    rows = np.frombuffer(data.asstring(picture.sizeInBytes()), np.uint8)
    return rows.reshape(picture.height(), -1)[:, : picture.width()]


def test_nothing_is_done_while_nothing_is_chosen(
    finder: HeatFinder, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(finder.found, wait=200):
        finder.look(result, estimator)


@pytest.mark.parametrize("mirror", [False, True])
def test_it_glows_on_the_keypoint(
    finder: HeatFinder, result: Result, estimator: Estimator, qtbot: QtBot, mirror: bool
) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.set_look(Look(skeleton=False, ids=False, dim=1.0, mirror=mirror))
    view.show_result(result, estimator.skeleton)
    finder.found.connect(view.show_heat)
    finder.look(result, estimator)
    finder.choose(WRIST)
    with qtbot.waitSignal(finder.found, timeout=20_000):
        pass
    light = brightness(view)
    y, x = np.unravel_index(light.argmax(), light.shape)
    wrist = result.poses.people[0].keypoints[WRIST, :2].copy()
    wrist[0] = light.shape[1] - 1 - wrist[0] if mirror else wrist[0]
    assert np.hypot(*(wrist - (x, y))) < 25  # a few of the map's cells
    finder.choose(None)
    assert not brightness(view).any()


def test_of_many_frames_the_last_one_is_seen(
    finder: HeatFinder, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    finder.choose(WRIST)
    seen: list[float] = []
    finder.found.connect(lambda heat: seen.append(heat[0].to_frame.dx()))
    for step in range(20):
        (person,) = result.poses.people
        moved = replace(person, box=person.box + np.array([step, 0, step, 0], np.float32))
        finder.look(replace(result, poses=FramePoses(step, step / 30, (moved,))), estimator)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] - seen[0] == pytest.approx(19, abs=0.01), timeout=20_000)
    assert len(seen) == 2


def test_what_comes_too_late_is_not_shown(
    finder: HeatFinder, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    finder.choose(WRIST)
    finder.look(result, estimator)
    with qtbot.assertNotEmitted(finder.found, wait=500):
        finder.look(result, None)


def test_a_model_without_heatmaps_is_told_of_once(
    finder: HeatFinder, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    bare = Estimator(estimator.network, msgspec.structs.replace(estimator.card, codec=Keypoints()))
    finder.choose(WRIST)
    with qtbot.waitSignal(finder.failed, timeout=20_000) as told:
        finder.look(result, bare)
    assert "has no heatmaps" in str(told.args[0])
    with qtbot.assertNotEmitted(finder.failed, wait=200):
        finder.look(result, bare)
