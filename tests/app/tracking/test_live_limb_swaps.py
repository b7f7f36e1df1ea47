"""Swapped legs are swapped back at once; legs that cross are not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.analysis.limb_swaps import body_sizes
from app.core.people import Floats
from app.evaluate.motion_swaps import count_swaps, undone_live
from app.evaluate.motions import VIEWS, View, film, load_motions
from app.tracking.limb_swaps import LIMBS
from app.tracking.live_limb_swaps import LimbSwaps
from tests.app.analysis.test_limb_swaps import FPS, HALPE, LEG, swap, walk


def undo_live(keypoints: Floats, jitter: float = 0.0) -> Floats:
    """``keypoints`` after ``LimbSwaps``, frame by frame; sizes are off by the fraction ``jitter``."""
    live, sizes = LimbSwaps(HALPE, 0.3), body_sizes(keypoints, 0.3)
    sizes = sizes * (1 + np.random.default_rng(5).normal(0, jitter, len(sizes)))
    rows = [live.update(i / FPS, [1], [pose], [sizes[i]])[0] for i, pose in enumerate(keypoints)]
    return np.stack(rows)


@pytest.mark.parametrize("jitter", [0.0, 0.05])
@pytest.mark.parametrize("frames", [slice(18, 19), slice(50, 58), slice(65, 80)])
def test_a_swap_is_undone_from_its_first_frame_to_its_last(frames: slice, jitter: float) -> None:
    true = walk()
    found = undo_live(swap(true, frames, "leg"), jitter)
    np.testing.assert_allclose(found[:, LEG], true[:, LEG])


def test_a_person_far_from_the_edge_of_the_picture_is_followed_though_the_box_jitters() -> None:
    true = walk()
    true[..., 0] += 3000
    found = undo_live(swap(true, slice(50, 58), "leg"), jitter=0.05)
    np.testing.assert_allclose(found[:, LEG], true[:, LEG])


def test_crossing_legs_are_not_swapped() -> None:
    true = walk(240)
    np.testing.assert_array_equal(undo_live(true), true)


def test_one_false_ankle_is_no_swap() -> None:
    found = walk()
    left, right = (HALPE.names.index(f"{side}_ankle") for side in ("left", "right"))
    found[45, [left, right]] = found[45, [right, left]]
    np.testing.assert_array_equal(undo_live(found), found)


@pytest.mark.parametrize(("fps", "apart"), [(30.0, 0.04), (60.0, 0.035)])
def test_swaps_of_legs_that_stand_close_together_are_undone(fps: float, apart: float) -> None:
    """A filter that expects swinging legs undoes 3 and 6 of 12 such swaps, at 30 and 60 frames per second."""
    standing = walk(60, noise=0)[:1].repeat(60, axis=0)
    size = float(body_sizes(standing, 0.3)[0])
    left, right = ([HALPE.names.index(f"{side}_{part}") for part in LIMBS["legs"]] for side in ("left", "right"))
    standing[:, left, :2] = standing[:, right, :2] + [apart * size, 0]
    undone = 0
    for seed in range(12):
        true = standing.copy()
        true[..., :2] += np.random.default_rng(seed).normal(0, 0.01 * size, (60, 26, 2))
        live = LimbSwaps(HALPE, 0.3)
        shown = [
            live.update(i / fps, [1], [pose], [size])[0] for i, pose in enumerate(swap(true, slice(50, 54), "leg"))
        ]
        correct = [np.array_equal(pose[LEG], row[LEG]) for pose, row in zip(shown, true, strict=True)]
        undone += all(correct[50:54])
        assert all(correct[:50] + correct[54:])
    assert undone >= 9


def test_standing_still_with_legs_together_is_not_swapped() -> None:
    still = np.repeat(walk(1, noise=0), 300, axis=0)
    still[..., :2] += np.random.default_rng(3).normal(0, 4, (300, 26, 2))
    np.testing.assert_array_equal(undo_live(still), still)


def test_unseen_legs_are_no_reason_to_swap() -> None:
    found = walk()
    found[30:33, LEG, :2], found[30:33, LEG, 2] = np.nan, 0
    np.testing.assert_array_equal(undo_live(found), found)


def test_a_lasting_live_swap_is_taken_as_right() -> None:
    network = swap(walk(150), slice(40, 150), "leg")
    found = undo_live(network)
    assert not np.allclose(found[45, LEG], network[45, LEG])
    np.testing.assert_array_equal(found[80:], network[80:])


def test_people_who_come_and_go_keep_their_own_past() -> None:
    one, other = walk(), swap(walk(seed=2), slice(50, 58), "leg")
    live, sizes = LimbSwaps(HALPE, 0.3), body_sizes(one, 0.3)
    for frame in range(90):
        ids, poses = ([1, 2], [one[frame], other[frame]]) if frame < 40 else ([2], [other[frame]])
        found = live.update(frame / FPS, ids, poses, [sizes[frame]] * len(ids))
        np.testing.assert_allclose(found[-1][LEG], walk(seed=2)[frame, LEG])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 11])
@pytest.mark.parametrize("view", VIEWS)
def test_swaps_of_true_motions_are_undone_live(shared: Path, view: View, seed: int) -> None:
    counts: Counter[str] = Counter()
    for motion in load_motions(shared / "mocap" / "cmu60.npz"):
        filmed = film(motion, view, seed)
        counts.update(count_swaps(filmed, undone_live(filmed)))
    assert counts["swaps_left"] <= 0.05 * counts["swaps_injected"]
    assert counts["swaps_made"] <= 0.01 * counts["swaps_injected"]
