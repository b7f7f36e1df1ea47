"""Hands and faces of live frames: after a search that ends late, the next two have the same ones, moved along."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from app.core.people import Floats, Frame
from app.pose.found_parts import FoundParts
from app.pose.parts_in_turn import MAX_AGE_S, PartsInTurn

IMAGE = np.zeros((8, 8, 3), np.uint8)


class Finder:
    """Finds one part of one point, 10 pixels right of keypoint 0; its score is 1 more than the time of the frame."""

    def __init__(self, stage: str = "hands") -> None:
        self.stage = stage
        self.times: list[float] = []

    def places(self, poses: Floats) -> Floats:
        return poses[:, :1]

    def reset(self) -> None:
        pass

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        self.times.append(frame.time_s)
        keypoints = poses[:, :1, None] + np.array([10, 0, 0], np.float32)
        keypoints[..., 2] = 1 + frame.time_s
        return FoundParts(keypoints, None, np.ones((len(poses), 1), np.float32))


@pytest.fixture
def late() -> set[bool]:
    """Not empty: the next frame is there."""
    return set()


@pytest.fixture
def runner(late: set[bool]) -> PartsInTurn:
    return PartsInTurn(lambda: bool(late))


@pytest.fixture
def finder() -> Finder:
    return Finder()


Look = Callable[[float, float], tuple[float, float]]


@pytest.fixture
def look(runner: PartsInTurn, finder: Finder) -> Look:
    """Gives the x of the part of a person at x, and the time of the frame in which it was found."""

    def found(time_s: float, x: float) -> tuple[float, float]:
        poses = np.array([[[x, 5, 0.9]]], np.float32)
        keypoints = runner.find(finder, Frame(0, time_s, IMAGE), [3], poses).keypoints
        assert keypoints.shape == (1, 1, 1, 3)
        return float(keypoints[0, 0, 0, 0]), float(keypoints[0, 0, 0, 2]) - 1

    return found


def test_frames_have_their_own_parts_while_searches_end_in_time(look: Look, finder: Finder) -> None:
    assert [look(0.0, 100), look(0.125, 200)] == [(110, 0.0), (210, 0.125)]
    assert finder.times == [0.0, 0.125]


def test_after_a_late_search_two_frames_have_its_parts_moved_with_the_body(
    look: Look, finder: Finder, late: set[bool]
) -> None:
    late.add(True)
    assert [look(0.0, 100), look(0.0625, 130), look(0.125, 140)] == [(110, 0.0), (140, 0.0), (150, 0.0)]
    assert [look(0.25, 150), look(0.3125, 120), look(0.375, 110)] == [(160, 0.25), (130, 0.25), (120, 0.25)]
    late.clear()
    assert [look(0.5, 120), look(0.625, 110)] == [(130, 0.5), (120, 0.625)]
    assert finder.times == [0.0, 0.25, 0.5, 0.625]


def test_parts_that_are_too_old_are_not_carried(look: Look, late: set[bool]) -> None:
    late.add(True)
    assert [look(0.0, 100), look(MAX_AGE_S, 120)] == [(110, 0.0), (130, 0.0)]
    assert [look(1.0, 100), look(1.125 + MAX_AGE_S, 120)] == [(110, 1.0), (130, 1.125 + MAX_AGE_S)]


def test_hands_and_faces_are_carried_apart(look: Look, runner: PartsInTurn, late: set[bool]) -> None:
    late.add(True)
    face = Finder("face")
    look(0.0, 100)
    runner.find(face, Frame(0, 0.0, IMAGE), [3], np.array([[[50, 5, 0.9]]], np.float32))
    assert look(0.125, 130) == (140, 0.0)
    carried = runner.find(face, Frame(1, 0.125, IMAGE), [3], np.array([[[60, 5, 0.9]]], np.float32))
    assert carried.keypoints[0, 0, 0, 0] == 70
    assert face.times == [0.0]


def test_nothing_is_carried_after_a_reset(look: Look, runner: PartsInTurn, late: set[bool]) -> None:
    late.add(True)
    look(0.0, 100)
    runner.forget()
    assert look(0.125, 130) == (140, 0.125)
