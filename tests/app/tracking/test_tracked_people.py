"""People keep their ids when a pipeline with other networks continues."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from app.core.people import Frame, Person
from app.core.settings import Settings
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import PoseModel
from tests.app.toy_networks import FPS, SIZE, ToyDetector, ToyEstimator

SKELETONS = ["coco17", "halpe26", "mpii16", "hand21"]
LEFT, MIDDLE, RIGHT = 30, 130, 240
"""Left edges of the boxes of people, in pixels."""


def toy(skeleton: str = "coco17") -> Pipeline:
    return make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator(skeleton)), Settings())


def frame(index: int, *lefts: int) -> Frame:
    """People of 40x100 pixels, each with a shade of its own, who move a little from frame to frame."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for left in lefts:
        x = left + index % 3
        image[60:160, x : x + 40] = 60 + left // 2
    return Frame(index, index / FPS, image)


def process(pipeline: Pipeline, indices: range, *lefts: int) -> tuple[Person, ...]:
    """The people in the last frame."""
    return [pipeline.process(frame(index, *lefts)) for index in indices][-1].people


def ids_by_place(people: tuple[Person, ...]) -> dict[int, int]:
    return {min((LEFT, MIDDLE, RIGHT), key=lambda left: abs(left - one.box[0])): one.id for one in people}


@pytest.mark.parametrize("after", SKELETONS)
@pytest.mark.parametrize("before", SKELETONS)
def test_people_keep_their_ids_with_networks_of_any_skeleton(before: str, after: str) -> None:
    first = toy(before)
    process(first, range(10), MIDDLE)
    known = ids_by_place(process(first, range(10, 40), MIDDLE, LEFT))
    assert known == {MIDDLE: 1, LEFT: 2}
    second = toy(after)
    second.take_over(first.tracked_people())
    people = process(second, range(40, 41), MIDDLE, LEFT)
    assert ids_by_place(people) == known
    assert all(one.keypoints.shape == (len(second.skeleton.names), 3) for one in people)
    assert ids_by_place(process(second, range(41, 60), MIDDLE, LEFT)) == known


def test_only_those_who_are_found_keep_an_id_and_others_get_new_ones() -> None:
    first, second = toy(), toy("halpe26")
    process(first, range(20), LEFT, MIDDLE)
    second.take_over(first.tracked_people())
    assert ids_by_place(process(second, range(20, 50), MIDDLE, RIGHT)) == {MIDDLE: 2, RIGHT: 3}


def test_a_person_who_was_out_of_view_at_the_change_keeps_the_id() -> None:
    first, second = toy(), toy("halpe26")
    process(first, range(20), LEFT, MIDDLE)
    process(first, range(20, 35), MIDDLE)
    second.take_over(first.tracked_people())
    process(second, range(35, 40), MIDDLE)
    assert ids_by_place(process(second, range(40, 60), LEFT, MIDDLE)) == {LEFT: 1, MIDDLE: 2}


def test_the_pipeline_before_is_not_changed_by_the_next_one() -> None:
    alone, first, second = toy(), toy(), toy()
    for pipeline in (alone, first):
        process(pipeline, range(20), LEFT, MIDDLE)
    second.take_over(first.tracked_people())
    process(second, range(20, 30), MIDDLE, RIGHT)
    (one, other) = (process(pipeline, range(20, 30), LEFT, MIDDLE) for pipeline in (alone, first))
    assert [(p.id, p.score, p.box.tobytes()) for p in one] == [(p.id, p.score, p.box.tobytes()) for p in other]
