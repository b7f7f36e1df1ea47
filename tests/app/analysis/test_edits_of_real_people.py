"""Exchanged and broken tracks of two real people, at the moment when they are nearest to each other, are put right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import MergePeople, SplitPerson, SwapPeople
from app.core.people import FramePoses, Person
from tests.app.window.seen import of_clip

FRAMES = 150
FIRST, SECOND = 1, 2


@pytest.fixture(scope="module")
def real(shared: Path) -> Analysis:
    """Two people who come near each other, as the networks find them."""
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip.name} is not there")
    models = shared / "models"
    found = of_clip(clip, models / "tinypose_128x96.onnx", models / "rtmdet_nano_person.onnx", FRAMES)
    assert {FIRST, SECOND} <= set(found.ids())
    return found


def boxes(poses: FramePoses) -> dict[int, np.ndarray]:
    return {person.id: person.box.reshape(2, 2).mean(axis=0) for person in poses.people}


@pytest.fixture(scope="module")
def nearest(real: Analysis) -> int:
    """The frame in which the middles of the two are least far apart."""
    apart = {
        poses.index: float(np.linalg.norm(at[FIRST] - at[SECOND]))
        for poses in real.frames()
        if {FIRST, SECOND} <= set(at := boxes(poses))
    }
    index = min(apart, key=lambda index: apart[index])
    size = np.ptp(next(one.box[1::2] for one in real.frames()[0].people))
    assert apart[index] < 1.5 * size  # else they do not come near each other
    return index


def renumbered(real: Analysis, since: int, ids: Mapping[int, int]) -> Analysis:
    """The same people, with other ids from a frame on: what a tracker would do that loses them."""
    made = Analysis(real.skeleton)

    def of(person: Person, index: int) -> Person:
        return replace(person, id=ids.get(person.id, person.id)) if index >= since else person

    for poses in real.frames():
        people = sorted((of(person, poses.index) for person in poses.people), key=lambda person: person.id)
        made.add(replace(poses, people=tuple(people)))
    return made


def assert_same(found: Analysis, wanted: Analysis) -> None:
    assert sorted(found.ids()) == sorted(wanted.ids())
    for number in wanted.ids():
        one, other = found.track(number), wanted.track(number)
        assert np.array_equal(one.indices, other.indices)
        assert np.array_equal(one.keypoints, other.keypoints)
        assert np.array_equal(one.boxes, other.boxes)


def test_people_who_were_taken_for_each_other_are_exchanged_back(real: Analysis, nearest: int) -> None:
    wrong = renumbered(real, nearest, {FIRST: SECOND, SECOND: FIRST})
    middle = wrong.track(FIRST).boxes.reshape(-1, 2, 2).mean(axis=1)
    assert np.linalg.norm(np.diff(middle, axis=0), axis=1).max() > 100  # the track leaps to the other person
    wrong.set_edits((SwapPeople(FIRST, SECOND, nearest),))
    assert_same(wrong, real)
    wrong.set_edits(())
    assert not np.array_equal(wrong.track(FIRST).keypoints[-1], real.track(FIRST).keypoints[-1])


def test_a_broken_track_is_joined_and_can_be_split_again(real: Analysis, nearest: int) -> None:
    new = real.free_id()
    broken = renumbered(real, nearest, {SECOND: new})
    assert new in broken.ids()
    broken.set_edits((MergePeople(new, SECOND),))
    assert_same(broken, real)
    apart = renumbered(real, nearest, {})
    apart.set_edits((SplitPerson(SECOND, nearest, new),))
    assert_same(apart, renumbered(real, nearest, {SECOND: new}))
