"""What is left of people in pictures with privacy: no face, or nothing but the skeletons."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.people import Floats, Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton, load_skeleton
from app.overlay import DrawStyle, painted
from app.overlay.faces import FaceArea, face_areas
from app.overlay.privacy import GROUND, NEAR_S, PrivacyFilter, hidden

COCO = load_skeleton("coco17")
HEAD = range(5)
RANDOM = np.random.default_rng(3)
NOISE: Image = RANDOM.integers(0, 256, (480, 640, 3), np.uint8)


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[tuple[Path, list[Person]]]:
    """Photos with their people, annotated by hand; of each person two points of the head are visible at least."""
    folder = shared / "data" / "coco-val-dev"
    notes = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    people: dict[int, list[Person]] = defaultdict(list)
    for note in notes["annotations"]:
        keypoints = np.array(note["keypoints"], np.float32).reshape(-1, 3)
        keypoints[:, 2] = np.where(keypoints[:, 2] == 2, 0.9, 0.0)
        if (keypoints[HEAD, 2] > 0).sum() >= 2 and not note["iscrowd"]:
            people[note["image_id"]].append(annotated(note, keypoints))
    return [(folder / "images" / one["file_name"], people[one["id"]]) for one in notes["images"] if people[one["id"]]]


def photo(path: Path) -> Image:
    read = cv2.imread(str(path))
    assert read is not None
    return np.asarray(read, np.uint8)


def annotated(note: dict[str, Any], keypoints: Floats) -> Person:
    x, y, width, height = note["bbox"]
    return Person(note["id"], 0.9, np.array([x, y, x + width, y + height], np.float32), keypoints)


def head_of(person: Person) -> Floats:
    """The visible points of the head (N, 2)."""
    return person.keypoints[HEAD][person.keypoints[HEAD, 2] > 0, :2]


def without(person: Person, *hidden_points: int) -> Person:
    """``person`` as a network that has not found these keypoints sees it."""
    keypoints = person.keypoints.copy()
    keypoints[list(hidden_points), 2] = 0.05
    return Person(person.id, person.score, person.box, keypoints)


def covered(points: Floats, areas: list[FaceArea]) -> int:
    """How many of ``points`` (N, 2) are in one of the areas."""
    inside = np.zeros(len(points), bool)
    for area in areas:
        offset = np.abs(points - (area.x, area.y)) / (area.half_width, area.half_height)
        inside |= np.hypot(*offset.T) <= 1 if area.is_round else (offset <= 1).all(axis=1)
    return int(inside.sum())


def detail(image: Image, points: Floats) -> float:
    """The fine structure of ``image`` around ``points`` (N, 2): the mean of its second derivative."""
    (left, top), (right, bottom) = points.min(axis=0).astype(int) - 2, points.max(axis=0).astype(int) + 3
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(np.abs(cv2.Laplacian(gray, cv2.CV_32F)[max(top, 0) : bottom, max(left, 0) : right]).mean())


def person(number: int, x: float, y: float, size: float = 200.0) -> Person:
    """Somebody who stands, seen from the front: ``size`` pixels high, with the nose at (x, y)."""
    at = [(0, 0), (2, -2), (-2, -2), (4, -1), (-4, -1), (11, 14), (-11, 14), (13, 30), (-13, 30), (13, 44), (-13, 44)]
    at += [(7, 44), (-7, 44), (7, 66), (-7, 66), (7, 88), (-7, 88)]
    keypoints = np.array([[x + dx * size / 100, y + dy * size / 100, 0.9] for dx, dy in at], np.float32)
    box = np.array([x - 0.15 * size, y - 0.1 * size, x + 0.15 * size, y + 0.95 * size], np.float32)
    return Person(number, 0.9, box, keypoints)


def frame(index: int, *people: Person) -> FramePoses:
    return FramePoses(index, index / 10, people)


@pytest.mark.parametrize(
    ("missing", "least"),
    [((), 1.0), (tuple(HEAD), 0.98), ((*HEAD, 11, 12), 0.98), (tuple(range(17)), 0.98), ((0, 1, 2, 3), 0.98)],
    ids=["all seen", "no head", "no head, no hips", "box only", "at most one ear"],
)
def test_points_of_faces_are_covered_on_photos(
    photos: list[tuple[Path, list[Person]]], missing: tuple[int, ...], least: float
) -> None:
    people = [one for _, found in photos for one in found]
    inside = sum(covered(head_of(one), face_areas(without(one, *missing), COCO)) for one in people)
    assert inside >= least * sum(len(head_of(one)) for one in people)


def test_no_detail_of_faces_is_left_on_photos(photos: list[tuple[Path, list[Person]]]) -> None:
    left = []
    for path, people in photos[:60]:
        image = photo(path)
        blurred = hidden(image, frame(0, *people), COCO, "faces")
        heads = [points for one in people if np.ptp(points := head_of(one), axis=0).max() >= 12]
        left += [detail(blurred, points) / detail(image, points) for points in heads if detail(image, points) > 2]
    assert len(left) > 50
    assert np.median(left) < 0.1
    assert max(left) < 0.35


def test_a_face_in_noise_becomes_smooth_and_the_rest_stays() -> None:
    one = person(1, 300, 150)
    (area,) = face_areas(one, COCO)
    blurred = hidden(NOISE, frame(0, one), COCO, "faces")
    assert detail(blurred, head_of(one)) < 0.05 * detail(NOISE, head_of(one))
    changed = np.argwhere((blurred != NOISE).any(axis=2))
    assert changed.min(axis=0) == pytest.approx([area.y - area.half_height, area.x - area.half_width], abs=6)
    assert changed.max(axis=0) == pytest.approx([area.y + area.half_height, area.x + area.half_width], abs=6)
    assert 13 < area.half_width < 26  # the head of a person of 200 pixels is 26 pixels high


@pytest.mark.parametrize("name", ["halpe26", "mpii16", "openpose18", "body25", "wholebody133", "face68"])
def test_every_skeleton_with_a_head_has_a_face(name: str) -> None:
    skeleton = load_skeleton(name)
    source = person(1, 300, 150)
    places = dict(zip(COCO.names, source.keypoints, strict=True))
    places |= {"head": [300, 130, 0.9], "head_top": [300, 130, 0.9], "upper_neck": [300, 168, 0.9]}
    places |= {f"face-{i}": [300 + 8 * np.cos(i), 150 + 10 * np.sin(i), 0.9] for i in range(68)}
    keypoints = np.array([places.get(one, [0, 0, 0.0]) for one in skeleton.names], np.float32)
    (area,) = face_areas(Person(1, 0.9, source.box, keypoints), skeleton)
    assert abs(area.x - 300) < 3
    assert abs(area.y - 150) < 8
    assert covered(head_of(source), [area]) == 5


def test_hands_have_no_face() -> None:
    hand = load_skeleton("hand21")
    keypoints = np.full((21, 3), 50, np.float32)
    assert face_areas(Person(1, 0.9, np.array([20, 20, 90, 90], np.float32), keypoints), hand) == []


@pytest.mark.parametrize("box", [[np.nan, 0, 1, 1], [0, 0, np.inf, 5], [1e9, 0, 2e9, 5]])
def test_broken_boxes_hide_nothing_and_break_nothing(box: list[float]) -> None:
    broken = Person(1, 0.9, np.array(box, np.float32), np.full((17, 3), np.nan, np.float32))
    assert (hidden(NOISE, frame(0, broken), COCO, "faces") == NOISE).all()


@pytest.mark.parametrize("at", [(5, 5), (638, 470), (-10, 200), (2000, 2000)])
def test_faces_beyond_the_border_are_blurred_up_to_it(at: tuple[float, float]) -> None:
    blurred = hidden(NOISE, frame(0, person(1, *at)), COCO, "faces")
    assert blurred.shape == NOISE.shape
    assert (blurred != NOISE).any() == (at[0] < 700)


@pytest.mark.parametrize("size", [50.0, 3000.0])
def test_people_of_every_size_are_blurred(size: float) -> None:
    one = person(1, 320, 240, size)
    assert detail(hidden(NOISE, frame(0, one), COCO, "faces"), head_of(one)) < 0.35 * detail(NOISE, head_of(one))


def test_a_face_not_found_is_blurred_where_it_was_and_where_it_will_be() -> None:
    before, after = frame(0, person(1, 200, 150)), frame(4, person(1, 280, 150))
    blurred = hidden(NOISE, frame(2), COCO, "faces", [before, after])
    for x in (200, 240, 280):
        points = head_of(person(1, x, 150))
        assert detail(blurred, points) < 0.05 * detail(NOISE, points)


@pytest.mark.parametrize("later", [True, False])
def test_who_enters_or_leaves_is_blurred_on_the_way(later: bool) -> None:
    walk = [frame(number, person(1, 200 + 20 * number, 150)) for number in range(8)]
    missing = 3 if later else 6
    near = walk[missing + 2 :] if later else walk[: missing - 1]
    points = head_of(walk[missing].people[0])
    blurred = hidden(NOISE, FramePoses(missing, missing / 10, ()), COCO, "faces", near)
    assert detail(blurred, points) < 0.1 * detail(NOISE, points)


def test_the_filter_forgets_after_half_a_second() -> None:
    keeper = PrivacyFilter(COCO, "faces")
    source = Frame(0, 0.0, NOISE)
    seen = frame(0, person(1, 300, 150))
    keeper.hide(source, seen)
    shown = [keeper.hide(source, FramePoses(n, n / 10, ())).image for n in range(1, 8)]
    assert [bool((image != NOISE).any()) for image in shown] == [n / 10 <= NEAR_S for n in range(1, 8)]


def test_later_frames_beyond_half_a_second_change_nothing() -> None:
    keeper = PrivacyFilter(COCO, "faces")
    far = frame(7, person(1, 300, 150))
    assert (keeper.hide(Frame(0, 0.0, NOISE), frame(0), [far]).image == NOISE).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_the_skeleton_alone_does_not_depend_on_the_picture(mirror: bool) -> None:
    other = RANDOM.integers(0, 256, NOISE.shape, np.uint8)
    style = DrawStyle(privacy="skeleton", mirror=mirror, trails=1.0)
    people = frame(0, person(1, 300, 150))
    first, second = (painted(image, people, COCO, style, [people]) for image in (NOISE, other))
    assert (first == second).all()
    assert (first[-1, -1] == GROUND).all()
    assert (first != GROUND).any()


def test_a_frame_whose_people_are_not_known_is_blurred_as_a_whole() -> None:
    unknown = FramePoses(0, 0.0, (), known=False)
    shown = hidden(NOISE, unknown, COCO, "faces")
    assert detail(shown, head_of(person(1, 500, 300))) < 0.05 * detail(NOISE, head_of(person(1, 500, 300)))
    assert hidden(NOISE, unknown, COCO, "off") is NOISE


def test_pictures_with_privacy_off_are_as_before() -> None:
    people = frame(0, person(1, 300, 150))
    assert hidden(NOISE, people, COCO, "off") is NOISE
    assert PrivacyFilter(COCO, "off").hide(Frame(0, 0.0, NOISE), people).image is NOISE


def test_the_source_picture_is_not_changed() -> None:
    copy = NOISE.copy()
    painted(NOISE, frame(0, person(1, 300, 150)), COCO, DrawStyle(privacy="faces"))
    assert (copy == NOISE).all()


def test_a_mirrored_picture_has_its_faces_blurred() -> None:
    style = DrawStyle(privacy="faces", mirror=True, skeleton=False, ids=False)
    drawn = painted(NOISE, frame(0, person(1, 100, 150)), COCO, style)
    straight = painted(
        NOISE, frame(0, person(1, 100, 150)), COCO, DrawStyle(privacy="faces", skeleton=False, ids=False)
    )
    assert (drawn == straight[:, ::-1]).all()


def unknown_skeleton() -> Skeleton:
    return Skeleton("points3", ("point_0", "point_1", "point_2"))


def test_keypoints_without_names_leave_the_upper_part_of_the_box() -> None:
    one = Person(1, 0.9, np.array([200, 100, 280, 300], np.float32), np.full((3, 3), 250, np.float32))
    (area,) = face_areas(one, unknown_skeleton())
    assert not area.is_round
    assert area.y - area.half_height < 100
    assert 160 < area.y + area.half_height < 200
