"""Every style and coloring shows all people distinguishably, and names replace ids."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from app.core.people import Person
from app.core.skeleton import PARTS, Side, load_skeleton
from app.overlay import (
    COLORINGS,
    SIDE_COLORS,
    STYLES,
    Dot,
    DrawStyle,
    Line,
    TaperedBone,
    Text,
    heat_colors,
    outline,
    paint,
    painted,
    shapes,
)
from app.overlay.colors import (
    FINGERS,
    PART_COLORS,
    PERSON_COLORS,
    RIGHT_SHADE,
    Area,
    part_color,
    score_color,
    shaded,
    side_color,
)
from app.overlay.shape import Color
from app.window.style.theme import DARK, LIGHT
from tests.app.overlay.test_overlay import COCO, SIZE, gray, person, poses

SIDES: tuple[Side, ...] = ("left", "right")
# Machado et al. 2009, severity 1.
BLINDNESS = {
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}
TRITANOPIA = {"tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("color", COLORINGS)
def test_every_style_is_visible_on_any_background(style: str, color: str) -> None:
    chosen = DrawStyle(style=style, color=color)  # type: ignore[arg-type]
    for value in (0, 128, 255):
        out = painted(gray(value), poses(person()), COCO, chosen)
        assert (np.abs(out.astype(int) - value).max(axis=2) > 60).sum() > 700


def whole(skeleton: str) -> Person:
    """A person with all keypoints of ``skeleton``, on a grid."""
    count = len(load_skeleton(skeleton).names)
    at = np.arange(count)
    keypoints = np.stack([20 + 15 * (at % 12), 20 + 15 * (at // 12), np.full(count, 0.9)], axis=1)
    return Person(1, 0.9, np.array([10, 10, 210, 210], np.float32), keypoints.astype(np.float32))


def test_bones_are_tapered_and_dots_have_no_limbs() -> None:
    bones = shapes(poses(person()), COCO, DrawStyle(style="bones", ids=False), SIZE)
    dots = shapes(poses(person()), COCO, DrawStyle(style="dots", ids=False), SIZE)
    assert sum(isinstance(shape, TaperedBone) for shape in bones) == 2 * len(COCO.limbs)  # each with its halo
    assert {type(shape) for shape in dots} == {Dot}
    assert len({shape.at for shape in dots if isinstance(shape, Dot)}) == 17


def test_bone_covers_the_area_of_its_outline() -> None:
    bone = TaperedBone((20.0, 50.0), (80.0, 50.0), 16.0, Color(255, 255, 255))
    corners = np.array(outline(bone, bone.width))
    assert corners[:, 1].max() - corners[:, 1].min() == pytest.approx(16.0)
    x, y = corners.T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    image = np.zeros((100, 100, 3), np.uint8)
    paint(image, [bone])
    assert image[..., 0].sum() / 255 == pytest.approx(area, rel=0.08)
    assert image[50, 50].min() == 255
    assert image[:, :18].max() == image[:, 83:].max() == 0


def test_each_person_has_another_color() -> None:
    style = DrawStyle(color="person", ids=False)
    one, other = person(1), person(2)

    def colors_of(*people: object) -> set[Color]:
        drawn = shapes(poses(*people), COCO, style, SIZE)  # type: ignore[arg-type]
        return {shape.color for shape in drawn if shape.color.alpha == 1}

    assert len(colors_of(one)) == 1
    assert colors_of(one) | colors_of(other) == colors_of(other, one)
    assert not colors_of(one) & colors_of(other)


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_consecutive_person_colors_differ_with_color_blindness(blindness: str) -> None:
    seen = [np.array(BLINDNESS[blindness]) @ (np.array(color[:3]) / 255) for color in PERSON_COLORS]
    assert min(np.abs(a - b).max() for a, b in combinations(seen, 2)) > 0.15
    assert min(np.abs(a - b).max() for a, b in pairwise([*seen, seen[0]])) > 0.4


def linear(color: Color | tuple[int, ...]) -> np.ndarray:
    """Linear light (3,) of an sRGB color."""
    value = np.array(color[:3]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(color: Color, seen_as: list[list[float]]) -> np.ndarray:
    """The color in OKLab (Ottosson 2020), times 100, after a simulation of what a person sees; (3,)."""
    to_cones = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    light = np.clip(np.array(seen_as) @ linear(color), 0, 1)
    return 100 * np.array(to_lab) @ np.cbrt(np.array(to_cones) @ light)


@pytest.mark.parametrize("vision", ["normal", *BLINDNESS, *TRITANOPIA])
def test_person_colors_differ_from_each_other_and_from_the_sides(vision: str) -> None:
    seen_as = (BLINDNESS | TRITANOPIA).get(vision, np.eye(3).tolist())
    people = [oklab(color, seen_as) for color in PERSON_COLORS]
    sides = [oklab(SIDE_COLORS[side], seen_as) for side in ("left", "right")]
    floor, from_sides = {"normal": (16, 19), "tritanopia": (11.5, 10.5)}.get(vision, (11.5, 12))
    assert min(np.linalg.norm(a - b) for a, b in combinations(people, 2)) > floor
    assert min(np.linalg.norm(a - b) for a in people for b in sides) > from_sides
    assert np.linalg.norm(people[0] - people[1]) > 30


@pytest.mark.parametrize("vision", ["normal", *BLINDNESS, *TRITANOPIA])
def test_parts_and_fingers_differ_with_every_color_blindness(vision: str) -> None:
    seen_as = (BLINDNESS | TRITANOPIA).get(vision, np.eye(3).tolist())

    def distance(a: Color, b: Color) -> float:
        return float(np.linalg.norm(oklab(a, seen_as) - oklab(b, seen_as)))

    parts = {part: PART_COLORS[part] for part in PARTS if part not in FINGERS}
    assert min(distance(a, b) for a, b in combinations(parts.values(), 2)) > 13
    assert min(distance(PART_COLORS[a], PART_COLORS[b]) for a, b in combinations(FINGERS, 2)) > 10
    shades = {side: [side_color(Area(side, finger)) for finger in FINGERS] for side in SIDES}
    for hand in shades.values():
        assert min(distance(a, b) for a, b in pairwise(hand)) > 6.5
    assert min(distance(left, right) for left in shades["left"] for right in shades["right"]) > 9.5
    for part in PARTS:
        assert distance(part_color(Area("left", part)), part_color(Area("right", part))) > 10, part


@pytest.mark.parametrize("name", ["coco17", "halpe26", "mpii16", "body25", "openpose18", "animal17"])
def test_bodies_have_the_colors_of_the_sides_only(name: str) -> None:
    drawn = shapes(poses(whole(name)), load_skeleton(name), DrawStyle(ids=False), SIZE)
    assert {shape.color for shape in drawn if shape.color.alpha == 1} <= set(SIDE_COLORS.values())


@pytest.mark.parametrize(("name", "hands"), [("hand21", 1), ("wholebody133", 2)])
@pytest.mark.parametrize("color", ["side", "part"])
def test_each_finger_has_a_color_of_its_own(name: str, hands: int, color: str) -> None:
    skeleton, one = load_skeleton(name), whole(name)
    style = DrawStyle(color=color, ids=False)  # type: ignore[arg-type]
    colors = {shape.at: shape.color for shape in shapes(poses(one), skeleton, style, SIZE) if isinstance(shape, Dot)}
    tips = [i for i, part in enumerate(skeleton.names) if part.endswith("4") and skeleton.part(i) in FINGERS]
    seen = {colors[(float(one.keypoints[i, 0]), float(one.keypoints[i, 1]))] for i in tips}
    assert len(tips) == len(seen) == 5 * hands


def test_parts_have_their_colors_darker_on_the_right() -> None:
    style = DrawStyle(color="part", ids=False)
    one = person()
    colors = {shape.at: shape.color for shape in shapes(poses(one), COCO, style, SIZE) if isinstance(shape, Dot)}
    of = {name: colors[tuple(map(float, one.keypoints[i, :2]))] for i, name in enumerate(COCO.names)}  # type: ignore[index]
    assert of["nose"] == of["left_eye"] == PART_COLORS["face"]
    assert of["left_wrist"] == PART_COLORS["arm"]
    assert of["left_ankle"] == PART_COLORS["leg"]
    assert of["right_ankle"] == shaded(PART_COLORS["leg"], RIGHT_SHADE)
    assert max(of["right_ankle"][:3]) < max(of["left_ankle"][:3])


@pytest.mark.parametrize("background", [LIGHT.hover, LIGHT.raised, DARK.hover, DARK.raised])
def test_person_colors_are_visible_in_both_themes(background: str) -> None:
    def luminance(color: Color | tuple[int, ...]) -> float:
        return float(linear(color) @ (0.2126, 0.7152, 0.0722))

    behind = luminance(tuple(bytes.fromhex(background[1:])))
    for color in PERSON_COLORS:
        low, high = sorted((behind, luminance(color)))
        assert (high + 0.05) / (low + 0.05) > 1.4


def test_higher_scores_are_brighter() -> None:
    brightness = [np.dot(score_color(score)[:3], (0.299, 0.587, 0.114)) for score in np.linspace(0, 1, 9)]
    assert brightness == sorted(brightness)
    assert brightness[-1] > 3 * brightness[0]


def test_limb_has_the_lower_score_of_its_ends() -> None:
    one = person()
    one.keypoints[9, 2] = 0.4
    elbow, wrist = (tuple(map(float, one.keypoints[i, :2])) for i in (7, 9))
    drawn = shapes(poses(one), COCO, DrawStyle(color="score", ids=False), SIZE)
    colors = [shape.color for shape in drawn if isinstance(shape, Line) and {shape.a, shape.b} == {elbow, wrist}]
    assert colors[-1] == score_color(0.4)


@pytest.mark.parametrize("name", ["Anna", "李明", "Ö"])
def test_name_replaces_the_id_and_fits_its_background(name: str) -> None:
    style = DrawStyle(skeleton=False, names={1: name})
    drawn = shapes(poses(person(1), person(2)), COCO, style, SIZE)
    assert [shape.text for shape in drawn if isinstance(shape, Text)] == [name, "2"]
    chip = drawn[0]
    assert isinstance(chip, Line)
    written = painted(gray(), poses(person()), COCO, style)
    empty = painted(gray(), poses(person()), COCO, replace(style, names={1: " " * len(name)}))
    rows, columns = np.nonzero(np.abs(written.astype(int) - empty).max(axis=2) > 120)
    assert len(rows) > 20
    assert columns.min() > chip.a[0] - chip.width / 2
    assert columns.max() < chip.b[0] + chip.width / 2
    assert rows.min() > chip.a[1] - chip.width / 2
    assert rows.max() < chip.a[1] + chip.width / 2


def test_text_size_does_not_depend_on_person_size() -> None:
    people = [person(number, size=size) for number, size in enumerate((20.0, 90.0, 300.0), 1)]
    heights = {shape.height for shape in shapes(poses(*people), COCO, DrawStyle(), SIZE) if isinstance(shape, Text)}
    chips = {
        shape.width
        for shape in shapes(poses(*people), COCO, DrawStyle(skeleton=False), SIZE)
        if isinstance(shape, Line)
    }
    assert len(heights) == 1
    assert len(chips) == 1


def test_chinese_characters_are_drawn() -> None:
    one, other = (painted(gray(), poses(person()), COCO, DrawStyle(skeleton=False, names={1: name})) for name in "李明")
    assert (one != other).any()


def test_long_name_is_cut_off() -> None:
    drawn = shapes(poses(person()), COCO, DrawStyle(names={1: "x" * 200}), SIZE)
    (text,) = (shape.text for shape in drawn if isinstance(shape, Text))
    assert len(text) < 30
    assert text.endswith("…")


def test_dim_darkens_the_frame_but_not_the_people() -> None:
    plain = painted(gray(200), poses(person()), COCO, DrawStyle())
    dark = painted(gray(200), poses(person()), COCO, DrawStyle(dim=0.75))
    assert dark[470, 10].tolist() == [50, 50, 50]
    assert plain[470, 10].tolist() == [200, 200, 200]
    x, y = person().keypoints[0, :2].round().astype(int)
    assert (plain[y, x] == dark[y, x]).all()


def test_heatmap_is_transparent_at_zero() -> None:
    colors = heat_colors(np.array([[0.0, 0.5, 1.0, 2.0]], np.float32))
    assert colors.shape == (1, 4, 4)
    assert colors[0, 0].tolist() == [0, 0, 0, 0]
    alpha = colors[0, :, 3].astype(int)
    assert alpha[0] < alpha[1] < alpha[2] == alpha[3]
    assert (colors[..., :3] <= colors[..., 3:]).all()  # premultiplied
