"""Skeletons that ship, against the facts of the data sets (tests/golden/facts)."""

from __future__ import annotations

import json

import pytest

from app.errors import StanceError
from app.skeleton import FOLDER, load_skeleton, plain_skeleton
from tests.conftest import GOLDEN

FACTS = {
    "coco17": "coco",
    "mpii16": "mpii",
    "halpe26": "halpe26",
    "hand21": "hand21",
    "wholebody133": "wholebody133",
    "face68": "face68_wholebody",
}


def test_every_skeleton_that_ships_is_checked_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FACTS)


@pytest.mark.parametrize(("name", "facts"), FACTS.items())
def test_skeletons_are_the_data_sets(name: str, facts: str) -> None:
    wanted = json.loads((GOLDEN / "facts" / f"{facts}.json").read_text())
    skeleton = load_skeleton(name)
    assert list(skeleton.names) == wanted["names"]
    assert skeleton.flip_order == wanted["flip_indices"]
    assert [list(limb) for limb in skeleton.limbs] == (wanted["limbs"] or [])
    assert list(skeleton.sigmas) == (wanted["sigmas"] or [])


def test_sides_and_mirror_images_agree() -> None:
    skeleton = load_skeleton("halpe26")
    for left, right in skeleton.flip_pairs:
        assert {skeleton.side(left), skeleton.side(right)} == {"left", "right"}
    assert skeleton.side(0) == "middle"


def test_coco_is_found_in_halpe_and_not_in_mpii() -> None:
    coco = load_skeleton("coco17")
    assert load_skeleton("halpe26").subset(coco) == list(range(17))
    assert load_skeleton("mpii16").subset(coco) is None


@pytest.mark.parametrize("name", FACTS)
def test_a_network_that_names_no_skeleton_gets_the_one_of_its_size(name: str) -> None:
    assert plain_skeleton(len(load_skeleton(name).names)) is load_skeleton(name)


def test_a_network_of_no_known_size_gets_bare_points() -> None:
    assert plain_skeleton(5).names == ("point_0", "point_1", "point_2", "point_3", "point_4")


def test_an_unknown_skeleton_is_told_with_the_known_ones() -> None:
    with pytest.raises(StanceError, match="coco17"):
        load_skeleton("centaur")
