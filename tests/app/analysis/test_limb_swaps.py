"""Swapped limbs are swapped back; limbs that cross are not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.analysis.limb_swaps import undo_swaps
from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.evaluate.motion_swaps import count_swaps
from app.evaluate.motions import VIEWS, View, film, load_motions
from app.tracking.limb_swaps import LimbPairs

FPS = 30.0
HALPE = load_skeleton("halpe26")
LEG = [HALPE.names.index(f"{side}_{part}") for side in ("left", "right") for part in ("knee", "ankle", "heel")]


def walk(frames: int = 90, noise: float = 0.004, seed: int = 1) -> Floats:
    """Keypoints (frames, 26, 3) of a person of 400 pixels who walks: the limbs cross each second."""
    chance = np.random.default_rng(seed)
    time = np.arange(frames) / FPS
    points = np.zeros((frames, len(HALPE.names), 2))
    heights = {"shoulder": 100, "elbow": 160, "wrist": 210, "hip": 210, "knee": 300, "ankle": 385, "heel": 395}
    swing = {"elbow": 30, "wrist": 60, "knee": 45, "ankle": 80, "heel": 80, "big_toe": 80, "small_toe": 80}
    for number, name in enumerate(HALPE.names):
        side, _, part = name.partition("_")
        phase = {"left": 0.0, "right": np.pi}.get(side, 0.0) + (np.pi if part in ("elbow", "wrist") else 0.0)
        points[:, number, 0] = 300 + 60 * time + swing.get(part, 0) * np.sin(np.pi * time + phase)
        points[:, number, 1] = 50 + heights.get(part, 395 if "toe" in part else 20)
    points += chance.normal(0, noise * 400, points.shape)
    return np.concatenate([points, np.full((*points.shape[:2], 1), 0.9)], axis=-1).astype(np.float32)


def swap(keypoints: Floats, frames: slice, part: str) -> Floats:
    """``keypoints`` with left and right of the limb of ``part`` ("leg" or "arm") swapped in these ``frames``."""
    parts = {"leg": ("hip", "knee", "ankle", "big_toe", "small_toe", "heel"), "arm": ("shoulder", "elbow", "wrist")}
    left, right = ([HALPE.names.index(f"{side}_{name}") for name in parts[part]] for side in ("left", "right"))
    swapped = keypoints.copy()
    swapped[frames, left], swapped[frames, right] = keypoints[frames, right], keypoints[frames, left]
    return swapped


@pytest.mark.parametrize("part", ["leg", "arm"])
@pytest.mark.parametrize("frames", [slice(18, 19), slice(40, 48), slice(65, 80)])
def test_swapped_limb_is_swapped_back(part: str, frames: slice) -> None:
    true = walk()
    found, swapped = undo_swaps(np.arange(90) / FPS, swap(true, frames, part), HALPE, 0.3)
    assert np.flatnonzero(swapped[:, 1 if part == "leg" else 0]).tolist() == list(range(90)[frames])
    assert not swapped[:, 0 if part == "leg" else 1].any()
    np.testing.assert_allclose(found[:, LEG], true[:, LEG])


def test_crossing_limbs_are_not_swapped() -> None:
    true = walk(240)
    assert not undo_swaps(np.arange(240) / FPS, true, HALPE, 0.3)[1].any()


def test_one_false_ankle_is_no_swap() -> None:
    found = walk()
    left, right = (HALPE.names.index(f"{side}_ankle") for side in ("left", "right"))
    found[45, [left, right]] = found[45, [right, left]]
    assert not undo_swaps(np.arange(90) / FPS, found, HALPE, 0.3)[1].any()


def test_standing_still_with_legs_together_is_not_swapped() -> None:
    still = np.repeat(walk(1, noise=0), 300, axis=0)
    still[..., :2] += np.random.default_rng(3).normal(0, 4, (300, 26, 2))
    assert not undo_swaps(np.arange(300) / FPS, still, HALPE, 0.3)[1].any()


def test_skeleton_without_limbs_stays_as_it_is() -> None:
    face = load_skeleton("face68")
    keypoints = np.ones((5, 68, 3), np.float32)
    assert len(LimbPairs.of(face)) == 0
    found, swapped = undo_swaps(np.arange(5) / FPS, keypoints, face, 0.3)
    assert found is keypoints
    assert not swapped.any()


def test_unseen_keypoints_are_no_reason_to_swap() -> None:
    found = walk()
    found[30:60, LEG, :2], found[30:60, LEG, 2] = np.nan, 0
    keypoints, swapped = undo_swaps(np.arange(90) / FPS, found, HALPE, 0.3)
    assert not swapped.any()
    np.testing.assert_array_equal(keypoints, found)


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_swaps_on_true_motions_are_undone(shared: Path, view: View) -> None:
    counts: Counter[str] = Counter()
    for motion in load_motions(shared / "mocap" / "cmu60.npz"):
        filmed = film(motion, view, seed=11)
        swapped = undo_swaps(motion.times_s, filmed.keypoints, motion.skeleton, 0.3)[1][:, 1]
        counts.update(count_swaps(filmed, swapped))
    assert counts["swaps_left"] <= 0.05 * counts["swaps_injected"]
    assert counts["swaps_made"] <= 0.02 * counts["swaps_injected"]
