"""Regions of hands and faces equal those of MediaPipe's graphs, on 24 photos (tests/golden/mediapipe)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.pose.face_regions import HeadPoints, face_regions, head_regions
from app.pose.hand_regions import ARM_SCALE, ArmPoints, arm_regions, hand_regions
from app.pose.rotated_region import Regions
from tests.conftest import GOLDEN

BLAZEPOSE = {"nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8} | {
    f"{side}_{part}": number + right
    for part, number in {"shoulder": 11, "elbow": 13, "wrist": 15, "pinky": 17, "index": 19}.items()
    for side, right in (("left", 0), ("right", 1))
}
"""The numbers of some of the 33 points of MediaPipe's pose."""


@pytest.fixture(scope="module")
def golden() -> Mapping[str, Floats]:
    """Landmarks in pixels, and the regions that MediaPipe has made of them, in fractions of pictures of these sizes."""
    return dict(np.load(GOLDEN / "mediapipe" / "hand_and_face_regions.npz"))


def in_pixels(rois: Floats, sizes: Floats) -> Floats:
    """The rows of ``Regions`` for ``rois`` (N, 5) = x y width height rotation in pictures of ``sizes`` (N, 2)."""
    return np.column_stack([rois[:, 0] * sizes[:, 0], rois[:, 1] * sizes[:, 1], rois[:, 2] * sizes[:, 0], rois[:, 4]])


def test_the_next_region_of_a_hand(golden: Mapping[str, Floats]) -> None:
    wanted = in_pixels(golden["hand_next_roi"], golden["hand_wh"])
    np.testing.assert_allclose(hand_regions(golden["hand_landmarks"]).rows, wanted, atol=1e-3)


def test_the_next_region_of_a_face(golden: Mapping[str, Floats]) -> None:
    wanted = in_pixels(golden["face_next_roi"], golden["face_wh"])
    np.testing.assert_allclose(face_regions(golden["face_landmarks"]).rows, wanted, atol=1e-3)


def test_the_region_from_an_arm_with_knuckles(golden: Mapping[str, Floats]) -> None:
    """Those of MediaPipe, but for their sizes and directions: the graph for holistic poses has no palm detector."""
    names = [next((name for name, at in BLAZEPOSE.items() if at == number), f"p{number}") for number in range(33)]
    poses = golden["pose"][..., [0, 1, 3]]
    arms = ArmPoints.of(names)
    assert arms is not None
    regions = arm_regions(poses, arms, 0.1)[0].rows
    equal = 0
    for side, name in enumerate(("left", "right")):
        known = np.isfinite(golden[f"{name}_roi_from_pose"]).all(axis=1)
        wanted = in_pixels(golden[f"{name}_roi_from_pose"], golden["wh"])[known]
        ours = regions[side::2][known]
        ours[:, 2] *= 2.7 / ARM_SCALE
        assert (ours[:, 2] >= wanted[:, 2] - 1e-3).all()  # not smaller where a hand points at the camera
        equal += int(np.isclose(ours[:, :3], wanted[:, :3], atol=1e-3).all(axis=1).sum())
    assert equal >= 30


def test_a_body_without_knuckles_shows_its_hands_where_the_knuckles_are(golden: Mapping[str, Floats]) -> None:
    """The middle of the hand is inside of the middle third of a region from elbow and wrist."""
    poses = golden["pose"][..., [0, 1, 3]]
    names = list(load_skeleton("coco17").names)
    numbers = [BLAZEPOSE.get(name, 0) for name in names]
    arms = ArmPoints.of(names)
    assert arms is not None
    regions, seen = arm_regions(poses[:, numbers], arms, 0.5)
    hands = poses[:, [BLAZEPOSE[f"{side}_{part}"] for side in ("left", "right") for part in ("index", "pinky")]]
    middles = hands.reshape(-1, 2, 3)[..., :2].mean(axis=1)
    known = seen & (hands.reshape(-1, 2, 3)[..., 2].min(axis=1) > 0.5)
    places = regions[known].to_crop(middles[known][:, None])[:, 0]
    assert known.sum() >= 20
    assert np.mean(np.abs(places - 0.5).max(axis=1) < 1 / 6) > 0.9


def test_the_region_of_a_head_holds_the_face(golden: Mapping[str, Floats]) -> None:
    names = list(load_skeleton("coco17").names)
    head = HeadPoints.of(names)
    assert head is not None
    poses = golden["pose"][..., [0, 1, 3]][:, [BLAZEPOSE.get(name, 0) for name in names]]
    regions, seen = head_regions(poses, head, 0.3)
    faces = face_regions(golden["face_landmarks"])
    ours = regions.rows[golden["face_photo"]]
    apart = np.hypot(*(ours[:, :2] - faces.centers).T) / faces.sizes
    fits = seen[golden["face_photo"]] & (apart < 0.2) & (np.abs(np.log2(ours[:, 2] / faces.sizes)) < 0.75)
    assert fits.sum() >= 16  # two of the 18 are of other people


def test_a_person_without_a_face_has_no_region_and_no_warning() -> None:
    names = list(load_skeleton("coco17").names)
    head = HeadPoints.of(names)
    assert head is not None
    poses = np.zeros((2, 17, 3), np.float32)
    poses[0, :, :2] = np.array([[np.inf], [-np.inf]] * 8 + [[np.nan]], np.float32)
    for part, x in (("left_eye", 110), ("right_eye", 90), ("nose", 100)):
        poses[1, names.index(part)] = x, 100, 1
    with np.errstate(all="raise"):
        regions, seen = head_regions(poses, head, 0.3)
    assert seen.tolist() == [False, True]
    assert np.isfinite(regions.rows).all()
    assert regions.rows[1, 0] == pytest.approx(100)


def test_a_region_is_upright_and_beyond_the_wrist() -> None:
    names = list(load_skeleton("coco17").names)
    pose = np.zeros((1, 17, 3), np.float32)
    pose[0, names.index("left_elbow")] = 100, 200, 1
    pose[0, names.index("left_wrist")] = 100, 100, 1
    arms = ArmPoints.of(names)
    assert arms is not None
    regions, seen = arm_regions(pose, arms, 0.3)
    assert seen.tolist() == [True, False]
    x, y, size, angle = regions.rows[0].tolist()
    assert (x, angle) == (pytest.approx(100), 0)
    assert y < 70
    assert size > 150
    assert isinstance(regions, Regions)


@pytest.mark.parametrize("name", ["animal17", "hand21", "face68"])
def test_skeletons_without_arms_have_no_hands(name: str) -> None:
    assert ArmPoints.of(load_skeleton(name).names) is None
    assert HeadPoints.of(load_skeleton(name).names) is None
