"""Limbs that the body hides."""

from __future__ import annotations

from app.analysis.checks.finding import plain_name
from app.analysis.checks.hidden_side import check_hidden
from tests.app.analysis.checks.bodies import SKELETON, THRESHOLD, standing, track


def sentences(hidden: tuple[str, ...], share: float) -> list[str]:
    poses = [standing(320, 60, 380) for _ in range(90)]
    for pose in poses[: round(share * len(poses))]:
        for name in hidden:
            pose[SKELETON.names.index(name), 2] = 0.1
    return [found.message for found in check_hidden([track(poses)], THRESHOLD, plain_name)]


def test_a_hidden_arm_is_told() -> None:
    (sentence,) = sentences(("left_wrist",), 0.5)
    assert sentence.startswith("Person 1: the left arm is hidden for 5")


def test_a_limb_that_is_hidden_for_a_moment_is_no_fault() -> None:
    assert sentences(("left_wrist", "left_elbow"), 0.15) == []


def test_legs_that_are_both_unseen_are_not_on_the_far_side() -> None:
    assert sentences(("left_ankle", "right_ankle"), 1.0) == []
