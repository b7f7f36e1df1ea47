from __future__ import annotations

import numpy as np
import pytest

from app.overlay import SIDE_INKS, Dot, Ink, Line, Look, Text, paint, painted, shapes
from app.people import FramePoses, Image, Person
from app.skeleton import load_skeleton

COCO = load_skeleton("coco17")
SIZE = (640, 480)


def person(number: int = 1, score: float = 0.9, size: float = 300.0, state: str = "estimated") -> Person:
    """Someone spread over a square of ``size`` pixels, every keypoint at a place of its own."""
    places = np.random.default_rng(4).uniform(0, size, (17, 2)) + 100
    keypoints = np.concatenate([places, np.full((17, 1), score)], axis=1).astype(np.float32)
    return Person(number, 0.9, np.array([100, 100, 100 + size, 100 + size], np.float32), keypoints, state)  # type: ignore[arg-type]


def poses(*people: Person) -> FramePoses:
    return FramePoses(0, 0.0, people)


def grey(value: int = 128) -> Image:
    return np.full((SIZE[1], SIZE[0], 3), value, dtype=np.uint8)


def centroid(image: Image) -> tuple[float, float]:
    """The middle of what differs from black, in pixels whose centres are integers."""
    weight = image.max(axis=2).astype(float)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.mark.parametrize("at", [(50.0, 40.0), (50.5, 40.25), (50.9, 40.1), (33.3, 66.7)])
@pytest.mark.parametrize("radius", [1.2, 2.4, 6.0])
def test_a_dot_sits_on_its_keypoint_to_a_fraction_of_a_pixel(at: tuple[float, float], radius: float) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Dot(at, radius, Ink(255, 255, 255))])
    assert centroid(image) == pytest.approx(at, abs=0.1)
    assert (image[..., 0].sum() / 255 / np.pi) ** 0.5 == pytest.approx(radius, abs=0.3)


@pytest.mark.parametrize("width", [1.5, 2.0, 3.7, 8.0])
def test_a_line_lies_on_its_ends_and_is_as_wide_as_it_says(width: float) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Line((20.5, 50.3), (80.5, 50.3), width, Ink(255, 255, 255))])
    assert centroid(image) == pytest.approx((50.5, 50.3), abs=0.15)
    assert image[:, 50, 0].sum() / 255 == pytest.approx(width, abs=0.7)


@pytest.mark.parametrize("dots", [[], [Dot((60.0, 50.0), 2.0, Ink(255, 255, 255))]])
def test_a_line_ends_round_where_no_dot_hides_its_end(dots: list[Dot]) -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    paint(image, [Line((30.0, 50.0), (60.0, 50.0), 16.0, Ink(255, 255, 255)), *dots])
    assert image[50, 66].min() == image[50, 24].min() == 255
    assert image[43, 67].max() == image[57, 23].max() == 0


def test_shapes_of_one_faint_ink_are_one_area_and_leave_the_rest_alone() -> None:
    image = grey(200)
    faint = Ink(0, 0, 0, 0.5)
    paint(image, [Line((10, 10), (90, 90), 9, faint), Line((10, 90), (90, 10), 9, faint), Dot((50, 50), 12, faint)])
    assert image.min() == 100
    assert (image[50, 45:55] == 100).all()
    assert (image[:, 100:] == 200).all()
    assert (image[45:55, 10:30] == 200).all()


def test_every_seen_keypoint_has_its_dot_and_every_seen_limb_its_line() -> None:
    one = person()
    one.keypoints[9, 2] = 0.2
    drawn = shapes(poses(one), COCO, Look(ids=False, threshold=0.3), SIZE)
    dots = {shape.at for shape in drawn if isinstance(shape, Dot) and shape.ink in SIDE_INKS.values()}
    lines = {(shape.a, shape.b) for shape in drawn if isinstance(shape, Line) and shape.ink in SIDE_INKS.values()}
    places = [(float(x), float(y)) for x, y, _ in one.keypoints]
    assert dots == {place for i, place in enumerate(places) if i != 9}
    assert lines == {(places[i], places[j]) for i, j in COCO.limbs if 9 not in (i, j)}


def test_left_and_right_differ_for_colour_blind_eyes_too() -> None:
    left, right = (np.array(SIDE_INKS[side][:3], dtype=float) / 255 for side in ("left", "right"))
    # Deuteranopia, Machado et al. 2009, severity 1.
    dim = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
    assert np.abs(dim @ left - dim @ right).max() > 0.4


