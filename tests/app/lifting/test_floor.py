"""The height of the pelvis over the floor, on true motions whose pelvis has been made the origin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.evaluate.motions import FOCAL, Motion, load_motions
from app.lifting.floor import pelvis_heights

HALPE = load_skeleton("halpe26")
HIP = HALPE.names.index("hip")
FEET = [row for row, name in enumerate(HALPE.names) if name.endswith(("toe", "heel"))]


def seen_from_the_front(motion: Motion) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points from the pelvis, keypoints of a camera six meters away, and the true height of the pelvis."""
    points = np.ones((*motion.points.shape[:2], 4), np.float32)
    points[..., :3] = motion.points - motion.points[:, HIP : HIP + 1]
    keypoints = np.ones((*motion.points.shape[:2], 3), np.float32)
    keypoints[..., :2] = motion.points[..., :2] * [1, -1] * FOCAL / 6
    floor = np.quantile(motion.points[:, FEET, 1].min(axis=1), 0.05)
    return points, keypoints, motion.points[:, HIP, 1] - floor


@pytest.mark.parametrize("name", ["02_01", "02_04", "01_01"])
def test_walks_and_jumps_have_their_true_height(shared: Path, name: str) -> None:
    motion = next(one for one in load_motions(shared / "mocap" / "cmu60.npz") if one.name == name)
    points, keypoints, wanted = seen_from_the_front(motion)
    found = pelvis_heights(motion.times_s, points, HALPE, keypoints)
    assert np.median(np.abs(found - wanted)) < 0.05
    assert np.quantile(np.abs(found - wanted), 0.95) < 0.08


def test_without_the_picture_a_jump_is_put_on_the_floor() -> None:
    points = np.ones((30, 26, 4), np.float32)
    points[..., :3] = 0.2
    points[:, FEET, 1] = -0.9
    keypoints = np.ones((30, 26, 3), np.float32) * 100
    keypoints[:, 0, 1] = -120  # the nose, 1.1 m above the feet: 200 pixels a meter
    times_s = np.arange(30) / 30
    np.testing.assert_allclose(pelvis_heights(times_s, points, HALPE), 0.9, atol=1e-6)
    keypoints[10:16, :, 1] -= 40
    found = pelvis_heights(times_s, points, HALPE, keypoints)
    np.testing.assert_allclose(found[[0, 9, 16, 29]], 0.9, atol=1e-6)
    np.testing.assert_allclose(found[10:16], 1.1, atol=1e-3)


def test_ankles_stand_above_the_floor_and_unseen_feet_keep_the_height() -> None:
    coco = load_skeleton("coco17")
    points = np.ones((5, 17, 4), np.float32)
    points[..., :3] = 0
    ankles = [coco.names.index(f"{side}_ankle") for side in ("left", "right")]
    points[:, ankles, 1] = -0.8
    points[2:, ankles, 3] = 0
    np.testing.assert_allclose(pelvis_heights(np.arange(5) / 30, points, coco), 0.88, atol=1e-6)
    assert not pelvis_heights(np.arange(5) / 30, points, load_skeleton("hand21")).any()
