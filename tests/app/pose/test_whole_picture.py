"""The resize rules of whole pictures, compared with HigherHRNet's (tests/golden/codecs2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard
from app.inference.model_card import InputSpec
from app.pose.whole_picture import InputFrame, input_frame, to_picture, warp_picture
from tests.app.pose.grouping.golden import load


def card(size: tuple[int, int], **options: Any) -> BottomUpCard:
    return BottomUpCard("test", InputSpec(size), AssociativeEmbedding(), "coco17", **options)


def test_sizes_and_matrices_equal_higherhrnet() -> None:
    golden = load("bottomup_resize")
    for row, picture in enumerate(golden["image_wh"].tolist()):
        base, scale, smallest = (golden[name][row].item() for name in ("input_size", "current_scale", "min_scale"))
        one = card((base, base), scales=tuple({1.0, scale, smallest}))
        frame = input_frame((picture[0], picture[1]), one, scale)
        assert frame.size == tuple(golden["size_resized_wh"][row])
        np.testing.assert_allclose(frame.matrix, golden["trans"][row], atol=3e-5)


@pytest.mark.parametrize(
    ("file", "found", "wanted", "size"),
    [
        ("ae_group", "off_L1_result", "off_L1_image", (80, 64)),
        ("ae_group", "off_L2_result", "off_L2_image", (80, 64)),
        ("dekr_decode", "matched", "final", (208, 160)),
    ],
)
def test_points_in_the_picture_equal_the_originals(file: str, found: str, wanted: str, size: tuple[int, int]) -> None:
    golden = load(file)
    for case, (center, scale) in enumerate(zip(golden["center"], golden["scale200"], strict=True)):
        ratio = size[0] / (200 * scale[0])
        shift = np.array(size) / 2 - ratio * center
        frame = InputFrame(size, np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]]]))
        seen = golden[found][case, ..., 2] > 0
        points = to_picture(golden[found][case, ..., :2], frame)
        np.testing.assert_allclose(points[seen], golden[wanted][case, ..., :2][seen], atol=2e-3)


@pytest.mark.parametrize(
    ("picture", "options", "size", "corners"),
    [
        ((640, 480), {"resize": "letterbox"}, (512, 512), [(0, 64), (512, 448)]),
        ((640, 480), {"resize": "letterbox", "place": "corner"}, (512, 512), [(0, 0), (512, 384)]),
        ((300, 736), {"resize": "height", "multiple": 8, "place": "corner"}, (216, 512), [(0, 0), (208.7, 512)]),
        ((10_000, 10), {}, (4096, 512), [(0, 253.95), (4096, 258.05)]),
    ],
)
def test_pictures_lie_where_the_card_says(
    picture: tuple[int, int], options: dict[str, Any], size: tuple[int, int], corners: list[tuple[float, float]]
) -> None:
    frame = input_frame(picture, card((512, 512), **options))
    assert frame.size == size
    edges = np.array([(-0.5, -0.5), (picture[0] - 0.5, picture[1] - 0.5)])
    # HigherHRNet counts from the first pixel's center, where others count from its corner.
    shift = 0.5 if options.get("place") == "corner" else 0.5 * frame.matrix[0, 0]
    found = (edges @ frame.matrix[:, :2].T + frame.matrix[:, 2]).astype(np.float32)
    np.testing.assert_allclose(found + shift, np.array(corners), atol=0.1)
    np.testing.assert_allclose(to_picture(found, frame), edges, atol=1e-3)


@pytest.mark.parametrize(
    ("picture", "base", "scale", "size", "ratio", "shift"),
    [
        # The picture covers 512 x 512, and what is missing to multiples of 32 is on both sides.
        ((640, 480), (512, 512), 1, (704, 512), 512 / 480, ((704 - 640 * 512 / 480) / 2, 0)),
        ((427, 641), (512, 512), 1, (512, 800), 512 / 427, (0, (800 - 641 * 512 / 427) / 2)),
        ((512, 512), (512, 512), 1, (512, 512), 1, (0, 0)),
        ((640, 480), (512, 512), 0.5, (352, 256), 256 / 480, ((352 - 640 * 256 / 480) / 2, 0)),
        ((400, 400), (640, 384), 1, (640, 640), 1.6, (0, 0)),
        ((400, 400), (500, 500), 1, (512, 512), 1.28, (0, 0)),
    ],
)
def test_pictures_cover_the_size_as_in_mmpose1(
    picture: tuple[int, int],
    base: tuple[int, int],
    scale: float,
    size: tuple[int, int],
    ratio: float,
    shift: tuple[float, float],
) -> None:
    one = card(base, resize="expand", multiple=32, scales=tuple({1.0, float(scale)}))
    frame = input_frame(picture, one, scale)
    assert frame.size == size
    np.testing.assert_allclose(frame.matrix, [[ratio, 0, shift[0]], [0, ratio, shift[1]]], atol=1e-9)


def test_very_long_pictures_are_scaled_to_fit() -> None:
    frame = input_frame((10_000, 10), card((512, 512), resize="expand", multiple=32))
    assert frame.size == (4096, 512)
    np.testing.assert_allclose(frame.matrix[:, :2], np.eye(2) * 0.4096)
    np.testing.assert_allclose(frame.matrix @ [5000, 5, 1], [2048, 256])


def test_padding_has_the_value_of_the_card() -> None:
    one = card((64, 64), resize="letterbox", place="corner", pad=128)
    image = np.full((20, 40, 3), 30, np.uint8)
    found = warp_picture(image, input_frame((40, 20), one), one.pad)
    assert (found[:30, 5:-5] == 30).all()
    assert (found[34:] == 128).all()