def test_a_left_limb_has_the_left_colour() -> None:
    one = person()
    drawn = shapes(poses(one), COCO, Look(ids=False), SIZE)
    elbow, wrist = (tuple(map(float, one.keypoints[i, :2])) for i in (7, 9))
    inks = [shape.ink for shape in drawn if isinstance(shape, Line) and {shape.a, shape.b} == {elbow, wrist}]
    assert inks[-1] == SIDE_INKS["left"]


def test_what_is_drawn_is_seen_on_any_background() -> None:
    for value in (0, 60, 128, 200, 255):
        out = painted(grey(value), poses(person()), COCO, Look())
        assert (np.abs(out.astype(int) - value).max(axis=2) > 60).sum() > 1000


def test_the_frame_itself_is_left_alone() -> None:
    image = grey()
    out = painted(image, poses(person()), COCO, Look(boxes=True, mirror=True))
    assert (image == 128).all()
    assert (out != 128).any()


def test_large_people_get_broader_lines_than_small_ones() -> None:
    def broadest(size: float) -> float:
        drawn = shapes(poses(person(size=size)), COCO, Look(ids=False), SIZE)
        return max(shape.width for shape in drawn if isinstance(shape, Line))

    assert broadest(30.0) <= broadest(120.0) < broadest(350.0)
    assert broadest(350.0) > 1.5 * broadest(30.0)


def test_the_switches_switch() -> None:
    nothing = Look(skeleton=False, ids=False, boxes=False)
    assert shapes(poses(person()), COCO, nothing, SIZE) == []
    ids = shapes(poses(person(12)), COCO, Look(skeleton=False), SIZE)
    assert [shape.text for shape in ids if isinstance(shape, Text)] == ["12"]
    assert shapes(poses(person(0)), COCO, Look(skeleton=False), SIZE) == []  # nothing tracks: no id
    box = shapes(poses(person()), COCO, Look(skeleton=False, ids=False, boxes=True), SIZE)
    ends = [end for shape in box if isinstance(shape, Line) for end in (shape.a, shape.b)]
    assert {(100.0, 100.0), (400.0, 400.0)} <= set(ends)


def test_a_mirror_turns_the_picture_and_the_people_but_not_the_text() -> None:
    look = Look(mirror=True)
    image = grey()
    image[:, :50] = 255
    out = painted(image, poses(person()), COCO, look)
    assert out[470, 630].min() == 255
    drawn = shapes(poses(person()), COCO, look, SIZE)
    dots = {shape.at for shape in drawn if isinstance(shape, Dot)}
    assert (639.0 - float(person().keypoints[0, 0]), float(person().keypoints[0, 1])) in dots
    plain = painted(grey(), poses(person()), COCO, Look())
    assert not np.array_equal(painted(grey(), poses(person()), COCO, look), plain[:, ::-1])  # the id reads as ever


def test_an_id_stays_inside_the_picture() -> None:
    one = person(888)
    one.box[:] = (-50, -80, 20, 100)
    (text,) = (shape for shape in shapes(poses(one), COCO, Look(), SIZE) if isinstance(shape, Text))
    assert 0 < text.at[0] < SIZE[0]
    assert text.height / 2 < text.at[1] < SIZE[1]
    assert painted(grey(), poses(one), COCO, Look()).shape == (480, 640, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e9])
def test_numbers_that_are_no_places_are_not_drawn(value: float) -> None:
    one = person()
    one.keypoints[3, 0] = value
    one.box[1] = value
    out = painted(grey(), poses(one), COCO, Look(boxes=True))
    assert (out != 128).any()


def test_less_cover_makes_people_faint() -> None:
    sure = painted(grey(), poses(person()), COCO, Look(ids=False)).astype(int)
    faint = painted(grey(), poses(person()), COCO, Look(ids=False, cover=0.45)).astype(int)
    assert 0.2 < np.abs(faint - 128).sum() / np.abs(sure - 128).sum() < 0.8


def test_people_outside_the_picture_do_no_harm() -> None:
    one = person()
    one.keypoints[:, :2] += 2000
    one.box[:] += 2000
    drawn = painted(grey(), poses(one), COCO, Look(boxes=True, ids=False))
    assert (drawn == 128).all()
