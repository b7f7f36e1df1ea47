"""Feet and hands outside the picture, and people who are too small."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.checks.finding import plain_name
from app.analysis.checks.framing import check_framing
from app.core.people import Floats
from tests.app.analysis.checks.bodies import SIZE, SKELETON, THRESHOLD, standing, track

MOMENTS = np.linspace(0, 1, 90)


def kinds(poses: list[Floats]) -> dict[str, str]:
    return {found.kind: found.message for found in check_framing([track(poses)], SIZE, THRESHOLD, plain_name)}


def test_a_whole_person_is_no_fault() -> None:
    assert kinds([standing(320, 60, 380) for _ in MOMENTS]) == {}


def test_feet_below_the_picture_are_told() -> None:
    found = kinds([standing(320, 130, 380) for _ in MOMENTS])
    assert found.keys() == {"feet"}
    assert "feet are outside the picture for 100 % of the time" in found["feet"]


def test_feet_that_are_not_seen_below_the_edge_are_told() -> None:
    pose = standing(320, 130, 380)
    pose[:, 1] = np.minimum(pose[:, 1], 479)
    for part in ("ankle", "heel", "big_toe", "small_toe"):
        for side in ("left", "right"):
            pose[SKELETON.names.index(f"{side}_{part}"), 1:] = 300, 0.1
    pose[SKELETON.names.index("left_knee"), 1] = 479
    assert kinds([pose for _ in MOMENTS]).keys() == {"feet"}


def test_hands_above_the_picture_are_told_even_for_a_short_time() -> None:
    poses = [standing(320, 60, 380) for _ in MOMENTS]
    for pose in poses[30:60]:
        pose[SKELETON.names.index("left_wrist"), 1] = -15
    assert kinds(poses).keys() == {"hands"}


def test_walking_into_the_picture_and_out_of_it_is_no_fault() -> None:
    assert kinds([standing(-60 + 760 * at, 60, 380) for at in MOMENTS]) == {}


def test_standing_at_the_edge_is_told() -> None:
    poses = [standing(610 if 0.3 < at < 0.7 else 500, 60, 380) for at in MOMENTS]
    assert kinds(poses).keys() == {"feet", "hands"}


@pytest.mark.parametrize(("height", "small"), [(150, True), (190, True), (230, False)])
def test_small_people_are_told_with_their_height(height: int, small: bool) -> None:
    found = kinds([standing(320, 60, height) for _ in MOMENTS])
    assert found.keys() == ({"small"} if small else set())


def test_a_person_who_lies_is_not_small() -> None:
    upright = standing(0, 0, 380)
    lying = np.stack([100 + upright[:, 1], 300 + upright[:, 0], upright[:, 2]], axis=1)
    assert kinds([lying for _ in MOMENTS]) == {}
