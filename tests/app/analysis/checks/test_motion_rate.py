"""Frame rates for true motions, of which frames are left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.checks.finding import plain_name
from app.analysis.checks.motion_rate import MotionRate
from app.core.people import FramePoses
from app.evaluate.motions import Motion, film, load_motions
from tests.app.analysis.checks.bodies import SKELETON, THRESHOLD, frames, of_motion, standing


@pytest.fixture(scope="module")
def motions(shared: Path) -> dict[str, Motion]:
    return {motion.name: motion for motion in load_motions(shared / "mocap" / "cmu60.npz")}


def findings(poses: list[FramePoses]) -> list[str]:
    rate = MotionRate(SKELETON, THRESHOLD)
    for one in poses:
        rate.add(one)
    return [found.message for found in rate.findings([1], plain_name)]


@pytest.mark.parametrize("step", [1, 2])
def test_sixty_and_thirty_frames_a_second_are_enough_for_walking(motions: dict[str, Motion], step: int) -> None:
    assert findings(of_motion(film(motions["02_01"], "side"), step)) == []


def test_ten_frames_a_second_are_too_few_for_walking(motions: dict[str, Motion]) -> None:
    (sentence,) = findings(of_motion(film(motions["02_01"], "side"), 6))
    assert "at 10 frames per second. Record at 30 or more." in sentence


def test_a_keypoint_that_leaps_and_returns_is_no_movement() -> None:
    poses = [standing(320, 60, 380) for _ in range(120)]
    for pose in poses[::7]:
        pose[SKELETON.names.index("left_wrist"), :2] += 150
    assert findings(frames(poses)) == []


def test_only_the_last_seconds_count() -> None:
    rate = MotionRate(SKELETON, THRESHOLD, last_s=5)
    poses = [standing(320, 60, 380) for _ in range(400)]
    for index, pose in enumerate(poses[:60]):
        pose[SKELETON.names.index("right_ankle"), 0] += 300 * np.sin(index / 2)
    for one in frames(poses):
        rate.add(one)
        if one.index == 100:
            assert rate.findings([1], plain_name)
    assert rate.findings([1], plain_name) == []
