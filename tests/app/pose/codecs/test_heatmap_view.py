"""What is shown as heat is hottest where the keypoint is found."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.card import Keypoints, PoseCard, SimCC
from app.errors import StanceError
from app.estimate.estimator import Estimator, open_estimator
from app.estimate.heat import heat_of
from app.people import Image

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
    """Heatmaps of two sizes, and vectors."""
    if request.param == "rtmpose_s":
        return open_estimator(request.getfixturevalue("rtmpose_s"), "cpu")
    return open_estimator(shared / "models" / f"{request.param}.onnx", "cpu")


def test_the_hottest_cell_is_where_the_keypoint_is(estimator: Estimator, frame: Image) -> None:
    found = estimator(frame, BOXES)
    heats = [estimator.heat(frame, BOXES, keypoint) for keypoint in range(17)]
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


def test_everyone_has_a_map_and_nobody_none(estimator: Estimator, frame: Image) -> None:
    assert len(estimator.heat(frame, BOXES, WRIST)) == 2
    assert estimator.heat(frame, np.empty((0, 4), np.float32), WRIST) == []


def test_two_vectors_give_their_product() -> None:
    x = np.zeros((1, 2, 6), np.float32)
    y = np.zeros((1, 2, 8), np.float32)
    x[0, 1, 4], x[0, 1, 2], y[0, 1, 3] = 0.8, 0.4, 0.5
    (cells,) = heat_of([x, y], SimCC(), 1)
    assert cells.shape == (8, 6)
    assert cells[3, 4] == pytest.approx(0.5)
    assert cells[3, 2] == pytest.approx(0.25)
    assert np.count_nonzero(cells) == 2
    assert not heat_of([x, y], SimCC(), 0).any()


def test_a_network_of_bare_coordinates_says_that_it_has_none(shared: Path, frame: Image) -> None:
    estimator = open_estimator(shared / "models" / "tinypose_128x96.onnx", "cpu")
    card = estimator.card
    bare = PoseCard(name="bare", picture=card.picture, codec=Keypoints(), skeleton=card.skeleton)
    coordinates = Estimator(estimator.network, bare)
    assert estimator.has_heat
    assert not coordinates.has_heat
    with pytest.raises(StanceError, match="bare has no heatmaps"):
        coordinates.heat(frame, BOXES, WRIST)


def test_looking_is_not_counted_as_estimating(estimator: Estimator, frame: Image) -> None:
    """A pipeline that runs meanwhile keeps its own times."""
    stages: list[str] = []
    before = estimator.timed
    estimator.timed = lambda stage: (stages.append(stage), before(stage))[1]  # type: ignore[func-returns-value]
    try:
        estimator.heat(frame, BOXES, WRIST)
        assert stages == []
    finally:
        estimator.timed = before
