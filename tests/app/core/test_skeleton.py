"""The bundled skeletons match the definitions of the data sets (tests/golden/facts)."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from app.core.errors import StanceError
from app.core.skeleton import FOLDER, Part, load_skeleton, part_of, plain_skeleton
from app.sinks.openpose import BODY_25
from tests.conftest import GOLDEN

FACTS = {
    "coco17": "coco",
    "mpii16": "mpii",
    "halpe26": "halpe26",
    "hand21": "hand21",
    "wholebody133": "wholebody133",
    "face68": "face68_wholebody",
}
BOTTOM_UP = {"openpose18", "body25"}
"""Skeletons that only the cards of bottom-up networks name."""


def test_every_bundled_skeleton_is_tested() -> None:
    others = {"animal17", "blazepose33", "face106", "face468"}
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FACTS) | BOTTOM_UP | others


@pytest.mark.parametrize(("name", "facts"), FACTS.items())
def test_skeletons_match_the_data_sets(name: str, facts: str) -> None:
    wanted = json.loads((GOLDEN / "facts" / f"{facts}.json").read_text())
    skeleton = load_skeleton(name)
    assert list(skeleton.names) == wanted["names"]
    assert skeleton.flip_order == wanted["flip_indices"]
    assert [list(limb) for limb in skeleton.limbs] == (wanted["limbs"] or [])
    assert list(skeleton.sigmas) == (wanted["sigmas"] or [])


def test_animals_match_ap10k() -> None:
    wanted = json.loads((GOLDEN / "facts" / "animal17_ap10k.json").read_text())
    skeleton = load_skeleton("animal17")
    assert skeleton.flip_order == wanted["flip_indices"]
    assert [list(limb) for limb in skeleton.limbs] == wanted["limbs"]
    assert list(skeleton.sigmas) == wanted["sigmas"]
    for name, stated in zip(skeleton.names, wanted["names"], strict=True):
        sides = {"L_": "left_", "R_": "right_"}
        plain = sides.get(stated[:2], stated[:2]) + stated[2:]
        expected = plain.replace("F_Paw", "front_paw").replace("B_Paw", "back_paw").replace(" ", "_").lower()
        assert name == expected


def test_blazepose_matches_mediapipe() -> None:
    wanted = json.loads((GOLDEN / "facts" / "blazepose33.json").read_text())
    skeleton = load_skeleton("blazepose33")
    assert list(skeleton.names) == wanted["names"]
    assert skeleton.flip_order == wanted["flip_indices"]
    assert [list(limb) for limb in skeleton.limbs] == wanted["limbs"]
    sigmas = dict(zip(skeleton.names, skeleton.sigmas, strict=True))
    assert {name: sigmas[name] for name in wanted["sigmas_of_the_coco_points"]} == wanted["sigmas_of_the_coco_points"]
    assert skeleton.subset(load_skeleton("coco17")) == [own for own, _ in wanted["to_coco17"]]
    sides = [skeleton.side(number) for number in range(33)]
    assert [sides[other] for other in skeleton.flip_order] == [
        {"left": "right", "right": "left", "middle": "middle"}[side] for side in sides
    ]
    assert [skeleton.names[number] for number in range(33) if sides[number] == "middle"] == ["nose"]


def test_the_mesh_of_a_face_is_drawn_as_its_contours() -> None:
    wanted = json.loads((GOLDEN / "facts" / "face468.json").read_text())
    skeleton = load_skeleton("face468")
    assert len(skeleton.names) == wanted["num_keypoints"]
    assert skeleton.flip_order == wanted["flip_indices"]
    chains = [chain for group in wanted["groups"].values() for chain in group]
    drawn = {frozenset(limb) for limb in skeleton.limbs}
    assert drawn == {frozenset(pair) for chain in chains for pair in pairwise(chain)}
    assert len(drawn) == len(skeleton.limbs)


def test_faces_of_106_keypoints_are_symmetric() -> None:
    skeleton = load_skeleton("face106")
    order = skeleton.flip_order
    assert len(order) == 106
    assert [order[other] for other in order] == list(range(106))
    assert [i for i in range(106) if order[i] == i] == [16, 51, 52, 53, 54, 60, 87, 93, 98, 102]
    assert plain_skeleton(106) is skeleton


def test_openpose_has_the_keypoints_of_its_ports() -> None:
    wanted = json.loads((GOLDEN / "facts" / "openpose18.json").read_text())
    skeleton = load_skeleton("openpose18")
    assert list(skeleton.names) == wanted["names"]
    assert [list(limb) for limb in skeleton.limbs] == wanted["limbs"][:17]
    coco = load_skeleton("coco17")
    for name, index, sigma in zip(skeleton.names, wanted["coco17_index"], skeleton.sigmas, strict=True):
        assert index is None or (name, sigma) == (coco.names[index], coco.sigmas[index])


@pytest.mark.parametrize("name", sorted(BOTTOM_UP))
def test_openpose_has_a_left_for_every_right(name: str) -> None:
    skeleton = load_skeleton(name)
    names = [name.replace("left_", "?").replace("right_", "left_").replace("?", "right_") for name in skeleton.names]
    assert [skeleton.names[index] for index in skeleton.flip_order] == names


def test_body25_has_the_keypoints_of_openpose() -> None:
    assert load_skeleton("body25").names == BODY_25
    halpe = load_skeleton("halpe26")
    sigmas = dict(zip(halpe.names, halpe.sigmas, strict=True))
    assert load_skeleton("body25").sigmas == tuple(sigmas[name] for name in BODY_25)


def test_flip_pairs_are_left_and_right() -> None:
    skeleton = load_skeleton("halpe26")
    for left, right in skeleton.flip_pairs:
        assert {skeleton.side(left), skeleton.side(right)} == {"left", "right"}
    assert skeleton.side(0) == "middle"


def test_coco_is_a_subset_of_halpe_but_not_of_mpii() -> None:
    coco = load_skeleton("coco17")
    assert load_skeleton("halpe26").subset(coco) == list(range(17))
    assert load_skeleton("mpii16").subset(coco) is None


@pytest.mark.parametrize("name", FACTS)
def test_undeclared_skeleton_is_chosen_by_number_of_keypoints(name: str) -> None:
    assert plain_skeleton(len(load_skeleton(name).names)) is load_skeleton(name)


def test_unknown_number_of_keypoints_gives_points_only() -> None:
    assert plain_skeleton(5).names == ("point_0", "point_1", "point_2", "point_3", "point_4")


def test_unknown_skeleton_error_lists_the_known_ones() -> None:
    with pytest.raises(StanceError, match="coco17"):
        load_skeleton("centaur")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("left_shoulder", "trunk"),
        ("neck", "trunk"),
        ("root_of_tail", "trunk"),
        ("point_4", "trunk"),
        ("right_eye", "face"),
        ("face-12", "face"),
        ("face_mesh-467", "face"),
        ("head_top", "face"),
        ("left_elbow", "arm"),
        ("r_wrist", "arm"),
        ("left_hand_root", "arm"),
        ("right_front_paw", "arm"),
        ("left_knee", "leg"),
        ("right_big_toe", "foot"),
        ("left_heel", "foot"),
        ("thumb3", "thumb"),
        ("right_pinky_finger4", "pinky_finger"),
        ("left_middle_finger1", "middle_finger"),
    ],
)
def test_the_name_of_a_keypoint_tells_the_part_of_the_body(name: str, part: Part) -> None:
    assert part_of(name) == part


def test_fingers_of_bundled_skeletons_have_four_keypoints_each() -> None:
    for name, hands in (("hand21", 1), ("wholebody133", 2)):
        skeleton = load_skeleton(name)
        parts = [skeleton.part(i) for i in range(len(skeleton.names))]
        for finger in ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger"):
            assert parts.count(finger) == 4 * hands
