"""Meters from pixels."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.scale import Scale


def test_heights_count_up_from_a_floor_that_slopes() -> None:
    """A floor that rises by 100 pixels in 1000: points on it have height 0, points above it a positive one."""
    scale = Scale(0.002, (50.0, 900.0), float(np.degrees(np.arctan(0.1))))
    on_floor = scale.to_metres([[50.0, 900.0], [1050.0, 800.0]])
    np.testing.assert_allclose(on_floor, [[0, 0], [0.002 * np.hypot(1000, 100), 0]], atol=1e-12)
    assert scale.to_metres([50.0, 400.0])[1] == pytest.approx(0.002 * 500 * np.cos(np.arctan(0.1)))


def test_a_level_floor_keeps_directions_and_ignores_scores() -> None:
    keypoints = np.array([[[300.0, 500.0, 0.9]], [[400.0, np.nan, 0.1]]], np.float32)
    found = Scale(0.01, (100.0, 700.0)).to_metres(keypoints)
    assert found.shape == (2, 1, 2)
    np.testing.assert_allclose(found[0, 0], [2.0, 2.0])
    assert np.isnan(found[1, 0, 1])


def test_the_way_back_gives_the_same_pixels() -> None:
    scale = Scale(0.0031, (12.0, 640.0), -7.0)
    points = np.random.default_rng(1).uniform(0, 1000, (5, 3, 2))
    np.testing.assert_allclose(scale.to_pixels(scale.to_metres(points)), points)
