"""The heatmap of a chosen keypoint is shown on the frame and follows it."""

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

from app.core.people import Frame, FramePoses, Image, Person
from app.engine import Result
from app.inference.model_card import DecodedKeypoints
from app.overlay import DrawStyle
from app.pose.top_down import Estimator, open_estimator
from app.window.core.tasks import TaskRunner
from app.window.video.heatmap_worker import HeatmapWorker
from app.window.video.video_view import VideoView

WRIST = 9


@pytest.fixture
def worker() -> Iterator[HeatmapWorker]:
    background = TaskRunner()
    yield HeatmapWorker(background)
    background.close(5.0)


@pytest.fixture(scope="module")
def estimator(shared: Path) -> Estimator:
    return open_estimator(shared / "models" / "tinypose_128x96.onnx", "cpu")


@pytest.fixture(scope="module")
def result(shared: Path, estimator: Estimator) -> Result:
    """A frame with a person whose wrist is visible."""
    clip = cv2.VideoCapture(str(shared / "data" / "videos" / "single_person_balance_4views_540x960.mp4"))
    _, picture = clip.read()
    image: Image = np.asarray(picture, np.uint8)
    box = np.array([60, 150, 480, 900], np.float32)
    person = Person(1, 1.0, box, estimator(image, box[None])[0])
    return Result(Frame(0, 0.0, image), FramePoses(0, 0.0, (person,)), 0.0, {})


def brightness(view: VideoView) -> NDArray[np.uint8]:
    """The (H, W) brightness of the view, at the frame's own size."""
    picture = view.screenshot(with_overlay=True).convertToFormat(QImage.Format.Format_Grayscale8)
    data = picture.constBits()
    assert data is not None
    rows = np.frombuffer(data.asstring(picture.sizeInBytes()), np.uint8)
    return rows.reshape(picture.height(), -1)[:, : picture.width()]


def test_nothing_is_computed_without_a_chosen_keypoint(
    worker: HeatmapWorker, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(worker.found, wait=200):
        worker.show_result(result, estimator)


@pytest.mark.parametrize("mirror", [False, True])
def test_the_heatmap_peaks_at_the_keypoint(
    worker: HeatmapWorker, result: Result, estimator: Estimator, qtbot: QtBot, mirror: bool
) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.set_draw_style(DrawStyle(skeleton=False, ids=False, dim=1.0, mirror=mirror))
    view.show_result(result, estimator.skeleton)
    worker.found.connect(view.show_heat)
    worker.show_result(result, estimator)
    worker.choose(WRIST)
    with qtbot.waitSignal(worker.found, timeout=60_000):
        pass
    light = brightness(view)
    y, x = np.unravel_index(light.argmax(), light.shape)
    wrist = result.poses.people[0].keypoints[WRIST, :2].copy()
    wrist[0] = light.shape[1] - 1 - wrist[0] if mirror else wrist[0]
    assert np.hypot(*(wrist - (x, y))) < 25  # a few cells of the heatmap
    worker.choose(None)
    assert not brightness(view).any()


def test_only_the_newest_of_many_frames_is_shown(
    worker: HeatmapWorker, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    worker.choose(WRIST)
    seen: list[float] = []
    worker.found.connect(lambda heat: seen.append(heat[0].to_frame.dx()))
    for step in range(20):
        (person,) = result.poses.people
        moved = replace(person, box=person.box + np.array([step, 0, step, 0], np.float32))
        worker.show_result(replace(result, poses=FramePoses(step, step / 30, (moved,))), estimator)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] - seen[0] == pytest.approx(19, abs=0.01), timeout=60_000)
    assert len(seen) == 2


def test_a_late_result_is_discarded(worker: HeatmapWorker, result: Result, estimator: Estimator, qtbot: QtBot) -> None:
    worker.choose(WRIST)
    worker.show_result(result, estimator)
    with qtbot.assertNotEmitted(worker.found, wait=500):
        worker.show_result(result, None)


def test_a_model_without_heatmaps_is_reported_once(
    worker: HeatmapWorker, result: Result, estimator: Estimator, qtbot: QtBot
) -> None:
    bare = Estimator(estimator.network, msgspec.structs.replace(estimator.card, codec=DecodedKeypoints()))
    worker.choose(WRIST)
    with qtbot.waitSignal(worker.failed, timeout=60_000) as signal:
        worker.show_result(result, bare)
    assert "has no heatmaps" in str(signal.args[0])
    with qtbot.assertNotEmitted(worker.failed, wait=200):
        worker.show_result(result, bare)
