"""Offline smoothing follows the truth, fills short gaps only, and says what it has filled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from app.analysis import Analysis
from app.analysis.finish import finished
from app.analysis.limb_swaps import undo_swaps
from app.analysis.low_pass import low_pass
from app.analysis.offline_smoothing import OfflineSmoothing, smooth_offline
from app.core.errors import StanceError
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import load_skeleton
from app.evaluate.motions import VIEWS, View, film, load_motions

FPS = 60.0
HALPE = load_skeleton("halpe26")
SMOOTH = OfflineSmoothing()


def swinging(frames: int = 240) -> tuple[np.ndarray, Floats, Floats]:
    """Times (T,), true and noisy keypoints (T, 26, 3) of a person of 400 pixels whose keypoints swing once a second."""
    times_s = np.arange(frames) / FPS
    true = np.full((frames, 26, 3), 0.9, np.float32)
    true[..., 0] = 300 + 20 * np.arange(26) + 60 * np.sin(2 * np.pi * times_s)[:, None]
    true[..., 1] = np.linspace(50, 450, 26) + 20 * np.cos(2 * np.pi * times_s)[:, None]
    noisy = true.copy()
    noisy[..., :2] += np.random.default_rng(5).normal(0, 4, (frames, 26, 2))
    return times_s, true, noisy


def acceleration(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.diff(points[..., :2].astype(float), n=2, axis=0)) * FPS**2


def errors(found: Floats, truth: np.ndarray) -> tuple[float, float]:
    """Mean errors of position and acceleration."""
    wrong = np.linalg.norm(found[..., :2] - truth[..., :2], axis=-1).mean()
    return float(wrong), float(np.linalg.norm(acceleration(found) - acceleration(truth), axis=-1).mean())


def test_gain_is_that_of_a_butterworth_filter_run_both_ways() -> None:
    times_s = np.arange(1200) / 100.0
    wave = np.sin(2 * np.pi * 4 * times_s) + np.sin(2 * np.pi * 12 * times_s)
    ours = low_pass(times_s, wave[:, None], np.ones(1200, bool), 6.0)[:, 0]
    theirs = signal.filtfilt(*signal.butter(2, 6.0, fs=100.0), wave)
    np.testing.assert_allclose(ours[200:-200], theirs[200:-200], atol=0.03)


def test_uneven_frames_are_smoothed_as_even_ones() -> None:
    times_s, true, noisy = swinging()
    kept = np.sort(np.random.default_rng(1).choice(240, 160, replace=False))
    found, filled = smooth_offline(times_s[kept], noisy[kept], HALPE, SMOOTH)
    assert not filled.any()
    assert np.linalg.norm(found[..., :2] - true[kept, :, :2], axis=-1).mean() < 3.3


def test_noise_is_removed_without_lag() -> None:
    times_s, true, noisy = swinging()
    found, _ = smooth_offline(times_s, noisy, HALPE, SMOOTH)
    assert errors(found, true)[0] < 0.6 * errors(noisy, true)[0]
    assert errors(found, true)[1] < 0.1 * errors(noisy, true)[1]


def test_short_gaps_are_filled_and_marked_and_long_ones_stay() -> None:
    times_s, true, noisy = swinging()
    noisy[60:84, 9], noisy[100:160, 10] = np.nan, 0.0
    noisy[60:84, 9, 2] = 0.0
    found, filled = smooth_offline(times_s, noisy, HALPE, SMOOTH)
    assert np.flatnonzero(filled[:, 9]).tolist() == list(range(60, 84))
    assert np.linalg.norm(found[60:84, 9, :2] - true[60:84, 9, :2], axis=-1).max() < 40
    assert (found[60:84, 9, 2] == np.float32(0.9)).all()
    assert not filled[:, 10].any()
    np.testing.assert_array_equal(found[100:160, 10], noisy[100:160, 10])


def test_outlier_is_replaced_and_marked() -> None:
    times_s, true, noisy = swinging()
    noisy[90, 15, :2] += 200
    found, filled = smooth_offline(times_s, noisy, HALPE, SMOOTH)
    assert filled[90, 15]
    assert np.linalg.norm(found[90, 15, :2] - true[90, 15, :2]) < 10


def test_nothing_is_smoothed_across_a_cut() -> None:
    times_s, true, _ = swinging()
    true[120:, :, 0] += 900
    found, _ = smooth_offline(times_s, true, HALPE, SMOOTH)
    assert np.abs(found[[119, 120], :, 0] - true[[119, 120], :, 0]).max() < 15


def test_nothing_is_smoothed_across_a_small_cut_between_calm_frames() -> None:
    times_s, true, _ = swinging()
    moved = true.copy()
    moved[120:, :, 0] += 80  # a fifth of the height
    smooth, _ = smooth_offline(times_s, moved, HALPE, SMOOTH)
    alone, _ = smooth_offline(times_s[:120], moved[:120], HALPE, SMOOTH)
    assert np.array_equal(smooth[:120], alone)


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_tracks_of_a_few_frames(frames: int) -> None:
    times_s, _, noisy = swinging(max(frames, 1))
    found, filled = smooth_offline(times_s[:frames], noisy[:frames], HALPE, SMOOTH)
    assert found.shape == (frames, 26, 3)
    assert not filled.any()


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, float("nan"), 1e6])
def test_cutoff_out_of_range_is_refused(cutoff_hz: float) -> None:
    with pytest.raises(StanceError, match="cutoff frequency"):
        OfflineSmoothing(cutoff_hz)


def test_finished_analysis_has_short_absences_names_and_order() -> None:
    times_s, true, noisy = swinging()
    analysis = Analysis(HALPE)
    for i, time_s in enumerate(times_s.tolist()):
        box = np.array([0, 0, 100, 400], np.float32)
        here = () if 100 <= i < 110 else (Person(2, 0.8, box, true[i], measured=noisy[i]),)
        analysis.add(FramePoses(i, time_s, (Person(1, 0.9, box, true[i], measured=noisy[i]), *here)))
    analysis.rename(2, "Ada")
    analysis.reorder([2, 1])
    analysis.choose_facing(analysis.ids()[0], -1)
    result = finished(analysis, SMOOTH)
    assert result.chosen_facing() == analysis.chosen_facing()
    assert (result.ids(), result.name(2), len(result)) == ([2, 1], "Ada", 240)
    absent = result.frames()[105].people[1]
    assert (absent.id, absent.state) == (2, "predicted")
    assert absent.filled is not None
    assert absent.filled.all()
    assert np.linalg.norm(absent.keypoints[:, :2] - true[105, :, :2], axis=-1).max() < 20
    assert errors(result.track(1).keypoints, true)[1] < 0.1 * errors(noisy, true)[1]


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_true_motions_are_closer_after_smoothing(shared: Path, view: View) -> None:
    cuts = []
    for motion in load_motions(shared / "mocap" / "cmu60.npz"):
        filmed = film(motion, view, seed=11)
        before, _ = undo_swaps(motion.times_s, filmed.keypoints, HALPE, 0.3)
        after, _ = smooth_offline(motion.times_s, before, HALPE, SMOOTH)
        seen = before[..., 2] >= 0.3
        steady = seen[2:] & seen[1:-1] & seen[:-2]
        wrong = [np.linalg.norm(k[..., :2] - filmed.truth, axis=-1)[seen].mean() for k in (before, after)]
        assert wrong[1] < wrong[0]
        moved = [np.linalg.norm(acceleration(k) - acceleration(filmed.truth), axis=-1) for k in (before, after)]
        cuts.append(1 - moved[1][steady].mean() / moved[0][steady].mean())
    assert np.mean(cuts) > 0.85
