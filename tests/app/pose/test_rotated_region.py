"""Rotated regions compared with the stages of MediaPipe's own graphs (tests/golden/mediapipe), and crops of them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from app.pose.rotated_region import (
    UP,
    Regions,
    angles_of_lines,
    regions_of_boxes,
    regions_of_lines,
    regions_of_points,
    whole_image_regions,
)
from tests.conftest import GOLDEN

HAND_POINTS = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]


def load(name: str) -> dict[str, Any]:
    with np.load(GOLDEN / "mediapipe" / f"{name}.npz") as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.fixture(scope="module")
def pose() -> dict[str, Any]:
    return load("photos_pose")


@pytest.fixture(scope="module")
def hands() -> dict[str, Any]:
    return load("photos_hands")


def in_pixels(rois: Any, sizes: Any) -> Any:
    """MediaPipe's regions (N, 5), fractions of the picture, as rows of ``Regions``."""
    return np.column_stack([rois[:, :2] * sizes, rois[:, 2] * sizes[:, 0], rois[:, 4]]).astype(np.float32)


def test_regions_of_detected_bodies(pose: dict[str, Any]) -> None:
    sizes = pose["image_wh"]
    keypoints = pose["detection"][:, 5:].reshape(24, 4, 2) * sizes[:, None]
    regions = regions_of_lines(keypoints[:, 0], keypoints[:, 1], UP)
    np.testing.assert_allclose(regions.rows, in_pixels(pose["raw_roi"], sizes), atol=1e-3)
    np.testing.assert_allclose(regions.scaled(1.25).rows, in_pixels(pose["roi"], sizes), atol=1e-3)


def test_next_regions_of_bodies(pose: dict[str, Any]) -> None:
    regions = regions_of_lines(pose["aux"][:, 0, :2], pose["aux"][:, 1, :2], UP, 1.25)
    np.testing.assert_allclose(regions.rows, in_pixels(pose["next_roi"], pose["image_wh"]), atol=1e-3)


def test_points_of_crops_in_the_image_and_back(pose: dict[str, Any]) -> None:
    regions = Regions(in_pixels(pose["roi"], pose["image_wh"]))
    fractions = pose["crop_landmarks39_refined"][:, :33, :3]
    points = regions.to_image(fractions)
    np.testing.assert_allclose(points, pose["landmarks"][..., :3], atol=2e-3)
    np.testing.assert_allclose(regions.to_crop(points[..., :2]), fractions[..., :2], atol=1e-5)


def test_regions_of_palms_and_of_hands(hands: dict[str, Any]) -> None:
    for row, (width, height) in enumerate(hands["image_wh"]):
        size = np.array([width, height])
        palms = hands["palm_detections"][row, : hands["palm_count"][row]]
        boxes, keypoints = palms[:, 1:5].reshape(-1, 2, 2) * size, palms[:, 5:].reshape(-1, 7, 2) * size
        centered = np.concatenate([boxes[:, 0] + boxes[:, 1] / 2, boxes[:, 1]], axis=1)
        regions = regions_of_boxes(centered, angles_of_lines(keypoints[:, 0], keypoints[:, 2], UP), 2.6, -0.5)
        wanted = in_pixels(hands["palm_rois"][row, : len(palms)], np.tile(size, (len(palms), 1)))
        np.testing.assert_allclose(regions.rows, wanted, atol=1e-3)

        count = hands["count"][row]
        points = hands["landmarks"][row, :count, :, :2]
        tip = ((points[:, 5] + points[:, 13]) / 2 + points[:, 9]) / 2
        next_regions = regions_of_points(
            points[:, HAND_POINTS], angles_of_lines(points[:, 0], tip, UP), scale=2.0, shift_y=-0.1
        )
        wanted = in_pixels(hands["next_rois"][row, :count], np.tile(size, (count, 1)))
        np.testing.assert_allclose(next_regions.rows, wanted, atol=1e-3)


def spotted(points: Any) -> Any:
    """A black image with a white spot of 9 x 9 pixels at each of ``points``."""
    image = np.zeros((240, 320, 3), np.uint8)
    for x, y in points:
        image[y - 4 : y + 5, x - 4 : x + 5] = 255
    return image


def test_a_crop_shows_what_to_crop_says() -> None:
    spots = np.array([[100, 80], [150, 140], [60, 150]])
    image = spotted(spots)
    regions = Regions(np.array([[110, 120, 200, 0.6], [100, 110, 150, -2.5]], np.float32))
    crops = regions.crops(image, 256)
    fractions = regions.to_crop(np.repeat(spots[None].astype(np.float32), 2, axis=0))
    for crop, points in zip(crops, fractions, strict=True):
        _, _, _, middles = cv2.connectedComponentsWithStats((crop[..., 0] > 127).astype(np.uint8))
        for point in points * 256:
            assert np.linalg.norm(middles[1:] - point, axis=1).min() < 0.5


def test_outside_of_the_image_is_black_or_its_border() -> None:
    image = np.full((50, 80, 3), 200, np.uint8)
    regions = whole_image_regions((80, 50))
    black = regions.crops(image, 80, "constant")[0]
    assert black[:14].max() == black[66:].max() == 0
    assert black[16:64].min() == 200
    assert regions.crops(image, 80)[0].min() == 200


def test_no_regions_give_no_crops() -> None:
    nothing = Regions(np.empty((0, 4), np.float32))
    assert nothing.crops(np.zeros((9, 9, 3), np.uint8), 64).shape == (0, 64, 64, 3)
    assert nothing.to_image(np.empty((0, 5, 3), np.float32)).shape == (0, 5, 3)
