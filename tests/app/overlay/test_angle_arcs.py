"""Arcs of angles begin where the angle would be zero, end at the limb, and span the angle."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from app.analysis.angles import ANGLES, angle_names, angles
from app.core.people import FramePoses, Image, Person
from app.core.skeleton import load_skeleton
from app.evaluate.motion_angles import FEET, facing_by_feet
from app.overlay import DrawStyle, Marks, marks_over, mirrored, painted
from app.overlay.angle_arcs import AngleGeometry, geometry
from app.overlay.angle_readout import Reading
from app.overlay.label import LINE_HEIGHT, Label
from tests.conftest import GOLDEN

HALPE = load_skeleton("halpe26")
SIZE = (1300, 900)
ENDS = {
    "ankle": (("heel", "big_toe"), None),
    "knee": (("hip", "knee"), ("knee", "ankle")),
    "hip": (("neck", "hip of the body"), ("hip", "knee")),
    "shoulder": (("neck", "hip of the body"), ("shoulder", "elbow")),
    "elbow": (("shoulder", "elbow"), ("elbow", "wrist")),
    "foot": (None, ("heel", "big_toe")),
    "shank": (None, ("knee", "ankle")),
    "thigh": (None, ("hip", "knee")),
    "arm": (None, ("shoulder", "elbow")),
    "forearm": (None, ("elbow", "wrist")),
}
"""Where the arc of each angle begins and ends: the directions from one keypoint to another; None: the horizontal, and
for an ankle a right angle to the shank."""


def walk() -> list[tuple[Person, dict[str, float], int]]:
    """People whose angles Sports2D has measured, with these angles, and the side that they face."""
    golden = np.load(GOLDEN / "sports2d" / "halpe26.npz")
    facing = facing_by_feet(golden["keypoints"], HALPE)
    feet = [HALPE.names.index(one) for one in FEET]  # without them Sports2D takes the person as facing left
    found = []
    for keypoints, degrees, side in zip(golden["keypoints"][::2], golden["degrees"][::2], facing[::2], strict=True):
        at = keypoints[keypoints[:, 2] >= 0.3, :2]
        if side and (keypoints[feet, 2] >= 0.3).all():
            box = np.array([*at.min(axis=0), *at.max(axis=0)], np.float32)
            known = zip(golden["names"].tolist(), degrees.tolist(), strict=True)
            found.append((Person(1, 0.9, box, keypoints), dict(known), int(side)))
    return found


def at(person: Person, name: str, side: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    known = name if name == "neck" else "hip" if name == "hip of the body" else f"{side}_{name}"
    return person.keypoints[HALPE.names.index(known), :2].astype(np.float64)


def between(first: float, second: float) -> float:
    """The angle between two directions in degrees."""
    return abs((first - second + 180) % 360 - 180)


def direction(person: Person, pair: tuple[str, str], side: str) -> float:
    x, y = at(person, pair[1], side) - at(person, pair[0], side)
    return float(np.degrees(np.arctan2(y, x)))


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("part", ENDS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_arc_spans_the_angle_of_sports2d_and_ends_at_the_limb(side: str, part: str, mirror: bool) -> None:
    name, compared = f"{side} {part}", 0
    start, end = ENDS[part]
    for person, degrees, facing in walk():
        shown = mirrored(FramePoses(0, 0.0, (person,)), SIZE[0]).people[0] if mirror else person
        value = degrees[name]
        drawn = geometry(Reading(name, value, 0, facing), shown, HALPE, DrawStyle(mirror=mirror))
        if not np.isfinite(value) or drawn is None:
            continue
        compared += 1
        forward = 0.0 if (facing > 0) != mirror else 180.0
        begins = direction(shown, start, side) if start else forward
        if part == "ankle":
            shank = direction(shown, ("knee", "ankle"), side)
            ends = min((shank + 90, shank - 90), key=lambda turn: between(turn, forward))
        else:
            assert end is not None
            ends = direction(shown, end, side)
        assert between(drawn.start, begins) < 0.1
        assert between(drawn.start + drawn.sweep, ends) < 0.1
        assert abs(drawn.sweep) == pytest.approx(abs(value), abs=0.1)
    assert compared > 10


@pytest.mark.parametrize("name", ["pelvis", "shoulders", "trunk", "head"])
def test_arcs_of_the_trunk_end_at_its_line(name: str) -> None:
    (first, last), compared = ANGLES[name].arm, 0
    for person, degrees, facing in walk():
        drawn = geometry(Reading(name, degrees[name], 0, facing), person, HALPE, DrawStyle())
        if drawn is not None and np.isfinite(degrees[name]):
            rows = [person.keypoints[HALPE.names.index(end), :2].astype(np.float64) for end in (first, last)]
            x, y = rows[1] - rows[0]
            off = between(drawn.start + drawn.sweep, float(np.degrees(np.arctan2(y, x))))
            assert min(off, 180 - off if ANGLES[name].period == 180 else off) < 0.1
            compared += 1
    assert compared > 10


def test_an_angle_with_an_unseen_keypoint_has_no_arc() -> None:
    person, _, facing = walk()[0]
    keypoints = person.keypoints.copy()
    keypoints[HALPE.names.index("right_ankle"), 2] = 0.29
    hidden = replace(person, keypoints=keypoints)
    assert geometry(Reading("right knee", 30.0, 30, facing), hidden, HALPE, DrawStyle()) is None
    assert geometry(Reading("left knee", 30.0, 30, facing), hidden, HALPE, DrawStyle()) is not None


def seated(mirror: bool) -> tuple[Image, AngleGeometry]:
    """A person drawn alone with the angle of the right knee on gray, and the arc's geometry."""
    person, _, facing = walk()[0]
    value = angles(person.keypoints[None], HALPE, ("right knee",), np.array([facing], np.int8))[0, 0]
    reading = Reading("right knee", float(value), round(float(value)), facing)
    style = DrawStyle(skeleton=False, ids=False, mirror=mirror, marks=Marks(angles=("right knee",)))
    poses = FramePoses(0, 0.0, (person,))
    image = painted(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8), poses, HALPE, style, readings={1: (reading,)})
    shown = mirrored(poses, SIZE[0]).people[0] if mirror else person
    drawn = geometry(reading, shown, HALPE, style)
    assert drawn is not None
    return image, drawn


