"""Lines fitted around each frame give positions and velocities without delay."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.local_fit import fit_lines, smooth_angles

RNG = np.random.default_rng(0)


def test_a_straight_path_stays_as_it_is_at_uneven_times() -> None:
    times_s = np.sort(RNG.uniform(0, 2, 100))
    points = np.stack([3 * times_s + 1, 5 - 2 * times_s], axis=1)
    points[[20, 60]] = np.nan
    positions, velocities = fit_lines(times_s, points, 0.05)
    known = np.isfinite(positions).all(axis=1)
    assert known.mean() > 0.9
    assert positions[known, 0] == pytest.approx(3 * times_s[known] + 1, abs=1e-6)
    assert velocities[known] == pytest.approx(np.tile([3.0, -2.0], (int(known.sum()), 1)), abs=1e-4)


def test_noise_is_reduced_and_the_peak_is_not_delayed() -> None:
    times_s = np.arange(0, 2, 1 / 60)
    true = np.sin(2 * np.pi * times_s)
    positions, velocities = fit_lines(times_s, true + RNG.normal(0, 0.05, len(times_s)), 0.04)
    assert np.std(positions - true) < 0.03
    assert times_s[np.argmax(positions[:60])] == pytest.approx(0.25, abs=0.03)
    assert velocities[30] == pytest.approx(-2 * np.pi, rel=0.15)


def test_long_gaps_stay_unknown() -> None:
    times_s = np.arange(0, 2, 1 / 60)
    points = np.where((times_s > 0.8) & (times_s < 1.2), np.nan, times_s)
    assert np.isnan(fit_lines(times_s, points, 0.03)[0][(times_s > 0.9) & (times_s < 1.1)]).all()
    assert np.isfinite(fit_lines(times_s, np.where(np.arange(120) == 60, np.nan, times_s), 0.03)[0]).all()
    assert np.isnan(fit_lines(times_s[:1], times_s[:1], 0.03)[0]).all()


def test_angles_pass_half_a_turn_without_a_leap() -> None:
    times_s = np.arange(0, 2, 1 / 60)
    true = 170 + 20 * np.sin(2 * np.pi * times_s)
    smooth = smooth_angles(times_s, ((true + 180) % 360 - 180)[:, None], 0.03)[:, 0]
    assert np.abs(np.diff(smooth)).max() < 5
    assert np.ptp(smooth) == pytest.approx(40, abs=1.5)
