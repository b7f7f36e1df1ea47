"""Heatmaps for display have their maximum at the keypoint."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Image
from app.inference.model_card import DecodedKeypoints, PoseCard, SimCC
from app.pose.codecs import codec_of
from app.pose.top_down import Estimator, open_estimator

WRIST = 9
BOXES = np.array([[60, 150, 480, 900], [40, 100, 400, 800]], np.float32)


@pytest.fixture(scope="module")
def frame(shared: Path) -> Image:
    clip = cv2.VideoCapture(str(shared / "data" / "videos" / "single_person_balance_4views_540x960.mp4"))
    done, image = clip.read()
    assert done
    return np.asarray(image, np.uint8)


@pytest.fixture(scope="module", params=["tinypose_128x96", "tinypose_256x192", "rtmpose_s"])
def estimator(request: pytest.FixtureRequest, shared: Path) -> Estimator:
    """Networks with heatmaps of two sizes, and one with vectors."""
    if request.param == "rtmpose_s":
        return open_estimator(request.getfixturevalue("rtmpose_s"), "cpu")
    return open_estimator(shared / "models" / f"{request.param}.onnx", "cpu")


def test_the_maximum_is_at_the_keypoint(estimator: Estimator, frame: Image) -> None:
    found = estimator(frame, BOXES)
    heats = [estimator.heatmap(frame, BOXES, keypoint) for keypoint in range(17)]
    for keypoint, person in np.ndindex(17, 2):
        heat = heats[keypoint][person]
        place = np.array(np.unravel_index(heat.cells.argmax(), heat.cells.shape))[::-1]
        at = heat.matrix @ [*place, 1]
        cell = heat.matrix[[0, 1], [0, 1]]
        score = found[person, keypoint, 2]
        assert heat.cells.max() == pytest.approx(score, abs=0.02)
        if score > 0.5:
            # A peak is refined by no more than a few of its cells.
            assert np.abs(at - found[person, keypoint, :2]).max() < 3 * cell.max()


def test_each_box_has_a_heatmap(estimator: Estimator, frame: Image) -> None:
    assert len(estimator.heatmap(frame, BOXES, WRIST)) == 2
    assert estimator.heatmap(frame, np.empty((0, 4), np.float32), WRIST) == []


def test_the_heatmap_of_vectors_is_their_product() -> None:
    x = np.zeros((1, 2, 6), np.float32)
    y = np.zeros((1, 2, 8), np.float32)
    x[0, 1, 4], x[0, 1, 2], y[0, 1, 3] = 0.8, 0.4, 0.5
    (cells,) = codec_of(SimCC()).heatmap([x, y], 1)
    assert cells.shape == (8, 6)
    assert cells[3, 4] == pytest.approx(0.5)
    assert cells[3, 2] == pytest.approx(0.25)
    assert np.count_nonzero(cells) == 2
    assert not codec_of(SimCC()).heatmap([x, y], 0).any()


def test_a_network_with_coordinates_has_no_heatmaps(shared: Path, frame: Image) -> None:
    estimator = open_estimator(shared / "models" / "tinypose_128x96.onnx", "cpu")
    card = estimator.card
    bare = PoseCard(name="bare", picture=card.picture, codec=DecodedKeypoints(), skeleton=card.skeleton)
    coordinates = Estimator(estimator.network, bare)
    assert estimator.has_heatmap
    assert not coordinates.has_heatmap
    with pytest.raises(StanceError, match="bare has no heatmaps"):
        coordinates.heatmap(frame, BOXES, WRIST)


def test_computing_heatmaps_does_not_change_the_stage_times(estimator: Estimator, frame: Image) -> None:
    """A pipeline may run at the same time."""
    stages: list[str] = []
    before = estimator.timed
    estimator.timed = lambda stage: (stages.append(stage), before(stage))[1]  # type: ignore[func-returns-value]
    try:
        estimator.heatmap(frame, BOXES, WRIST)
        assert stages == []
    finally:
        estimator.timed = before
