"""A click means whom it shows."""

from __future__ import annotations

import numpy as np

from app.overlay import Line, Look, person_at, shapes
from app.people import Person
from tests.app.test_overlay import COCO, SIZE, person, poses


def moved(one: Person, x: float) -> Person:
    one.keypoints[:, 0] += x
    one.box[[0, 2]] += x
    return one


def test_the_body_is_meant_and_beside_it_nobody() -> None:
    one, other = person(1, size=100), moved(person(2, size=100), 200)
    for somebody in (one, other):
        x, y = somebody.keypoints[5, :2]
        assert person_at(poses(one, other), (float(x), float(y)), Look(), SIZE) == somebody.id
    assert person_at(poses(one, other), (600.0, 400.0), Look(), SIZE) is None
    assert person_at(poses(), (100.0, 100.0), Look(), SIZE) is None


def test_of_two_who_overlap_the_nearer_one_is_meant() -> None:
    one, other = person(1), person(2)
    one.keypoints[:, :2], other.keypoints[:, :2] = (150, 150), (300, 300)
    assert person_at(poses(one, other), (170.0, 160.0), Look(), SIZE) == 1
    assert person_at(poses(one, other), (280.0, 290.0), Look(), SIZE) == 2


def test_the_label_is_meant_while_it_is_shown() -> None:
    one = person(1)
    one.box[1] = 200
    one.box[3] = 210
    look = Look(names={1: "Someone with a name"})
    (chip,) = (s for s in shapes(poses(one), COCO, Look(skeleton=False, names=look.names), SIZE) if isinstance(s, Line))
    left = (chip.a[0], chip.a[1])
    assert person_at(poses(one), left, look, SIZE) == 1
    one.box[[0, 2]] += 300  # the label has gone with the box
    one.keypoints[:, :2] += (300, 0)
    assert person_at(poses(one), left, look, SIZE) is None


def test_places_that_are_none_mean_nobody() -> None:
    one = person(1)
    one.keypoints[:] = np.nan
    one.box[:] = np.nan
    assert person_at(poses(one), (10.0, 10.0), Look(), SIZE) is None
