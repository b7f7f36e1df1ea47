"""Shapes of people, and how they are painted on images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.core.composed_skeleton import compose
from app.core.people import FramePoses, Image, Person
from app.core.skeleton import load_skeleton
from app.overlay import SIDE_COLORS, Color, Dot, DrawStyle, Line, TaperedBone, Text, mirrored, paint, painted, shapes
from app.overlay.style import Coloring, Style

COCO = load_skeleton("coco17")
SIZE = (640, 480)


def person(number: int = 1, score: float = 0.9, size: float = 300.0, state: str = "estimated") -> Person:
    """A person in a square of ``size`` pixels, with every keypoint at another position."""
    positions = np.random.default_rng(4).uniform(0, size, (17, 2)) + 100
    keypoints = np.concatenate([positions, np.full((17, 1), score)], axis=1).astype(np.float32)
    return Person(number, 0.9, np.array([100, 100, 100 + size, 100 + size], np.float32), keypoints, state)  # type: ignore[arg-type]


def poses(*people: Person) -> FramePoses:
    return FramePoses(0, 0.0, people)


def gray(value: int = 128) -> Image:
    return np.full((SIZE[1], SIZE[0], 3), value, dtype=np.uint8)


def centroid(image: Image) -> tuple[float, float]:
    """The centroid of the non-black area, in pixels whose centers are integers."""
    weight = image.max(axis=2).astype(float)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("at", [(50.0, 40.0), (50.5, 40.25), (50.9, 40.1), (33.3, 66.7)])
@pytest.mark.parametrize("radius", [1.2, 2.4, 6.0])
def test_dot_is_centered_to_a_fraction_of_a_pixel(at: tuple[float, float], radius: float) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Dot(at, radius, Color(255, 255, 255))])
    assert centroid(image) == pytest.approx(at, abs=0.1)
    assert (image[..., 0].sum() / 255 / np.pi) ** 0.5 == pytest.approx(radius, abs=0.3)


@pytest.mark.parametrize("width", [1.5, 2.0, 3.7, 8.0])
def test_line_has_its_ends_and_its_width(width: float) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Line((20.5, 50.3), (80.5, 50.3), width, Color(255, 255, 255))])
    assert centroid(image) == pytest.approx((50.5, 50.3), abs=0.15)
    assert image[:, 50, 0].sum() / 255 == pytest.approx(width, abs=0.7)


@pytest.mark.parametrize("dots", [[], [Dot((60.0, 50.0), 2.0, Color(255, 255, 255))]])
def test_line_has_round_ends_unless_a_dot_covers_them(dots: list[Dot]) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Line((30.0, 50.0), (60.0, 50.0), 16.0, Color(255, 255, 255)), *dots])
    assert image[50, 66].min() == image[50, 24].min() == 255
    assert image[43, 67].max() == image[57, 23].max() == 0


@pytest.mark.parametrize("radius", [8.0, 8.4])
def test_round_end_does_not_show_around_a_dot_of_its_size(radius: float) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    red, blue = Color(255, 0, 0), Color(0, 0, 255)
    paint(image, [Line((30.0, 50.0), (60.3, 50.4), 16.0, red), Dot((60.3, 50.4), radius, blue)])
    beyond = image[:, 63:]
    assert beyond[..., 0].max() == 255
    assert beyond[..., 2].max() == 0


def test_translucent_shape_is_half_of_the_opaque_one_everywhere() -> None:
    """The blended part of the image contains the anti-aliased edges and the whole text."""
    faint = Color(255, 255, 255, 0.5)
    for drawn in (
        [Line((20.3, 30.7), (70.2, 55.1), 6.4, faint)],
        [TaperedBone((20.3, 30.7), (70.2, 55.1), 6.4, faint)],
        [Dot((40.6, 50.2), 7.7, faint)],
        [Text((50.0, 50.0), "Maria 12", 14.0, faint)],
    ):
        opaque, blended = np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100, 3), np.uint8)
        paint(opaque, [shape._replace(color=Color(255, 255, 255)) for shape in drawn])
        paint(blended, drawn)
        assert opaque.any()
        # The half of the pixels that is painted on has coarser steps: an edge differs by up to 3 of 255.
        np.testing.assert_allclose(blended, opaque / 2, atol=3)


def test_shapes_of_one_translucent_color_are_one_area() -> None:
    image = gray(200)
    faint = Color(0, 0, 0, 0.5)
    paint(image, [Line((10, 10), (90, 90), 9, faint), Line((10, 90), (90, 10), 9, faint), Dot((50, 50), 12, faint)])
    assert image.min() == 100
    assert (image[50, 45:55] == 100).all()
    assert (image[:, 100:] == 200).all()
    assert (image[45:55, 10:30] == 200).all()


def test_visible_keypoints_have_dots_and_visible_limbs_lines() -> None:
    one = person()
    one.keypoints[9, 2] = 0.2
    drawn = shapes(poses(one), COCO, DrawStyle(ids=False, threshold=0.3), SIZE)
    dots = {shape.at for shape in drawn if isinstance(shape, Dot) and shape.color in SIDE_COLORS.values()}
    lines = {(shape.a, shape.b) for shape in drawn if isinstance(shape, Line) and shape.color in SIDE_COLORS.values()}
    positions = [(float(x), float(y)) for x, y, _ in one.keypoints]
    assert dots == {place for i, place in enumerate(positions) if i != 9}
    assert lines == {(positions[i], positions[j]) for i, j in COCO.limbs if 9 not in (i, j)}


def test_left_and_right_differ_with_color_blindness() -> None:
    left, right = (np.array(SIDE_COLORS[side][:3], dtype=float) / 255 for side in ("left", "right"))
    # Deuteranopia, Machado et al. 2009, severity 1.
    dim = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
    assert np.abs(dim @ left - dim @ right).max() > 0.4


def test_left_limb_has_the_left_color() -> None:
    one = person()
    drawn = shapes(poses(one), COCO, DrawStyle(ids=False), SIZE)
    elbow, wrist = (tuple(map(float, one.keypoints[i, :2])) for i in (7, 9))
    colors = [shape.color for shape in drawn if isinstance(shape, Line) and {shape.a, shape.b} == {elbow, wrist}]
    assert colors[-1] == SIDE_COLORS["left"]


def test_people_are_visible_on_any_background() -> None:
    for value in (0, 60, 128, 200, 255):
        out = painted(gray(value), poses(person()), COCO, DrawStyle())
        assert (np.abs(out.astype(int) - value).max(axis=2) > 60).sum() > 1000


def test_frame_itself_is_unchanged() -> None:
    image = gray()
    out = painted(image, poses(person()), COCO, DrawStyle(boxes=True, mirror=True))
    assert (image == 128).all()
    assert (out != 128).any()


def test_large_people_have_wider_lines() -> None:
    def widest(size: float) -> float:
        drawn = shapes(poses(person(size=size)), COCO, DrawStyle(ids=False), SIZE)
        return max(shape.width for shape in drawn if isinstance(shape, Line))

    assert widest(30.0) <= widest(120.0) < widest(350.0)
    assert widest(350.0) > 1.5 * widest(30.0)


def test_parts_can_be_switched_off() -> None:
    nothing = DrawStyle(skeleton=False, ids=False, boxes=False)
    assert shapes(poses(person()), COCO, nothing, SIZE) == []
    ids = shapes(poses(person(12)), COCO, DrawStyle(skeleton=False), SIZE)
    assert [shape.text for shape in ids if isinstance(shape, Text)] == ["12"]
    assert shapes(poses(person(0)), COCO, DrawStyle(skeleton=False), SIZE) == []  # no tracking, no id
    box = shapes(poses(person()), COCO, DrawStyle(skeleton=False, ids=False, boxes=True), SIZE)
    ends = [end for shape in box if isinstance(shape, Line) for end in (shape.a, shape.b)]
    assert {(100.0, 100.0), (400.0, 400.0)} <= set(ends)


def test_mirror_applies_to_frame_and_people_but_not_to_text() -> None:
    style = DrawStyle(mirror=True)
    image = gray()
    image[:, :50] = 255
    out = painted(image, poses(person()), COCO, style)
    assert out[470, 630].min() == 255
    drawn = shapes(poses(person()), COCO, style, SIZE)
    dots = {shape.at for shape in drawn if isinstance(shape, Dot)}
    assert (639.0 - float(person().keypoints[0, 0]), float(person().keypoints[0, 1])) in dots
    plain = painted(gray(), poses(person()), COCO, DrawStyle())
    assert not np.array_equal(painted(gray(), poses(person()), COCO, style), plain[:, ::-1])  # the id is not mirrored


def test_id_stays_inside_the_frame() -> None:
    one = person(888)
    one.box[:] = (-50, -80, 20, 100)
    (text,) = (shape for shape in shapes(poses(one), COCO, DrawStyle(), SIZE) if isinstance(shape, Text))
    assert 0 < text.at[0] < SIZE[0]
    assert text.height / 2 < text.at[1] < SIZE[1]
    assert painted(gray(), poses(one), COCO, DrawStyle()).shape == (480, 640, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e9])
def test_implausible_coordinates_are_not_drawn(value: float) -> None:
    one = person()
    one.keypoints[3, 0] = value
    one.box[1] = value
    out = painted(gray(), poses(one), COCO, DrawStyle(boxes=True))
    assert (out != 128).any()


def test_lower_alpha_makes_people_faint() -> None:
    sure = painted(gray(), poses(person()), COCO, DrawStyle(ids=False)).astype(int)
    faint = painted(gray(), poses(person()), COCO, DrawStyle(ids=False, alpha=0.45)).astype(int)
    assert 0.2 < np.abs(faint - 128).sum() / np.abs(sure - 128).sum() < 0.8


def test_people_outside_the_frame_are_not_drawn() -> None:
    one = person()
    one.keypoints[:, :2] += 2000
    one.box[:] += 2000
    drawn = painted(gray(), poses(one), COCO, DrawStyle(boxes=True, ids=False))
    assert (drawn == 128).all()


def test_the_mesh_of_a_face_is_drawn_as_contours_without_dots() -> None:
    skeleton = compose(COCO, False, "mesh").skeleton
    whole = person()
    mesh = np.random.default_rng(5).uniform(120, 180, (468, 2))
    points = np.concatenate([whole.keypoints, np.column_stack([mesh, np.full(468, 0.9)]).astype(np.float32)])
    drawn = shapes(poses(replace(whole, keypoints=points)), skeleton, DrawStyle(ids=False), SIZE)
    plain = shapes(poses(whole), COCO, DrawStyle(ids=False), SIZE)
    assert sum(isinstance(shape, Dot) for shape in drawn) == sum(isinstance(shape, Dot) for shape in plain)
    lines = sum(isinstance(shape, Line) for shape in drawn) - sum(isinstance(shape, Line) for shape in plain)
    assert lines == 2 * (len(skeleton.limbs) - len(COCO.limbs))  # each with its halo


def test_points_in_three_dimensions_are_mirrored_with_the_keypoints() -> None:
    """Row by row they still belong to the same keypoint: their x relative to the hips agrees with the picture's."""
    one = person()
    hips = one.keypoints[[11, 12], :2].mean(axis=0)
    points = np.concatenate([(one.keypoints[:, :2] - hips) / 100, np.full((17, 2), [3.0, 0.9])], axis=1)
    (turned,) = mirrored(poses(replace(one, points_3d=points.astype(np.float32))), SIZE[0]).people
    assert turned.points_3d is not None
    turned_hips = turned.keypoints[[11, 12], :2].mean(axis=0)
    np.testing.assert_allclose(turned.points_3d[:, :2], (turned.keypoints[:, :2] - turned_hips) / 100, atol=1e-4)
    np.testing.assert_array_equal(turned.points_3d[:, 2:], points[:, 2:].astype(np.float32))
    assert mirrored(poses(one), SIZE[0]).people[0].points_3d is None


