"""The flip test compared with results of the original implementations (tests/golden/codecs/flip.npz)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from app.inference.model_card import Codec, Heatmap, Regression, SimCC, UdpCombined
from app.pose.codecs import codec_of
from app.pose.codecs.codec import average
from tests.app.pose.codecs.test_decode import load


def unflip(outputs: Sequence[Any], spec: Codec, order: list[int], shift: bool, width: int) -> list[Any]:
    return codec_of(spec).unflip(outputs, order, shift, width)


@pytest.mark.parametrize(
    ("shift", "wanted"),
    [(False, "off_noshift"), (True, "off_shift"), (False, "m1_heatmap_shift0"), (True, "m1_heatmap_shift1")],
)
def test_unflipped_heatmaps_equal_the_original(shift: bool, wanted: str) -> None:
    case = load("flip")
    straight = case["heatmaps_int16"] * case["scale_in"]
    mirrored = case["heatmaps_of_flipped_image_int16"] * case["scale_in"]
    back = unflip([mirrored], Heatmap(), case["flip_indices"].tolist(), shift, width=96)
    np.testing.assert_allclose(average([straight], back)[0], case[wanted] * case["scale_out"], atol=1e-6)


def test_unflipping_negates_the_x_offsets_of_combined_maps() -> None:
    case = load("flip")
    back = unflip(
        [case["combined_in_int16"].astype(np.float32)], UdpCombined(), case["flip_indices4"].tolist(), False, 48
    )
    ratio = case["scale_out"] / case["scale_in"]
    np.testing.assert_allclose(back[0], case["m1_udp_combined_out"] * ratio, atol=1e-3)


def test_unflipped_simcc_vectors_equal_the_original() -> None:
    case = load("flip")
    vectors = [case[f"simcc_{axis}_in_int16"].astype(np.float32) for axis in "xy"]
    back = unflip(vectors, SimCC(), case["flip_indices"].tolist(), False, width=24)
    ratio = case["scale_out"] / case["scale_in"]
    for axis, vector in zip("xy", back, strict=True):
        np.testing.assert_allclose(vector, case[f"m1_flip_vectors_{axis}"] * ratio, atol=1e-3)


@pytest.mark.parametrize("shift", [False, True])
def test_unflipped_coordinates_equal_the_original(shift: bool) -> None:
    case = load("flip")
    width = int(case["coords_input_wh"][0])
    back = unflip([case["coords_in"]], Regression(), case["flip_indices"].tolist(), shift, width)
    np.testing.assert_allclose(back[0], case[f"m1_coords_shift{int(shift)}"], atol=1e-6)
