"""Frames, tracks, spans, names and order stored by an analysis."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import DeletePerson, SwapPeople
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO, HALPE = load_skeleton("coco17"), load_skeleton("halpe26")
FPS = 10


def person(number: int, x: float = 0.0) -> Person:
    keypoints = np.full((17, 3), x, np.float32)
    return Person(number, 0.5, np.array([x, 0, x + 1, 1], np.float32), keypoints)


def frame(index: int, *people: Person) -> FramePoses:
    return FramePoses(index, index / FPS, people)


def test_only_analysed_frames_are_known() -> None:
    analysis = Analysis(COCO)
    analysis.add(frame(3, person(1)))
    analysis.add(frame(4))
    assert [len(poses.people) for poses in analysis.frames()] == [1, 0]
    assert analysis.get(4) is not None
    assert analysis.get(5) is None
    assert analysis.covers(range(3, 5))
    assert not analysis.covers(range(3, 6))


def test_the_frame_at_a_time_is_known_where_it_and_the_next_one_were_analysed() -> None:
    analysis = Analysis(COCO)
    assert analysis.index_at(0.0) is None
    for index in (2, 3, 5, 6):
        analysis.add(frame(index))
    found = {time_s: analysis.index_at(time_s) for time_s in (0.1, 0.2, 0.29, 0.3, 0.45, 0.5 - 1e-9, 0.59, 0.6, 9.0)}
    assert found == {0.1: None, 0.2: 2, 0.29: 2, 0.3: None, 0.45: None, 0.5 - 1e-9: 5, 0.59: 5, 0.6: None, 9.0: None}


def test_track_is_in_order_of_time() -> None:
    analysis = Analysis(COCO)
    for index in (5, 6, 2, 3):
        analysis.add(frame(index, person(1, x=index), person(2)))
    track = analysis.track(1)
    assert track.indices.tolist() == [2, 3, 5, 6]
    assert track.times_s.tolist() == [0.2, 0.3, 0.5, 0.6]
    assert track.keypoints.shape == (4, 17, 3)
    assert track.keypoints[:, 0, 0].tolist() == [2, 3, 5, 6]
    assert analysis.track(9).keypoints.shape == (0, 17, 3)


def test_frame_analysed_again_replaces_its_people() -> None:
    analysis = Analysis(COCO)
    analysis.add(frame(0, person(1)))
    analysis.add(frame(0, person(2)))
    assert analysis.ids() == [2]
    assert analysis.spans() == {2: [(0.0, 0.0)]}


def test_skipped_frame_is_interpolated() -> None:
    analysis = Analysis(COCO)
    analysis.add(frame(4, person(1, x=10), person(2)))
    analysis.add(frame(6, person(1, x=20), person(3)))
    analysis.add(frame(20, person(1)))
    interpolated = analysis.interpolate(5)
    assert interpolated is not None
    assert interpolated.time_s == 0.5
    assert [(one.id, one.state) for one in interpolated.people] == [(1, "predicted")]
    assert interpolated.people[0].keypoints[0].tolist() == [15, 15, 10]
    assert analysis.interpolate(10) is None
    assert analysis.interpolate(3) is None


def test_spans_close_only_short_gaps() -> None:
    analysis = Analysis(COCO)
    for index in (0, 1, 3, 4, 10, 11):
        analysis.add(frame(index, person(1)))
    assert analysis.spans() == {1: [(0.0, 0.4), (1.0, 1.1)]}
    assert analysis.seen_spans() == [(0.0, 0.1), (0.3, 0.4), (1.0, 1.1)]


def test_low_frame_rate_makes_no_gaps() -> None:
    analysis = Analysis(COCO)
    for index in (0, 1, 2, 3, 8, 9):
        analysis.add(FramePoses(index, index / 2, (person(1),)))
    assert analysis.spans() == {1: [(0.0, 1.5), (4.0, 4.5)]}


def test_people_are_named_and_ordered() -> None:
    analysis = Analysis(COCO)
    analysis.add(frame(0, person(1), person(2), person(3)))
    analysis.rename(2, " Ada ")
    analysis.reorder([3, 2, 77])
    analysis.add(frame(1, person(4)))
    assert [analysis.name(number) for number in analysis.ids()] == ["3", "Ada", "1", "4"]
    analysis.rename(2, "")
    assert analysis.name(2) == "2"


def test_endless_source_keeps_its_last_frames() -> None:
    analysis = Analysis(COCO, most=3)
    for index in range(10):
        analysis.add(frame(index, person(1 if index < 5 else 2)))
    assert [poses.index for poses in analysis.frames()] == [7, 8, 9]
    assert analysis.ids() == [2]


def test_every_change_increases_the_version() -> None:
    analysis = Analysis(COCO)
    versions = [analysis.version]
    for change in (
        lambda: analysis.add(frame(0, person(1))),
        lambda: analysis.rename(1, "A"),
        lambda: analysis.clear(),
    ):
        change()
        versions.append(analysis.version)
    assert versions == sorted(set(versions))
    assert not analysis.ids()
    assert analysis.name(1) == "1"


def test_analyses_of_one_live_source_share_names_and_order() -> None:
    before = Analysis(COCO)
    for index in range(3):
        before.add(frame(index, person(1), person(2), person(4)))
    before.rename(2, "Ada")
    before.reorder([4, 2, 1])
    after = Analysis(HALPE, before=before)
    assert (len(after), after.ids()) == (0, [])
    after.add(frame(3, person(1), person(2), person(5)))
    assert after.ids() == [2, 1, 5]
    before.rename(1, "Bo")  # a view may still show it
    before.reorder([1])
    after.add(frame(4, person(4)))
    assert after.ids() == [1, 4, 2, 5]
    assert after.names() == {1: "Bo", 2: "Ada"}


def test_frames_added_together_are_as_those_added_one_by_one() -> None:
    rng = np.random.default_rng(3)
    frames = []
    for index in range(400):
        if 100 <= index < 140:
            continue
        people = []
        for number in (1, 2, 3):
            if rng.random() < 0.8:
                keypoints = rng.random((17, 3), np.float32)
                box = np.array([number, 0, number + 10 * rng.random(), 50], np.float32)
                people.append(Person(number, 0.5, box, keypoints))
        frames.append(FramePoses(index, index / 8, tuple(people)))
    one_by_one, together = Analysis(COCO), Analysis(COCO)
    edits = (SwapPeople(1, 2, 50), DeletePerson(3))
    for analysis in (one_by_one, together):
        analysis.set_edits(edits)
    for poses in frames:
        one_by_one.add(poses)
    together.add_all(frames[:250])
    together.add_all(frames[200:])  # some of them again
    assert together.version < one_by_one.version
    assert [poses.index for poses in together.frames()] == [poses.index for poses in one_by_one.frames()]
    assert together.spans() == one_by_one.spans()
    assert together.seen_spans() == one_by_one.seen_spans()
    assert len(together.spans()[1]) > 1
    assert together.ids() == one_by_one.ids()
    for number in (1, 2):
        first, second = one_by_one.track(number), together.track(number)
        assert np.array_equal(first.keypoints, second.keypoints)
        assert np.array_equal(first.indices, second.indices)
        assert together.totals()[number].height == pytest.approx(one_by_one.totals()[number].height)
