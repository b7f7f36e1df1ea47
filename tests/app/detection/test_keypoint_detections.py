"""Detections with keypoints, compared with the stages of MediaPipe's own graph (tests/golden/mediapipe)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.detection.keypoint_detections import (
    BODY_STRIDES,
    FACE_STRIDES,
    PALM_STRIDES,
    KeypointDetections,
    anchors,
    merge_detections,
    read_detections,
)
from app.pose.rotated_region import whole_image_regions
from tests.app.pose.test_rotated_region import load


@pytest.fixture(scope="module")
def pose() -> dict[str, Any]:
    return load("photos_pose")


def detections(rows: Any) -> KeypointDetections:
    """MediaPipe's rows (N, 5 + 2 K) = score, left, top, width, height, keypoints."""
    best = rows[np.argsort(-rows[:, 0], kind="stable")]
    boxes = np.concatenate([best[:, 1:3], best[:, 1:3] + best[:, 3:5]], axis=1)
    return KeypointDetections(best[:, 0], boxes, best[:, 5:].reshape(len(best), -1, 2))


@pytest.mark.parametrize(
    ("side", "strides", "count"), [(224, BODY_STRIDES, 2254), (192, PALM_STRIDES, 2016), (128, FACE_STRIDES, 896)]
)
def test_there_are_as_many_anchors_as_rows(side: int, strides: tuple[int, ...], count: int) -> None:
    assert anchors(side, strides).shape == (count, 2)


def test_merged_detections_equal_the_original(pose: dict[str, Any]) -> None:
    for row, count in enumerate(pose["n_unfiltered"]):
        found = merge_detections(detections(pose["unfiltered"][row, :count]))[:1]
        wanted = detections(pose["detection_letterboxed"][row : row + 1])
        for part in ("scores", "boxes", "keypoints"):
            np.testing.assert_allclose(getattr(found, part), getattr(wanted, part), atol=1e-6)

        size = pose["image_wh"][row]
        in_image = found.in_image(whole_image_regions(tuple(size)))
        wanted = detections(pose["detection"][row : row + 1])
        np.testing.assert_allclose(in_image.boxes.reshape(2, 2), wanted.boxes.reshape(2, 2) * size, atol=1e-3)
        np.testing.assert_allclose(in_image.keypoints, wanted.keypoints * size, atol=1e-3)


def test_rows_are_read_at_their_anchors() -> None:
    regressors, logits = np.zeros((896, 16), np.float32), np.full((896, 1), -200.0, np.float32)
    # The second anchor of the cell in column 3 and row 2 of the first layer, and one of negative width.
    regressors[2 * (2 * 16 + 3) + 1] = [4, -8, 32, 64, *range(12)]
    regressors[5, 2] = -1
    logits[[2 * (2 * 16 + 3) + 1, 5], 0] = 2, 9
    found = read_detections(regressors, logits, 128, FACE_STRIDES)
    assert found.scores == pytest.approx([1 / (1 + np.exp(-2))])
    middle = np.array([3.5 / 16, 2.5 / 16])
    corners = np.concatenate([middle + np.array([-12, -40]) / 128, middle + np.array([20, 24]) / 128])
    np.testing.assert_allclose(found.boxes[0], corners, rtol=1e-6)
    np.testing.assert_allclose(found.keypoints[0], middle + np.arange(12).reshape(6, 2) / 128, rtol=1e-6)


def test_detections_that_hardly_overlap_stay_apart() -> None:
    boxes = np.array([[0, 0, 1, 1], [0.6, 0, 1.6, 1], [0.1, 0, 1.1, 1]], np.float32)
    found = KeypointDetections(np.array([0.9, 0.8, 0.6], np.float32), boxes, np.zeros((3, 1, 2), np.float32))
    merged = merge_detections(found)
    assert merged.scores.tolist() == pytest.approx([0.9, 0.8])
    assert merged.boxes[0].tolist() == pytest.approx([0.04, 0, 1.04, 1])


def test_nothing_is_found_where_all_scores_are_low() -> None:
    found = read_detections(np.ones((2016, 18), np.float32), np.full((2016, 1), -3, np.float32), 192, PALM_STRIDES)
    assert len(merge_detections(found)) == 0
    with pytest.raises(ValueError, match="anchors"):
        read_detections(np.ones((2015, 18), np.float32), np.zeros((2015, 1), np.float32), 192, PALM_STRIDES)
