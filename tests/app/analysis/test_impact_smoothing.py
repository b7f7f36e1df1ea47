"""Feet stop in the smoothed track when they do, and noise is not let through."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.impact_smoothing import low_pass_with_impacts, stopping_points
from app.analysis.low_pass import low_pass, second_derivatives
from app.core.skeleton import load_skeleton

CUTOFF_HZ, SIZE = 6.0, 400.0


def stop(fps: float, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, the true and the found places (T, 2) of a foot that flies on at 3 body sizes a second and stops at 1 s."""
    times_s = np.arange(0, 2, 1 / fps)
    true = np.stack([3 * SIZE * np.minimum(times_s, 1.0), np.zeros_like(times_s)], axis=1)
    return times_s, true, true + np.random.default_rng(0).normal(0, noise * SIZE, true.shape)


@pytest.mark.parametrize("fps", [30.0, 60.0, 120.0])
def test_a_foot_stops_closer_to_where_it_stops(fps: float) -> None:
    times_s, true, found = stop(fps, noise=0.003)
    known = np.ones(len(times_s), bool)
    near = np.abs(times_s - 1.0) < 0.1
    plain = np.abs(low_pass(times_s, found, known, CUTOFF_HZ) - true)[near].max()
    kept = np.abs(low_pass_with_impacts(times_s, found, known, CUTOFF_HZ, SIZE) - true)[near].max()
    assert kept < 0.75 * plain


def test_a_foot_at_rest_is_as_steady_as_without() -> None:
    times_s, true, _ = stop(60.0)
    found = np.random.default_rng(1).normal(0, 0.01 * SIZE, true.shape)
    known = np.ones(len(times_s), bool)
    plain, kept = (
        second_derivatives(times_s, smooth).std()
        for smooth in (
            low_pass(times_s, found, known, CUTOFF_HZ),
            low_pass_with_impacts(times_s, found, known, CUTOFF_HZ, SIZE),
        )
    )
    assert kept < 1.2 * plain


def test_missing_values_are_bridged() -> None:
    times_s, true, found = stop(60.0)
    known = np.ones(len(times_s), bool)
    known[57:62] = False
    found[57:62] = np.nan
    smooth = low_pass_with_impacts(times_s, np.where(known[:, None], found, 0.0), known, CUTOFF_HZ, SIZE)
    assert np.abs(smooth - true).max() < 0.06 * SIZE
    two = low_pass_with_impacts(times_s[:2], true[:2], known[:2], CUTOFF_HZ, SIZE)
    np.testing.assert_array_equal(two, true[:2])


def test_only_feet_meet_the_ground() -> None:
    names = load_skeleton("halpe26").names
    found = {names[number] for number in stopping_points(load_skeleton("halpe26"))}
    assert found == {
        f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "heel", "big_toe", "small_toe")
    }
    assert not stopping_points(load_skeleton("face68"))
