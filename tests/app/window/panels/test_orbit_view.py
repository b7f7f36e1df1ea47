"""The 3-D view keeps people in sight: misplaced people do not keep it away, and the floor stays without people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.overlay.space_placement import PlacedPerson, gathered
from app.window.panels.orbit_view import OrbitView

SKELETON = load_skeleton("halpe26")


def standing(number: int, x: float, z: float) -> PlacedPerson:
    """A person about 1.8 m tall at this place on the floor."""
    own = np.random.default_rng(number).uniform([-0.3, -0.9, -0.2], [0.3, 0.9, 0.2], (26, 3))
    points = np.column_stack([own, np.full(26, 0.9)]).astype(np.float32)
    person = Person(number, 0.9, np.zeros(4, np.float32), points[:, [0, 1, 3]], points_3d=points)
    pelvis = np.array([x, 0.9, z])
    return PlacedPerson(person, own + pelvis, pelvis)


@pytest.fixture
def view(qtbot: QtBot) -> OrbitView:
    made = OrbitView(DrawStyle)
    qtbot.addWidget(made)
    made.resize(400, 400)
    return made


def show(view: OrbitView, people: Sequence[PlacedPerson], frames: int = 1, glide: bool = True) -> None:
    for _ in range(frames):
        view.show_people(people, SKELETON, people, glide)


def test_a_person_who_is_placed_far_away_is_not_followed(view: OrbitView) -> None:
    pair = [standing(1, -0.5, -4), standing(2, 0.5, -4)]
    show(view, pair)
    before = view.camera
    show(view, [*pair, standing(3, 20, -60)], frames=30)
    assert view.camera.distance == pytest.approx(before.distance, rel=0.01)
    assert view.camera.target == pytest.approx(before.target, abs=0.01)
    assert len(view.people) == 3
    show(view, [pair[0], standing(2, 20, -60)], frames=30)
    assert view.camera.distance == pytest.approx(before.distance, rel=0.01)
    assert view.camera.target[0] == pytest.approx(-0.5, abs=0.01)  # of two the nearer one


def test_the_view_steps_back_from_people_who_part_and_returns(view: OrbitView) -> None:
    pair = [standing(1, -0.5, -4), standing(2, 0.5, -4)]
    show(view, pair)
    framed = view.camera.distance
    show(view, [standing(1, -2.5, -4), standing(2, 2.5, -4)], frames=30)
    apart = view.camera.distance
    assert apart > 1.5 * framed
    show(view, pair)
    assert 0.9 * apart < view.camera.distance < apart  # slowly
    show(view, pair, frames=300)
    assert view.camera.distance == pytest.approx(framed, rel=0.01)
    show(view, [standing(1, 0, -4)], frames=300)
    assert view.camera.distance == pytest.approx(framed, rel=0.01)  # no nearer than it was


def test_the_floor_stays_while_nobody_is_seen(view: OrbitView, qtbot: QtBot) -> None:
    def picture() -> int:
        image = view.grab().toImage()
        return len({image.pixelColor(x, y).rgb() for x in range(0, 400, 4) for y in range(200, 400, 3)})

    view.show()
    qtbot.waitExposed(view)
    empty = picture()
    show(view, [standing(1, 0, -4)])
    with_person = picture()
    show(view, [])
    with_floor = picture()
    assert empty < with_floor < with_person
    view.forget()
    assert picture() == empty


def test_people_near_each_other_are_gathered() -> None:
    assert gathered([]) == []
    group = [standing(number, 1.5 * number, -5) for number in range(5)]
    assert gathered(group) == group
    assert gathered([*group, standing(9, 3, -50)]) == group
    wide = [standing(number, 5.0 * number, -5) for number in range(5)]
    assert gathered(wide) == wide  # a large group on a field
