"""Decoders compared with results of the original implementations (tests/golden/codecs)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from app.core.people import Floats
from app.inference.model_card import Codec, Heatmap, Regression, SimCC, UdpCombined
from app.pose.codecs import codec_of
from app.pose.crop import to_image
from tests.conftest import GOLDEN

CASES = ["decode_64x48_s2", "decode_64x64_s2", "decode_96x72_s3"]


def decode(outputs: Sequence[Any], spec: Codec, udp: bool) -> tuple[Floats, Floats]:
    return codec_of(spec).decode(outputs, udp)


def load(name: str) -> dict[str, Any]:
    with np.load(GOLDEN / "codecs" / f"{name}.npz") as data:
        return dict(data)


def maps_of(case: dict[str, Any]) -> Any:
    return case["heatmaps_int16"].astype(np.float32) * case["scale"]


@pytest.mark.parametrize("name", CASES)
def test_peaks_and_scores_equal_the_originals(name: str) -> None:
    case = load(name)
    maps = maps_of(case)
    fractions, scores = decode([maps], Heatmap(refine="none"), udp=False)
    height, width = maps.shape[-2:]
    found = scores > 0
    np.testing.assert_allclose((fractions * [width, height])[found], case["off_argmax"][found], atol=1e-4)
    np.testing.assert_allclose(scores, case["off_maxvals"][..., 0], rtol=1e-6)
    np.testing.assert_allclose(scores, case["m1_scores"], rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_quarter_shift_equals_mmpose(name: str) -> None:
    case = load(name)
    fractions, scores = decode([maps_of(case)], Heatmap(refine="quarter"), udp=False)
    found = scores > 0
    np.testing.assert_allclose((fractions * case["input_wh"])[found], case["m1_msra_keypoints"][found], atol=1e-3)


@pytest.mark.parametrize("name", CASES)
def test_quarter_shift_equals_the_official_code_away_from_borders(name: str) -> None:
    case = load(name)
    for refine, wanted in (("none", "off_preds_plain"), ("quarter", "off_preds_shift")):
        fractions, scores = decode([maps_of(case)], Heatmap(refine=refine), udp=False)  # type: ignore[arg-type]
        points = to_image(fractions, case["center"], case["scale200"] * 200)
        inner = (scores > 0) & ~np.isin(case["kind"], ["border", "near border"])
        assert inner.sum() > 10
        np.testing.assert_allclose(points[inner], case[wanted][inner], atol=1e-2)


@pytest.mark.parametrize(
    ("name", "kernel", "wanted"),
    [
        ("decode_64x48_s2", 11, "m1_dark_keypoints"),
        ("decode_64x64_s2", 11, "m1_dark_keypoints"),
        ("decode_96x72_s3", 17, "m1_dark_keypoints"),
        ("decode_96x72_s3", 11, "m1_dark_k11_keypoints"),
    ],
)
def test_dark_equals_mmpose(name: str, kernel: int, wanted: str) -> None:
    case = load(name)
    fractions, scores = decode([maps_of(case)], Heatmap(refine="dark", blur_kernel=kernel), udp=False)
    found = scores > 0
    np.testing.assert_allclose((fractions * case["input_wh"])[found], case[wanted][found], atol=2e-3)


@pytest.mark.parametrize("name", CASES)
def test_dark_equals_the_code_of_the_paper(name: str) -> None:
    case, paper = load(name), load("darkpose")
    maps = maps_of(case)
    height, width = maps.shape[-2:]
    kernel = int(case["blur_kernel"])
    fractions, scores = decode([maps], Heatmap(refine="dark", blur_kernel=kernel), udp=False)
    found = scores > 0
    wanted = paper[f"{name}_heatmap_coords"]
    np.testing.assert_allclose((fractions * [width, height])[found], wanted[found], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "kernel", "wanted"),
    [
        ("decode_64x48_s2", 11, "m1_udp_keypoints"),
        ("decode_64x64_s2", 11, "m1_udp_keypoints"),
        ("decode_96x72_s3", 17, "m1_udp_keypoints"),
        ("decode_96x72_s3", 11, "m1_udp_k11_keypoints"),
    ],
)
def test_udp_equals_mmpose(name: str, kernel: int, wanted: str) -> None:
    case = load(name)
    fractions, _ = decode([maps_of(case)], Heatmap(refine="udp", blur_kernel=kernel), udp=True)
    defined = case["udp_undefined"] == 0
    assert defined.sum() > 10
    np.testing.assert_allclose((fractions * case["input_wh"])[defined], case[wanted][defined], atol=2e-3)


def test_combined_udp_equals_mmpose() -> None:
    case = load("decode_udp_combined")
    codec = UdpCombined(radius=float(case["radius_factor"]), blur_kernel=int(case["blur_kernel"]))
    fractions, scores = decode([maps_of(case)], codec, udp=True)
    np.testing.assert_allclose(fractions * case["input_wh"], case["m1_keypoints"], atol=2e-3)
    np.testing.assert_allclose(scores, case["m1_scores"], rtol=1e-4)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (48, 64), (64, 64), (96, 72), (40, 8)])
def test_offsets_are_in_units_of_the_longer_side(width: int, height: int) -> None:
    """Targets made by the formula of MMPose 1.3.2 (``generate_offset_heatmap``): the radius goes by max(W, H)."""
    truth = np.random.default_rng(4).uniform([4, 2], [width - 5, height - 3], (2, 5, 2))
    radius = 0.0546875 * max(width, height)
    maps = np.zeros((2, 5, 3, height, width), np.float32)
    for person, keypoint in np.ndindex(2, 5):
        x, y = truth[person, keypoint]
        for row, column in np.ndindex(height, width):
            away = (x - column) / radius, (y - row) / radius
            maps[person, keypoint, :, row, column] = np.hypot(*away) <= 1, *away
    fractions, scores = decode([maps.reshape(2, 15, height, width)], UdpCombined(), udp=True)
    np.testing.assert_allclose(fractions * [width - 1, height - 1], truth, atol=1e-3)
    assert (scores > 0.2).all()


def test_simcc_refinement_is_more_accurate_than_the_highest_bin() -> None:
    """Measured on noisy targets as in the training of RTMPose."""
    random = np.random.default_rng(0)
    truth = random.uniform(20, 170, (200, 26))
    bins = np.arange(384)
    targets = np.exp(-((bins - 2 * truth[..., None]) ** 2) / 2 / 4.9**2).astype(np.float32)
    sharp, _ = decode([targets, targets], SimCC(), udp=False)
    assert sharp[..., 0] * 192 == pytest.approx(truth, abs=0.01)
    noisy = targets + random.normal(0, 0.1, targets.shape).astype(np.float32)
    errors = {}
    for refine in ("none", "gaussian"):
        fractions, scores = decode([noisy, noisy], SimCC(refine=refine), udp=False)
        errors[refine] = np.abs(fractions[..., 0] * 192 - truth).mean()
        assert scores == pytest.approx(noisy.max(axis=-1))
    assert errors["gaussian"] < 0.4 * errors["none"]


def test_simcc_at_the_border_and_without_a_peak() -> None:
    vectors = np.zeros((1, 3, 384), np.float32)
    vectors[0, 0, 0] = vectors[0, 1, 383] = 1
    fractions, scores = decode([vectors, vectors], SimCC(), udp=False)
    assert fractions[0, :, 0] * 384 == pytest.approx([0, 383, -1])
    assert scores[0].tolist() == [1, 1, 0]


def test_simcc_equals_mmpose() -> None:
    case = load("simcc_decode")
    x, y = (case[f"simcc_{axis}_int16"].astype(np.float32) * case["scale"] for axis in "xy")
    fractions, scores = decode([x, y], SimCC(split_ratio=2.0, refine="none"), udp=False)
    np.testing.assert_allclose(fractions * case["input_wh"], case["plain_keypoints"], atol=1e-4)
    np.testing.assert_allclose(scores, case["plain_scores"], rtol=1e-6)


def test_regression_equals_mmpose() -> None:
    case = load("regression")
    for columns in (2, 4):
        fractions, scores = decode([case[f"pred{columns}"]], Regression(), udp=False)
        np.testing.assert_allclose(fractions * case["input_wh"], case[f"pred{columns}_keypoints"], atol=1e-4)
        np.testing.assert_allclose(scores, case[f"pred{columns}_scores"], atol=1e-6)
