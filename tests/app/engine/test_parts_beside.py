"""Hands and faces in a thread of their own: frames in time wait for them, late ones have earlier ones, moved along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats, Frame
from app.engine.parts_beside import MAX_AGE_S, PartsBeside
from app.pose.found_parts import FoundParts

IMAGE = np.zeros((8, 8, 3), np.uint8)


class SlowFinder:
    """Finds one part of one point, 10 pixels right of keypoint 0, when ``may_answer`` is set; its score is the time."""

    stage = "hands"

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.started = threading.Semaphore(0)
        self.times: list[float] = []
        self.threads: set[str] = set()

    def places(self, poses: Floats) -> Floats:
        return poses[:, :1]

    def reset(self) -> None:
        pass

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        self.times.append(frame.time_s)
        self.threads.add(threading.current_thread().name)
        self.started.release()
        assert self.may_answer.wait(60)
        if frame.time_s < 0:
            raise StanceError("The network has failed.")
        keypoints = poses[:, :1, None] + np.array([10, 0, 0], np.float32)
        keypoints[..., 2] = 1 + frame.time_s
        return FoundParts(keypoints, None, np.ones((len(poses), 1), np.float32))


@pytest.fixture
def finder() -> SlowFinder:
    return SlowFinder()


@pytest.fixture
def late() -> threading.Event:
    """Set: the next frame is there."""
    return threading.Event()


@pytest.fixture
def beside(late: threading.Event, finder: SlowFinder) -> Iterator[PartsBeside]:
    made = PartsBeside(late.is_set)
    yield made
    finder.may_answer.set()
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name in finder.threads]


@pytest.fixture
def look(beside: PartsBeside, finder: SlowFinder) -> Callable[[float, float], tuple[float, float]]:
    """Gives the x of the part of a person at x, and the time of the frame in which it was found."""

    def found(time_s: float, x: float) -> tuple[float, float]:
        poses = np.array([[[x, 5, 0.9]]], np.float32)
        keypoints = beside.find(finder, Frame(0, time_s, IMAGE), [3], poses).keypoints
        assert keypoints.shape == (1, 1, 1, 3)
        return float(keypoints[0, 0, 0, 0]), float(keypoints[0, 0, 0, 2]) - 1

    return found


Look = Callable[[float, float], tuple[float, float]]


def test_a_frame_in_time_has_its_own_parts(look: Look, finder: SlowFinder) -> None:
    assert look(0.0, 100) == (110, 0.0)
    assert look(0.5, 200) == (210, 0.5)
    assert finder.times == [0.0, 0.5]
    assert threading.current_thread().name not in finder.threads


def test_a_late_frame_has_the_last_parts_moved_with_the_body(
    look: Look, finder: SlowFinder, late: threading.Event
) -> None:
    look(0.0, 100)
    late.set()
    finder.may_answer.clear()
    assert look(0.125, 130) == (140, 0.0)
    assert look(0.25, 150) == (160, 0.0)
    assert all(finder.started.acquire(timeout=60) for _ in range(2))
    assert finder.times == [0.0, 0.125]  # one search at a time
    late.clear()
    finder.may_answer.set()
    assert look(0.375, 170) == (180, 0.125)  # the search that was going on, whose frame has passed
    assert look(0.5, 180) == (190, 0.5)


def test_the_first_frame_waits_for_its_parts_even_if_it_is_late(look: Look, late: threading.Event) -> None:
    late.set()
    assert look(0.0, 100) == (110, 0.0)


def test_parts_that_are_too_old_are_lost_until_they_are_found_again(
    look: Look, finder: SlowFinder, late: threading.Event
) -> None:
    look(0.0, 100)
    late.set()
    finder.may_answer.clear()
    assert look(MAX_AGE_S, 120) == (130, 0.0)
    assert look(MAX_AGE_S + 0.125, 130) == (130, -1)  # at its place, with the score 0
    late.clear()
    finder.may_answer.set()
    assert look(1.0, 140) == (150, MAX_AGE_S)


def test_settling_waits_and_forgets(look: Look, finder: SlowFinder, late: threading.Event, beside: PartsBeside) -> None:
    look(0.0, 100)
    late.set()
    finder.may_answer.clear()
    look(0.125, 100)
    settled = threading.Thread(target=beside.settle)
    settled.start()
    finder.may_answer.set()
    settled.join(60)
    assert look(0.25, 100) == (110, 0.25)


def test_a_network_that_fails_ends_the_next_frame_with_its_sentence(look: Look) -> None:
    with pytest.raises(StanceError, match="has failed"):
        look(-1.0, 100)
