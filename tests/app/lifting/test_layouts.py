"""coco17 and halpe26 as the joints of Human3.6M, and back."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.inference.lifter_card import LAYOUTS
from app.lifting.layouts import OF_H36M, gather, sources
from app.lifting.skeleton_points import SkeletonPoints

H36M = LAYOUTS["h36m17"]


def place(skeleton: str, *names: str) -> list[int]:
    return [load_skeleton(skeleton).names.index(name) for name in names]


@pytest.mark.parametrize(
    ("skeleton", "joint", "parts"),
    [
        ("coco17", "root", ("left_hip", "right_hip")),
        ("coco17", "thorax", ("left_shoulder", "right_shoulder")),
        ("coco17", "spine", ("left_hip", "right_hip", "left_shoulder", "right_shoulder")),
        ("coco17", "neck_base", ("nose",)),
        ("coco17", "head", ("left_eye", "right_eye")),
        ("coco17", "right_foot", ("right_ankle",)),
        ("coco17", "left_wrist", ("left_wrist",)),
        ("halpe26", "root", ("hip",)),
        ("halpe26", "thorax", ("neck",)),
        ("halpe26", "spine", ("hip", "neck")),
        ("halpe26", "head", ("head",)),
        ("halpe26", "left_foot", ("left_ankle",)),
    ],
)
def test_joints_of_human36m_come_from_the_keypoints_of(skeleton: str, joint: str, parts: tuple[str, ...]) -> None:
    rows = sources(H36M, load_skeleton(skeleton).names, OF_H36M)
    assert rows[H36M.index(joint)] == place(skeleton, *parts)


def test_the_mean_of_keypoints_has_their_lowest_score() -> None:
    keypoints = np.array([[10, 20, 0.9], [30, 40, 0.4]], np.float32)
    wanted = np.array([[20, 30, 0.4], [30, 40, 0.4], [0, 0, 0]], np.float32)
    np.testing.assert_allclose(gather(keypoints, [[0, 1], [1], []]), wanted)


def test_what_the_lifter_lacks_is_placed_by_the_picture_at_the_depth_of_its_neighbor() -> None:
    """A flat body of 200 pixels a meter, in front of which only the ankles have depth."""
    skeleton = load_skeleton("halpe26")
    rng = np.random.default_rng(3)
    pixels = rng.uniform(100, 500, (1, 26, 2))
    hip = place("halpe26", "hip")[0]
    pixels[0, hip] = pixels[0, place("halpe26", "left_hip", "right_hip")].mean(axis=0)
    keypoints = np.concatenate([pixels, np.ones((1, 26, 1))], axis=2).astype(np.float32)
    joints = gather(keypoints, sources(H36M, skeleton.names, OF_H36M))
    points = np.zeros((1, 17, 3), np.float32)
    points[..., :2] = (joints[..., :2] - joints[:, :1, :2]) / 200 * [1, -1]
    points[0, H36M.index("left_foot"), 2] = 0.3
    found = SkeletonPoints(H36M, skeleton)(points, keypoints)
    wanted = (pixels - pixels[:, hip : hip + 1]) / 200 * [1, -1]
    np.testing.assert_allclose(found[..., :2], wanted, atol=1e-5)
    deep = place("halpe26", "left_ankle", "left_big_toe", "left_small_toe", "left_heel")
    assert found[0, deep, 2] == pytest.approx([0.3] * 4)
    assert np.abs(np.delete(found[0, :, 2], deep)).max() == 0
    np.testing.assert_array_equal(found[..., 3], 1)
