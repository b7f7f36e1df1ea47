"""Crops compared with results of the original implementations (tests/golden/codecs)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, InputSpec
from app.pose.crop import box_region, crop_matrix, crop_people, normalize, to_image
from tests.app.pose.codecs.test_decode import load


@pytest.fixture(scope="module")
def boxes() -> dict[str, Any]:
    return load("boxes")


def corners(xywh: Any) -> Any:
    return np.concatenate([xywh[..., :2], xywh[..., :2] + xywh[..., 2:]], axis=-1).astype(np.float32)


def mapped(matrix: Any, points: Any) -> Any:
    return cv2.transform(points[None].astype(np.float64), matrix)[0]


def test_regions_equal_the_originals(boxes: dict[str, Any]) -> None:
    for i, size in enumerate(boxes["input_wh"]):
        centre, extent = box_region(corners(boxes["bbox_xywh"][i : i + 1]), tuple(size), 1.25)
        for wanted_centre, wanted_extent in (
            (boxes["off_center"][i], boxes["off_scale"][i] * 200),
            (boxes["m1_center"][i], boxes["m1_scale"][i]),
        ):
            np.testing.assert_allclose(centre[0], wanted_centre, rtol=1e-5, atol=1e-2)
            np.testing.assert_allclose(extent[0], wanted_extent, rtol=1e-4)


def test_matrices_map_points_as_the_originals_do(boxes: dict[str, Any]) -> None:
    upright = np.flatnonzero(boxes["rot_deg"] == 0)
    assert len(upright) > 5
    for i in upright:
        size = tuple(boxes["input_wh"][i])
        points = boxes["points"][i]
        classic = crop_matrix(boxes["m1_center"][i], boxes["m1_scale"][i], size, udp=False)
        np.testing.assert_allclose(mapped(classic, points), mapped(boxes["m1_warp"][i], points), atol=1e-2)
        np.testing.assert_allclose(mapped(classic, points), boxes["off_points"][i], atol=1e-2)
        udp = crop_matrix(boxes["m1_center"][i], boxes["m1_scale"][i], size, udp=True)
        np.testing.assert_allclose(
            mapped(udp, points), mapped(boxes["m1_udp_warp"][i].astype(np.float64), points), atol=1e-2
        )


def test_keypoints_are_mapped_back_as_the_originals_do(boxes: dict[str, Any]) -> None:
    size = boxes["input_wh"][:, None]
    centre, extent = boxes["m1_center"], boxes["m1_scale"]
    np.testing.assert_allclose(
        to_image((boxes["m1_kpts_input"] / size).astype(np.float32), centre, extent), boxes["m1_kpts_image"], atol=1e-2
    )
    heatmap = boxes["heatmap_wh"][:, None]
    np.testing.assert_allclose(
        to_image((boxes["off_hm_points"] / heatmap).astype(np.float32), centre, extent),
        boxes["off_hm_points_back"],
        atol=1e-2,
    )
    udp = load("mmpose0")["box_hm_points_back_udp"]
    np.testing.assert_allclose(
        to_image((boxes["off_hm_points"] / (heatmap - 1)).astype(np.float32), centre, extent), udp, atol=1e-2
    )


@pytest.mark.parametrize(("udp", "wanted"), [(False, "m1_crop"), (False, "off_crop"), (True, "m1_udp_crop")])
def test_crops_equal_the_originals(udp: bool, wanted: str) -> None:
    case = load("crops")
    picture = InputSpec(size=(int(case["input_wh"][0]), int(case["input_wh"][1])))
    centres, extents = box_region(corners(case["bbox_xywh"]), picture.size, 1.25)
    crops = crop_people(case["image_bgr"], centres, extents, picture, udp)
    # Another OpenCV interpolates with other fractions: 2 gray levels, which the parity data allows too.
    assert np.abs(crops.astype(int) - case[wanted]).max() <= 2


@pytest.mark.parametrize("udp", [False, True])
def test_crops_are_those_of_the_whole_picture(udp: bool) -> None:
    """Only a part of the picture is copied: inside of it, over its edges, beside it, and all of it."""
    random = np.random.default_rng(3)
    picture = InputSpec(size=(48, 64))
    for size in ((90, 120), (200, 160)):
        image = random.integers(0, 256, (*size, 3), np.uint8)
        boxes: list[list[float]] = [
            [20.0, 10.0, 60.0, 80.0],
            [-30, -20, 25, 40],
            [100, 60, 300, 400],
            [-90, -90, -40, -40],
            [30, 30, 31, 31],
        ]
        boxes += [[-1000, -900, 3000, 2000], [40, 50, np.inf, 90]]
        with np.errstate(invalid="ignore"):
            centers, extents = box_region(np.array(boxes, np.float32), picture.size, 1.25)
            crops = crop_people(image, centers, extents, picture, udp)
            for crop, center, extent in zip(crops, centers, extents, strict=True):
                whole = cv2.warpAffine(image, crop_matrix(center, extent, picture.size, udp), picture.size)
                assert np.abs(crop.astype(int) - whole).max() <= 1  # processors may round in another way


def test_every_byte_is_normalized_as_by_arithmetic() -> None:
    bytes_ = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    inputs = normalize(bytes_, InputSpec(size=(16, 16), color="rgb", mean=IMAGENET_MEAN, std=IMAGENET_STD))
    mean, std = (np.array(one, np.float32).reshape(3, 1, 1) for one in (IMAGENET_MEAN, IMAGENET_STD))
    np.testing.assert_array_equal(inputs, (bytes_.transpose(0, 3, 1, 2) - mean) / std)


def test_normalized_inputs_equal_the_originals() -> None:
    case = load("crops")
    size = (int(case["input_wh"][0]), int(case["input_wh"][1]))
    rgb = InputSpec(size=size, color="rgb", mean=IMAGENET_MEAN, std=IMAGENET_STD)
    np.testing.assert_allclose(
        normalize(case["m1_crop"], rgb)[:, :, ::8, ::8], case["m1_normalized_rgb_every8"], atol=1e-4
    )
    bgr = InputSpec(size=size, color="bgr", mean=IMAGENET_MEAN, std=IMAGENET_STD)
    np.testing.assert_allclose(
        normalize(case["off_crop"], bgr)[:, :, ::8, ::8], case["off_normalized_asis_every8"], atol=1e-4
    )
    nhwc = InputSpec(size=size, color="rgb", layout="nhwc", std=(255.0, 255.0, 255.0))
    np.testing.assert_allclose(normalize(case["m1_crop"], nhwc), case["m1_crop"][..., ::-1] / 255.0, atol=1e-6)
