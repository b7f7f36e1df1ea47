"""Every style and colour shows everyone, apart from everyone else, and names are where ids were."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from app.overlay import COLORINGS, STYLES, Dot, Line, Look, Spindle, Text, heat_colors, outline, paint, painted, shapes
from app.overlay.inks import PERSON_INKS, score_ink
from app.overlay.shape import Ink
from tests.app.test_overlay import COCO, SIZE, grey, person, poses

# Machado et al. 2009, severity 1.
BLINDNESS = {
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("color", COLORINGS)
def test_every_look_is_seen_on_any_background(style: str, color: str) -> None:
    look = Look(style=style, color=color)  # type: ignore[arg-type]
    for value in (0, 128, 255):
        out = painted(grey(value), poses(person()), COCO, look)
        assert (np.abs(out.astype(int) - value).max(axis=2) > 60).sum() > 700


def test_bones_are_spindles_and_dots_have_no_limbs() -> None:
    bones = shapes(poses(person()), COCO, Look(style="bones", ids=False), SIZE)
    dots = shapes(poses(person()), COCO, Look(style="dots", ids=False), SIZE)
    assert sum(isinstance(shape, Spindle) for shape in bones) == 2 * len(COCO.limbs)  # each with its halo
    assert {type(shape) for shape in dots} == {Dot}
    assert len({shape.at for shape in dots if isinstance(shape, Dot)}) == 17


def test_a_bone_covers_what_its_outline_encloses() -> None:
    bone = Spindle((20.0, 50.0), (80.0, 50.0), 16.0, Ink(255, 255, 255))
    corners = np.array(outline(bone, bone.width))
    assert corners[:, 1].max() - corners[:, 1].min() == pytest.approx(16.0)
    x, y = corners.T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    image = np.zeros((100, 100, 3), np.uint8)
    paint(image, [bone])
    assert image[..., 0].sum() / 255 == pytest.approx(area, rel=0.08)
    assert image[50, 50].min() == 255
    assert image[:, :18].max() == image[:, 83:].max() == 0


def test_a_person_keeps_a_colour_that_the_neighbour_has_not() -> None:
    look = Look(color="person", ids=False)
    one, other = person(1), person(2)

    def inks(*people: object) -> set[Ink]:
        drawn = shapes(poses(*people), COCO, look, SIZE)  # type: ignore[arg-type]
        return {shape.ink for shape in drawn if shape.ink.cover == 1}

    assert len(inks(one)) == 1
    assert inks(one) | inks(other) == inks(other, one)
    assert not inks(one) & inks(other)


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_people_next_to_each_other_differ_for_colour_blind_eyes_too(blindness: str) -> None:
    seen = [np.array(BLINDNESS[blindness]) @ (np.array(ink[:3]) / 255) for ink in PERSON_INKS]
    assert min(np.abs(a - b).max() for a, b in combinations(seen, 2)) > 0.15
    assert min(np.abs(a - b).max() for a, b in pairwise([*seen, seen[0]])) > 0.4


def test_higher_scores_are_brighter() -> None:
    brightness = [np.dot(score_ink(score)[:3], (0.299, 0.587, 0.114)) for score in np.linspace(0, 1, 9)]
    assert brightness == sorted(brightness)
    assert brightness[-1] > 3 * brightness[0]


def test_a_limb_is_as_sure_as_its_less_sure_end() -> None:
    one = person()
    one.keypoints[9, 2] = 0.4
    elbow, wrist = (tuple(map(float, one.keypoints[i, :2])) for i in (7, 9))
    drawn = shapes(poses(one), COCO, Look(color="score", ids=False), SIZE)
    inks = [shape.ink for shape in drawn if isinstance(shape, Line) and {shape.a, shape.b} == {elbow, wrist}]
    assert inks[-1] == score_ink(0.4)


@pytest.mark.parametrize("name", ["Anna", "李明", "Ö"])
def test_a_name_takes_the_place_of_the_id_and_fits_its_chip(name: str) -> None:
    look = Look(skeleton=False, names={1: name})
    drawn = shapes(poses(person(1), person(2)), COCO, look, SIZE)
    assert [shape.text for shape in drawn if isinstance(shape, Text)] == [name, "2"]
    chip = drawn[0]
    assert isinstance(chip, Line)
    written = painted(grey(), poses(person()), COCO, look)
    empty = painted(grey(), poses(person()), COCO, replace(look, names={1: " " * len(name)}))
    rows, columns = np.nonzero(np.abs(written.astype(int) - empty).max(axis=2) > 120)
    assert len(rows) > 20
    assert columns.min() > chip.a[0] - chip.width / 2
    assert columns.max() < chip.b[0] + chip.width / 2
    assert rows.min() > chip.a[1] - chip.width / 2
    assert rows.max() < chip.a[1] + chip.width / 2


def test_chinese_names_are_not_all_the_same_box() -> None:
    one, other = (painted(grey(), poses(person()), COCO, Look(skeleton=False, names={1: name})) for name in "李明")
    assert (one != other).any()


def test_a_long_name_is_cut_off() -> None:
    drawn = shapes(poses(person()), COCO, Look(names={1: "x" * 200}), SIZE)
    (text,) = (shape.text for shape in drawn if isinstance(shape, Text))
    assert len(text) < 30
    assert text.endswith("…")


def test_dimming_darkens_the_picture_and_not_the_people() -> None:
    plain = painted(grey(200), poses(person()), COCO, Look())
    dark = painted(grey(200), poses(person()), COCO, Look(dim=0.75))
    assert dark[470, 10].tolist() == [50, 50, 50]
    assert plain[470, 10].tolist() == [200, 200, 200]
    x, y = person().keypoints[0, :2].round().astype(int)
    assert (plain[y, x] == dark[y, x]).all()


def test_heat_glows_where_it_is_and_nowhere_else() -> None:
    colors = heat_colors(np.array([[0.0, 0.5, 1.0, 2.0]], np.float32))
    assert colors.shape == (1, 4, 4)
    assert colors[0, 0].tolist() == [0, 0, 0, 0]
    cover = colors[0, :, 3].astype(int)
    assert cover[0] < cover[1] < cover[2] == cover[3]
    assert (colors[..., :3] <= colors[..., 3:]).all()  # premultiplied
