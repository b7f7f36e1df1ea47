"""A click selects the person at its position."""

from __future__ import annotations

import numpy as np

from app.core.people import Person
from app.overlay import DrawStyle, Line, person_at, shapes
from tests.app.overlay.test_overlay import COCO, SIZE, person, poses


def moved(one: Person, x: float) -> Person:
    one.keypoints[:, 0] += x
    one.box[[0, 2]] += x
    return one


def test_click_on_a_body_selects_it_and_beside_it_nothing() -> None:
    one, other = person(1, size=100), moved(person(2, size=100), 200)
    for each in (one, other):
        x, y = each.keypoints[5, :2]
        assert person_at(poses(one, other), (float(x), float(y)), DrawStyle(), SIZE) == each.id
    assert person_at(poses(one, other), (600.0, 400.0), DrawStyle(), SIZE) is None
    assert person_at(poses(), (100.0, 100.0), DrawStyle(), SIZE) is None


def test_click_on_overlapping_people_selects_the_nearer() -> None:
    one, other = person(1), person(2)
    one.keypoints[:, :2], other.keypoints[:, :2] = (150, 150), (300, 300)
    assert person_at(poses(one, other), (170.0, 160.0), DrawStyle(), SIZE) == 1
    assert person_at(poses(one, other), (280.0, 290.0), DrawStyle(), SIZE) == 2


def test_click_on_a_visible_label_selects_its_person() -> None:
    one = person(1)
    one.box[1] = 200
    one.box[3] = 210
    style = DrawStyle(names={1: "Someone with a name"})
    (label_line,) = (
        s for s in shapes(poses(one), COCO, DrawStyle(skeleton=False, names=style.names), SIZE) if isinstance(s, Line)
    )
    left = (label_line.a[0], label_line.a[1])
    assert person_at(poses(one), left, style, SIZE) == 1
    one.box[[0, 2]] += 300  # the label moves with the box
    one.keypoints[:, :2] += (300, 0)
    assert person_at(poses(one), left, style, SIZE) is None


def test_person_with_nan_coordinates_is_not_selected() -> None:
    one = person(1)
    one.keypoints[:] = np.nan
    one.box[:] = np.nan
    assert person_at(poses(one), (10.0, 10.0), DrawStyle(), SIZE) is None
