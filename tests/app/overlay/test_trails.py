"""A trail follows the wrist, and ends at a jump in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.core.people import FramePoses
from app.core.skeleton import Skeleton
from app.overlay import DrawStyle, Line, PoseHistory, painted, shapes
from tests.app.overlay.test_overlay import COCO, SIZE, gray, person

WRIST = COCO.names.index("left_wrist")
STYLE = DrawStyle(skeleton=False, ids=False, trails=1.0)


def at(time_s: float, number: int = 1) -> FramePoses:
    """A frame in which the left wrist is at (100 t, 50)."""
    one = person(number)
    one.keypoints[WRIST, :2] = (100 * time_s, 50)
    return FramePoses(round(time_s * 10), time_s, (one,))


def history_of(*times_s: float) -> PoseHistory:
    history = PoseHistory()
    for time_s in times_s:
        history.add(at(time_s))
    return history


def wrist_lines(history: PoseHistory, style: DrawStyle = STYLE) -> list[Line]:
    drawn = shapes(history.frames[-1], COCO, style, SIZE, history.frames)
    return [shape for shape in drawn if isinstance(shape, Line) and shape.a[1] == shape.b[1] == 50]


def test_trail_shows_the_last_second_and_fades() -> None:
    lines = wrist_lines(history_of(*np.arange(0, 2.05, 0.1).round(1)))
    assert min(line.a[0] for line in lines) == pytest.approx(100, abs=1)
    assert max(line.b[0] for line in lines) == pytest.approx(200, abs=1)
    covers = [line.color.alpha for line in sorted(lines, key=lambda line: line.a[0])]
    assert covers == sorted(covers)
    assert covers[0] < 0.3 * covers[-1]


def test_trails_are_off_by_default() -> None:
    history = history_of(0.0, 0.1, 0.2)
    assert shapes(history.frames[-1], COCO, DrawStyle(skeleton=False, ids=False), SIZE, history.frames) == []
    assert wrist_lines(history)


def test_jump_in_time_clears_the_trail() -> None:
    assert wrist_lines(history_of(1.0, 1.1, 0.5)) == []
    assert wrist_lines(history_of(1.0, 1.1, 9.0)) == []
    assert len(history_of(*(i / 10 for i in range(200))).frames) < 60


def test_repeated_frame_replaces_itself() -> None:
    assert len(wrist_lines(history_of(1.0, 1.1, 1.1, 1.1))) == 1


def test_trails_need_the_same_person_and_visible_keypoints() -> None:
    history = PoseHistory()
    history.add(at(1.0, number=1))
    history.add(at(1.1, number=2))
    assert wrist_lines(history) == []
    unseen = history_of(1.0, 1.1, 1.2)
    unseen.frames[1].people[0].keypoints[WRIST, 2] = 0.1
    assert wrist_lines(unseen) == []


def test_trails_are_mirrored() -> None:
    history = history_of(1.0, 1.1, 1.2)
    plain = [line.b[0] for line in wrist_lines(history)]
    turned = [639 - line.b[0] for line in wrist_lines(history, replace(STYLE, mirror=True))]
    assert turned == pytest.approx(plain, abs=1e-3)


def test_skeleton_without_wrists_has_a_trail_of_the_box_center() -> None:
    history = history_of(1.0, 1.1)
    history.frames[1].people[0].box[:] += 10
    bare = Skeleton(name="bare", names=tuple(f"point_{i}" for i in range(17)))
    (line,) = shapes(history.frames[1], bare, STYLE, SIZE, history.frames)
    assert isinstance(line, Line)
    assert (line.a, line.b) == ((250, 250), (260, 260))


def test_trails_are_painted_on_images() -> None:
    history = history_of(1.0, 1.1, 1.2)
    out = painted(gray(), history.frames[-1], COCO, STYLE, history.frames)
    assert (out[50, 102:118] != 128).any(axis=-1).all()
    assert (out[50, 140:200] == 128).all()