def test_the_picture_of_a_mirrored_angle_is_mirrored_but_its_text_is_not() -> None:
    plain, there = seated(False)
    flipped, here = seated(True)
    x, y = there.vertex
    assert here.vertex == pytest.approx((SIZE[0] - 1 - x, y))
    text, mirrored_text = (_value(image) for image in (plain, flipped))
    assert text.shape == mirrored_text.shape
    assert np.abs(text.astype(int) - mirrored_text).max() < 40
    assert np.abs(text.astype(int) - mirrored_text[:, ::-1]).max() > 100
    back = flipped[:, ::-1]
    around = (slice(round(y) - 12, round(y) + 12), slice(round(x) - 12, round(x) + 12))
    assert (plain[around] != 128).any()
    assert np.abs(plain[around].astype(int) - back[around]).mean() < 12


def _value(image: Image) -> Image:
    """The part of the picture with the dark text of the value."""
    dark = np.argwhere(image.max(axis=2) < 60)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    return image[top : bottom + 1, left : right + 1]


def test_values_of_joints_close_together_do_not_cover_each_other() -> None:
    names = tuple(name for name in angle_names(HALPE) if name.split()[-1] in ("knee", "hip", "ankle", "shoulder"))
    style = DrawStyle(marks=Marks(angles=names))
    compared = 0
    for person, degrees, facing in walk():
        readings = tuple(Reading(name, degrees[name], 0, facing) for name in names if np.isfinite(degrees[name]))
        over = marks_over(FramePoses(0, 0.0, (person,)), HALPE, style, SIZE, {1: readings})
        labels = [part for part in over if isinstance(part, Label)]
        for first, second in pairwise(labels):
            near_x = abs(first.at[0] - second.at[0]) < first.half_width + second.half_width
            assert not (near_x and abs(first.at[1] - second.at[1]) < 0.9 * LINE_HEIGHT * first.height)
            compared += 1
    assert compared > 50


def test_every_angle_that_a_skeleton_has_can_be_drawn() -> None:
    for skeleton in ("halpe26", "wholebody133", "coco17", "body25"):
        known = load_skeleton(skeleton)
        generator = np.random.default_rng(1)
        rows = np.concatenate([generator.uniform(50, 400, (len(known.names), 2)), np.ones((len(known.names), 1))], 1)
        person = Person(1, 1.0, np.array([50, 50, 400, 400], np.float32), rows.astype(np.float32))
        for facing in (-1, 0, 1):
            for name in angle_names(known):
                assert geometry(Reading(name, 20.0, 20, facing), person, known, DrawStyle()) is not None
