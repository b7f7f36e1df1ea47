"""Ranges of motion and symmetry."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from app.analysis.analysis import Track
from app.analysis.angles import angles
from app.analysis.facing import facing_of
from app.analysis.person_figures import measure_person, symmetry
from app.core.skeleton import load_skeleton
from app.evaluate.motions import film, load_motions

HALPE = load_skeleton("halpe26")


def track(keypoints: np.ndarray, times_s: np.ndarray) -> Track:
    count = len(times_s)
    boxes = np.tile(np.array([0, 100, 50, 400], np.float32), (count, 1))
    return Track(3, np.arange(count), times_s, np.ones(count, np.float32), boxes, keypoints.astype(np.float32))


def test_ranges_of_a_true_motion_are_those_of_its_angles(shared: Path) -> None:
    motion = load_motions(shared / "mocap" / "cmu60.npz")[0]
    filmed = film(motion, "side")
    found = measure_person(track(filmed.keypoints, motion.times_s), HALPE, 0.3, "Anna")
    facing = facing_of(motion.times_s, filmed.keypoints, HALPE, 0.3)
    knee = angles(filmed.keypoints, HALPE, ("left knee",), facing, 0.3)[:, 0]
    one = found.range_of("left knee")
    assert one is not None
    assert (one.lowest, one.highest) == (np.nanmin(knee), np.nanmax(knee))
    assert one.extent == pytest.approx(np.nanmax(knee) - np.nanmin(knee))
    assert one.count == np.isfinite(knee).sum() < len(knee)  # some keypoints are missing
    assert found.name == "Anna"
    assert found.height == 300
    assert found.seconds == pytest.approx(motion.times_s[-1])


def test_absences_are_no_time_seen_and_unseen_joints_have_no_range() -> None:
    keypoints = np.random.default_rng(1).random((60, 26, 3)) * 100
    keypoints[..., 2] = 0.9
    keypoints[:, [HALPE.names.index(f"left_{part}") for part in ("knee", "ankle")], 2] = 0.1
    times = np.arange(60) / 30
    times[30:] += 10
    found = measure_person(track(keypoints, times), HALPE, 0.3)
    assert found.seconds == pytest.approx(58 / 30)
    assert found.name == "3"
    assert found.range_of("left knee") is None
    assert found.range_of("right knee") is not None
    assert np.isnan(found.angle("left knee")).all()
    assert np.isnan(found.angle("left ear")).all()


def test_a_skeleton_without_joints_has_no_angles() -> None:
    hand = load_skeleton("hand21")
    keypoints = np.ones((5, len(hand.names), 3), np.float32)
    found = measure_person(replace(track(keypoints, np.arange(5) / 30)), hand, 0.3)
    assert (found.names, found.ranges, found.angles.shape) == ((), (), (5, 0))


def test_symmetry_is_the_difference_in_percent_of_the_mean() -> None:
    assert symmetry(55.0, 45.0) == pytest.approx(20)
    assert symmetry(45.0, 55.0) == pytest.approx(-20)
    assert symmetry(50.0, 50.0) == 0
    assert isnan(symmetry(0.0, 0.0))
