"""A toe that is doubted and further from its ankle than any foot reaches is not drawn; files keep it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.core.edited import CORRECTED
from app.core.people import Floats, Person
from app.core.skeleton import load_skeleton
from app.overlay.body import body
from app.overlay.style import DrawStyle

LAYOUTS = ("halpe26", "body25", "blazepose33", "wholebody133")
PLACES = {
    "nose": (0, 0.9),
    "head": (0, 1.0),
    "neck": (0, 0.8),
    "hip": (0, 0.5),
    "shoulder": (0.1, 0.8),
    "elbow": (0.15, 0.63),
    "wrist": (0.15, 0.48),
    "knee": (0.1, 0.27),
    "ankle": (0.1, 0.04),
    "big_toe": (0.16, 0.0),
    "small_toe": (0.18, 0.0),
    "heel": (0.06, 0.0),
    "foot_index": (0.17, 0.0),
}
"""Left keypoints of a standing person: (x, y) in body heights."""
DEMO_121 = {
    "left_shoulder": (736, 156, 0.6),
    "right_shoulder": (714, 146, 0.73),
    "neck": (735, 138, 0.75),
    "hip": (729, 256, 0.72),
    "right_hip": (718, 266, 0.53),
    "right_knee": (728, 345, 0.62),
    "right_ankle": (669, 401, 0.54),
    "right_heel": (655, 402, 0.44),
    "right_small_toe": (665, 129, 0.32),
}
"""Keypoints of the man in the demo clip."""


def standing(layout: str, height: float = 400.0) -> Person:
    """Somebody who stands, in the keypoints of ``layout`` with a place in ``PLACES``; the others are not seen."""
    names = load_skeleton(layout).names
    keypoints = np.zeros((len(names), 3), np.float32)
    for row, name in enumerate(names):
        part = name.removeprefix("left_").removeprefix("right_")
        if part in PLACES:
            x, y = PLACES[part]
            side = -1 if name.startswith("right") else 1
            keypoints[row] = 300 + side * x * height, 50 + (1 - y) * height, 0.9
    return Person(1, 0.9, np.array([200, 50, 400, 450], np.float32), keypoints)


def placed(person: Person, layout: str, name: str, place: tuple[float, float], score: float) -> tuple[Person, int]:
    """``person`` with the keypoint ``name`` at ``place``, and its number."""
    keypoints: Floats = person.keypoints.copy()
    number = load_skeleton(layout).names.index(name)
    keypoints[number] = *place, score
    return replace(person, keypoints=keypoints), number


def drawn(person: Person, layout: str) -> set[tuple[float, float]]:
    """Where dots are, and where limbs end."""
    figure = body(person, load_skeleton(layout), DrawStyle(threshold=0.3), 4.0)
    ends = {place for a, b, _, _ in figure.limbs for place in (a, b)}
    return ends | {at for at, _, _, _ in figure.dots}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_doubted_toe_at_the_shoulder_is_not_drawn(layout: str) -> None:
    toe = "right_foot_index" if layout == "blazepose33" else "right_small_toe"
    shoulder = (300.0, 130.0)
    lost, number = placed(standing(layout), layout, toe, shoulder, 0.32)
    assert drawn(lost, layout) == drawn(standing(layout), layout) - {tuple(standing(layout).keypoints[number, :2])}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("score", [0.31, 0.9])
def test_feet_of_usual_length_are_drawn_whatever_their_score(layout: str, score: float) -> None:
    person = standing(layout)
    skeleton = load_skeleton(layout)
    keypoints = person.keypoints.copy()
    feet = [row for row in range(len(keypoints)) if skeleton.part(row) == "foot"]
    keypoints[feet, 2] = score
    assert len(feet) >= 4
    assert {tuple(keypoints[row, :2]) for row in feet} <= drawn(replace(person, keypoints=keypoints), layout)


def test_a_toe_that_is_certain_or_placed_by_the_user_is_drawn() -> None:
    place = (310.0, 125.0)
    certain, number = placed(standing("halpe26"), "halpe26", "left_big_toe", place, 0.8)
    assert place in drawn(certain, "halpe26")
    doubted, number = placed(standing("halpe26"), "halpe26", "left_big_toe", place, 0.4)
    assert place not in drawn(doubted, "halpe26")
    edited = np.zeros(len(doubted.keypoints), np.uint8)
    edited[number] = CORRECTED
    assert place in drawn(replace(doubted, edited=edited), "halpe26")


def test_a_foot_alone_is_drawn_where_nothing_tells_its_size() -> None:
    place = (300.0, 130.0)
    person, number = placed(standing("halpe26"), "halpe26", "left_big_toe", place, 0.4)
    names = load_skeleton("halpe26").names
    keypoints = person.keypoints.copy()
    hidden = [row for row, name in enumerate(names) if row != number and name != "left_ankle"]
    keypoints[hidden, 2] = 0.0
    assert place in drawn(replace(person, keypoints=keypoints), "halpe26")


def test_the_man_of_the_demo_has_no_line_from_his_foot_to_his_shoulder() -> None:
    """Frame 121 of the demo clip, as rtmpose-s found him: the right small toe is at the height of his shoulders."""
    names = load_skeleton("halpe26").names
    keypoints = np.zeros((len(names), 3), np.float32)
    for name, place in DEMO_121.items():
        keypoints[names.index(name)] = place
    man = Person(1, 0.5, np.array([640, 80, 800, 430], np.float32), keypoints)
    assert (665.0, 129.0) not in drawn(man, "halpe26")
    assert (655.0, 402.0) in drawn(man, "halpe26")  # his heel, as doubted as the toe