@pytest.mark.parametrize("style", ["lines", "dots"])
@pytest.mark.parametrize("gap", [2.5, 6.0, 40.0])
def test_dots_of_a_face_do_not_touch(gap: float, style: Style) -> None:
    skeleton = load_skeleton("wholebody133")
    keypoints = np.zeros((133, 3), np.float32)
    at = np.arange(68)
    keypoints[23:91] = np.stack([100 + gap * (at % 10), 100 + gap * (at // 10), np.full(68, 0.9)], axis=1)
    somebody = Person(0, 0.9, np.array([50, 50, 450, 450], np.float32), keypoints)
    dots = [
        shape for shape in shapes(poses(somebody), skeleton, DrawStyle(style=style), SIZE) if isinstance(shape, Dot)
    ]
    halos, discs = dots[:68], dots[68:]
    assert len(discs) == 68
    assert all(2 * disc.radius < gap for disc in discs)
    assert all(disc.radius < halo.radius <= 2 * disc.radius for halo, disc in zip(halos, discs, strict=True))


def test_hands_of_a_whole_body_have_thinner_lines_than_its_arms() -> None:
    skeleton = load_skeleton("wholebody133")
    keypoints = np.zeros((133, 3), np.float32)
    arm, finger = skeleton.names.index("left_elbow"), skeleton.names.index("left_thumb3")
    for index, x in ((arm, 100), (arm + 2, 200), (finger, 210), (finger + 1, 216)):
        keypoints[index] = (x, 200, 0.9)
    somebody = Person(0, 0.9, np.array([50, 50, 450, 450], np.float32), keypoints)
    lines = [shape for shape in shapes(poses(somebody), skeleton, DrawStyle(), SIZE) if isinstance(shape, Line)]
    upper, thumb = (line.width for line in lines[2:])
    assert thumb < 0.5 * upper


@pytest.mark.parametrize("style", ["lines", "bones", "dots"])
@pytest.mark.parametrize("color", ["side", "person", "score"])
def test_dots_of_filled_keypoints_are_hollow(style: Style, color: Coloring) -> None:
    known = person()
    filled = replace(known, filled=np.arange(17) == 9)
    look = DrawStyle(style=style, color=color, scale=3, ids=False)
    before, after = (painted(gray(), poses(one), COCO, look).astype(int) for one in (known, filled))
    x, y = known.keypoints[9, :2].round().astype(int)
    assert before[y, x].max() > 150
    assert after[y, x].max() < 40
    rows, columns = np.nonzero((before != after).any(axis=2))
    assert np.hypot(rows - y, columns - x).max() < 16  # the dot keeps its rim, and nothing else changes
