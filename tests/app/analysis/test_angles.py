"""Angles match Sports2D's on the same keypoints."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.angles import ANGLES, angle_names, angles
from app.analysis.facing import CAMERA, LEFT, RIGHT
from app.core.people import Floats
from app.core.skeleton import load_skeleton, plain_skeleton
from app.evaluate.motion_angles import FEET, facing_by_feet
from tests.conftest import GOLDEN

HALPE = load_skeleton("halpe26")

STANDING = {
    "head": (100, 60),
    "neck": (100, 100),
    "shoulder": (100, 100),
    "elbow": (100, 150),
    "wrist": (100, 200),
    "hip": (100, 200),
    "knee": (100, 280),
    "ankle": (100, 360),
    "big_toe": (130, 370),
    "heel": (90, 370),
}


def pose(**moved: tuple[float, float]) -> Floats:
    """One frame (1, 26, 3) of a person standing and facing right, y down; ``moved`` places keypoints on both sides."""
    places = {**STANDING, **moved}
    found = np.ones((1, len(HALPE.names), 3), np.float32)
    for row, name in enumerate(HALPE.names):
        found[0, row, :2] = places.get(name.removeprefix("left_").removeprefix("right_"), (0, 0))
    return found


def measured(keypoints: Floats, *names: str, facing: int = RIGHT) -> list[float]:
    return angles(keypoints, HALPE, names, np.array([facing], np.int8))[0].round(3).tolist()


@pytest.mark.parametrize("name", ["halpe26", "coco17", "wholebody133"])
def test_angles_are_within_a_degree_of_sports2d(name: str) -> None:
    skeleton = load_skeleton(name)
    golden = np.load(GOLDEN / "sports2d" / f"{name}.npz")
    keypoints = golden["keypoints"]
    compared = tuple(one for one in golden["names"].tolist() if one in angle_names(skeleton) and one != "left wrist")
    theirs = golden["degrees"][:, [golden["names"].tolist().index(one) for one in compared]]
    ours = angles(keypoints, skeleton, compared, facing_by_feet(keypoints, skeleton))
    feet = [skeleton.names.index(one) for one in FEET if one in skeleton.names]
    feet_visible = (keypoints[:, feet, 2] >= 0.3).all(axis=1)  # else Sports2D takes the person as facing left
    assert feet_visible.mean() > 0.5
    assert (np.isfinite(ours) == np.isfinite(theirs)).all()
    off = np.abs((ours - theirs + 180) % 360 - 180)[feet_visible]
    assert np.nanmax(off) < 0.01
    assert np.isfinite(off).mean() > 0.5


def test_left_wrist_is_measured_like_the_right_one() -> None:
    skeleton = load_skeleton("wholebody133")
    golden = np.load(GOLDEN / "sports2d" / "wholebody133.npz")
    right = golden["degrees"][:, golden["names"].tolist().index("right wrist")]
    half = len(right) // 2  # the second half is the first one mirrored
    facing = facing_by_feet(golden["keypoints"], skeleton)
    ours = angles(golden["keypoints"], skeleton, ("left wrist",), facing)[:, 0]
    feet = [skeleton.names.index(one) for one in FEET]
    feet_visible = (golden["keypoints"][:, feet, 2] >= 0.3).all(axis=1)[:half]
    off = np.abs((ours[:half] - right[half:] + 180) % 360 - 180)[feet_visible]
    assert np.nanmax(off) < 0.01


def test_angle_names_depend_on_the_keypoints() -> None:
    halpe = angle_names(HALPE)
    assert len(halpe) == len(ANGLES) - 2
    assert "right wrist" not in halpe
    coco = angle_names(load_skeleton("coco17"))
    assert {"left hip", "trunk", "right shoulder"} <= set(coco)
    assert not {"left ankle", "right foot", "head", "left wrist"} & set(coco)
    assert {"left wrist", "right ankle"} <= set(angle_names(load_skeleton("wholebody133")))
    assert {"trunk", "head", "left hip"} <= set(angle_names(load_skeleton("mpii16")))
    assert angle_names(plain_skeleton(5)) == ()


def test_joint_angles_of_a_standing_person_are_zero() -> None:
    joints = ("right knee", "left hip", "right elbow", "left shoulder", "right ankle")
    assert np.abs(measured(pose(), *joints)).max() < 1e-3
    assert measured(pose(), "right foot", "right shank", "trunk", "head") == [0, -90, 90, 90]


@pytest.mark.parametrize("looks", [RIGHT, LEFT])
def test_flexion_is_positive_facing_either_way(looks: int) -> None:
    bent = pose(ankle=(20, 280), big_toe=(20, 310), heel=(10, 270), wrist=(150, 150))
    bent[..., 0] *= looks
    knee, elbow = measured(bent, "right knee", "left elbow", facing=looks)
    assert (knee, elbow) == (90, 90)


@pytest.mark.parametrize(
    ("joint", "moved"),
    [
        ("hip", {"knee": (180, 200)}),  # the thigh raised forwards
        ("shoulder", {"elbow": (150, 100)}),
        ("ankle", {"big_toe": (130, 330), "heel": (90, 370)}),  # toes up
    ],
)
def test_flexion_of_each_joint_is_positive(joint: str, moved: dict[str, tuple[float, float]]) -> None:
    (angle,) = measured(pose(**moved), f"right {joint}")
    assert angle == (45 if joint == "ankle" else 90)


def test_invisible_keypoint_makes_only_its_angles_nan() -> None:
    some = pose()
    some[0, HALPE.names.index("left_knee"), 2] = 0.29
    left, right, trunk = measured(some, "left knee", "right knee", "trunk")
    assert np.isnan(left)
    assert np.isfinite([right, trunk]).all()
    assert np.isfinite(angles(some, HALPE, ("left knee",), np.array([RIGHT], np.int8), threshold=0.2)).all()


def test_only_leans_to_the_side_are_measured_from_the_front() -> None:
    bent = pose(ankle=(20, 280), neck=(110, 100))
    assert np.isnan(measured(bent, "right knee", "left elbow", "left thigh", facing=CAMERA)).all()
    (trunk,) = measured(bent, "trunk", facing=CAMERA)
    assert trunk == pytest.approx(np.degrees(np.arctan2(100, 10)), abs=0.01)
    assert np.isfinite(measured(bent, "pelvis", "shoulders", "head", facing=CAMERA)).sum() >= 2


def test_a_part_that_points_at_the_camera_has_no_angle() -> None:
    right, height = np.array([RIGHT], np.int8), np.array([340.0])
    names = ("right elbow", "right forearm", "right shoulder", "right knee")
    aside, towards = (pose(wrist=(100, 150 + length)) for length in (25, 15))  # of a forearm of 51 pixels
    assert np.isfinite(angles(aside, HALPE, names, right, heights=height)).all()
    assert np.isnan(angles(towards, HALPE, names, right, heights=height))[0].tolist() == [True, True, False, False]
    assert np.isfinite(angles(towards, HALPE, names, right)).all()
    several = np.concatenate([pose(wrist=(100, 150 + length)) for length in (23, 32, 29, 15, 29, 32, 23)])
    elbow = angles(several, HALPE, names, right.repeat(7), heights=height.repeat(7))[:, 0]
    assert np.isnan(elbow).tolist() == [False, False, True, True, True, False, False]


def test_no_frames_or_no_names_give_an_empty_result() -> None:
    right = np.array([RIGHT], np.int8)
    assert angles(np.empty((0, 26, 3), np.float32), HALPE, ("trunk", "head"), right[:0]).shape == (0, 2)
    assert angles(pose(), HALPE, (), right).shape == (1, 0)
    assert np.isnan(angles(pose()[:, :5], plain_skeleton(5), ("trunk",), right)).all()
