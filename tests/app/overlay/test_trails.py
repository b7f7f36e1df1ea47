"""A trail goes where the hand was, and ends where time does not go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.overlay import Line, Look, Past, painted, shapes
from app.people import FramePoses
from app.skeleton import Skeleton
from tests.app.test_overlay import COCO, SIZE, grey, person

WRIST = COCO.names.index("left_wrist")
TRAILING = Look(skeleton=False, ids=False, trails=1.0)


def at(time_s: float, number: int = 1) -> FramePoses:
    """A frame in which the left wrist is at (100 t, 50)."""
    one = person(number)
    one.keypoints[WRIST, :2] = (100 * time_s, 50)
    return FramePoses(round(time_s * 10), time_s, (one,))


def walked(*times_s: float) -> Past:
    past = Past()
    for time_s in times_s:
        past.add(at(time_s))
    return past


def wrist_lines(past: Past, look: Look = TRAILING) -> list[Line]:
    drawn = shapes(past.frames[-1], COCO, look, SIZE, past.frames)
    return [shape for shape in drawn if isinstance(shape, Line) and shape.a[1] == shape.b[1] == 50]


def test_a_trail_is_the_way_of_the_last_second_and_fades() -> None:
    lines = wrist_lines(walked(*np.arange(0, 2.05, 0.1).round(1)))
    assert min(line.a[0] for line in lines) == pytest.approx(100, abs=1)
    assert max(line.b[0] for line in lines) == pytest.approx(200, abs=1)
    covers = [line.ink.cover for line in sorted(lines, key=lambda line: line.a[0])]
    assert covers == sorted(covers)
    assert covers[0] < 0.3 * covers[-1]


def test_there_is_none_unless_it_is_wanted() -> None:
    past = walked(0.0, 0.1, 0.2)
    assert shapes(past.frames[-1], COCO, Look(skeleton=False, ids=False), SIZE, past.frames) == []
    assert wrist_lines(past)


def test_a_step_back_in_time_or_a_leap_begins_anew() -> None:
    assert wrist_lines(walked(1.0, 1.1, 0.5)) == []
    assert wrist_lines(walked(1.0, 1.1, 9.0)) == []
    assert len(walked(*(i / 10 for i in range(200))).frames) < 60


def test_the_same_frame_again_takes_its_own_place() -> None:
    assert len(wrist_lines(walked(1.0, 1.1, 1.1, 1.1))) == 1


def test_somebody_else_leaves_another_trail_and_nobody_in_doubt_any() -> None:
    past = Past()
    past.add(at(1.0, number=1))
    past.add(at(1.1, number=2))
    assert wrist_lines(past) == []
    unseen = walked(1.0, 1.1, 1.2)
    unseen.frames[1].people[0].keypoints[WRIST, 2] = 0.1
    assert wrist_lines(unseen) == []


def test_the_mirror_turns_it_too() -> None:
    past = walked(1.0, 1.1, 1.2)
    plain = [line.b[0] for line in wrist_lines(past)]
    turned = [639 - line.b[0] for line in wrist_lines(past, replace(TRAILING, mirror=True))]
    assert turned == pytest.approx(plain, abs=1e-3)


def test_whoever_has_no_hands_is_followed_by_the_middle() -> None:
    past = walked(1.0, 1.1)
    past.frames[1].people[0].box[:] += 10
    bare = Skeleton(name="bare", names=tuple(f"point_{i}" for i in range(17)))
    (line,) = shapes(past.frames[1], bare, TRAILING, SIZE, past.frames)
    assert isinstance(line, Line)
    assert (line.a, line.b) == ((250, 250), (260, 260))


def test_it_is_painted_into_files_too() -> None:
    past = walked(1.0, 1.1, 1.2)
    out = painted(grey(), past.frames[-1], COCO, TRAILING, past.frames)
    assert (out[50, 102:118] != 128).any(axis=-1).all()
    assert (out[50, 140:200] == 128).all()
