"""Ranges of motion and symmetry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.analysis.analysis import Track
from app.analysis.angles import angles
from app.analysis.facing import RIGHT, facing_of
from app.analysis.person_figures import PersonFigures, measure_person
from app.core.skeleton import load_skeleton
from app.evaluate.motions import film, load_motions

HALPE = load_skeleton("halpe26")


def track(keypoints: np.ndarray, times_s: np.ndarray) -> Track:
    count = len(times_s)
    boxes = np.tile(np.array([0, 100, 50, 400], np.float32), (count, 1))
    return Track(3, np.arange(count), times_s, np.ones(count, np.float32), boxes, keypoints.astype(np.float32))


@pytest.fixture(scope="module")
def walk(shared: Path) -> PersonFigures:
    """A true walk, filmed from the side."""
    motion = next(one for one in load_motions(shared / "mocap" / "cmu60.npz") if one.name == "02_01")
    filmed = film(motion, "side")
    return measure_person(track(filmed.keypoints, motion.times_s), HALPE, 0.3, "Anna")


def test_a_walk_has_its_figures_and_its_strides_as_cycles(walk: PersonFigures) -> None:
    assert walk.name == "Anna"
    assert walk.height == 300
    assert walk.seconds == pytest.approx(walk.track.times_s[-1])
    facing = facing_of(walk.track.times_s, walk.track.keypoints, HALPE, 0.3)
    knee = angles(walk.track.keypoints, HALPE, ("left knee",), facing, 0.3)[:, 0]
    np.testing.assert_array_equal(walk.angle("left knee"), knee)
    one = walk.range_of("left knee")
    assert one is not None
    assert 45 < one.range < 75
    assert walk.cycles is not None
    assert walk.cycles.kind == "gait cycle"
    assert len(walk.cycles.left) + len(walk.cycles.right) == len(walk.measures.gait.strides) >= 2
    assert all(0.9 < end - start < 1.4 for start, end in walk.cycles.left + walk.cycles.right)
    assert walk.cycles.of_angle("left knee") == walk.cycles.left
    assert walk.cycles.of_angle("right knee") == walk.cycles.right


def test_curls_are_found_where_the_knees_rest() -> None:
    times = np.arange(240) / 30
    bend = np.radians(60 - 50 * np.cos(2 * np.pi * times / 2))
    keypoints = np.zeros((240, 26, 3))
    keypoints[..., 2] = 0.9
    places = {"ankle": (0, 0), "heel": (-5, 5), "big_toe": (20, 5), "small_toe": (18, 5), "knee": (0, -40)}
    places |= {"hip": (0, -80), "neck": (0, -140), "shoulder": (0, -140), "elbow": (0, -110), "head": (0, -165)}
    for row, name in enumerate(HALPE.names):
        keypoints[:, row, :2] = places.get(name.removeprefix("left_").removeprefix("right_"), (5, -155))
    for side in ("left", "right"):
        wrist = HALPE.names.index(f"{side}_wrist")
        keypoints[:, wrist, 0] = 28 * np.sin(bend)
        keypoints[:, wrist, 1] = -110 + 28 * np.cos(bend)
    found = measure_person(replace(track(keypoints, times), facing=RIGHT), HALPE, 0.3)
    assert found.measures.repeated == "elbow"
    assert len(found.measures.repetitions) == 4
    assert found.cycles is not None
    assert found.cycles.kind == "repetition"
    assert found.cycles.left == found.cycles.right


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
    found = measure_person(track(keypoints, np.arange(5) / 30), hand, 0.3)
    assert (found.names, found.measures.ranges, found.angles.shape, found.cycles) == ((), (), (5, 0), None)
