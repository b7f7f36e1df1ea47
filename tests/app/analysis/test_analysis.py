"""What is kept of a source: who was where when."""

from __future__ import annotations

import numpy as np

from app.analysis import Analysis
from app.people import FramePoses, Person
from app.skeleton import load_skeleton

COCO = load_skeleton("coco17")
FPS = 10


def person(number: int, x: float = 0.0) -> Person:
    keypoints = np.full((17, 3), x, np.float32)
    return Person(number, 0.5, np.array([x, 0, x + 1, 1], np.float32), keypoints)


def frame(index: int, *people: Person) -> FramePoses:
    return FramePoses(index, index / FPS, people)


def test_a_frame_that_was_analysed_is_known_and_another_is_not() -> None:
    kept = Analysis(COCO)
    kept.add(frame(3, person(1)))
    kept.add(frame(4))
    assert [len(poses.people) for poses in kept.frames()] == [1, 0]
    assert kept.get(4) is not None
    assert kept.get(5) is None
    assert kept.covers(range(3, 5))
    assert not kept.covers(range(3, 6))


def test_a_track_is_in_order_of_time_whatever_was_seen_first() -> None:
    kept = Analysis(COCO)
    for index in (5, 6, 2, 3):
        kept.add(frame(index, person(1, x=index), person(2)))
    track = kept.track(1)
    assert track.indices.tolist() == [2, 3, 5, 6]
    assert track.times_s.tolist() == [0.2, 0.3, 0.5, 0.6]
    assert track.keypoints.shape == (4, 17, 3)
    assert track.keypoints[:, 0, 0].tolist() == [2, 3, 5, 6]
    assert kept.track(9).keypoints.shape == (0, 17, 3)


def test_a_frame_that_is_analysed_anew_forgets_who_was_there_before() -> None:
    kept = Analysis(COCO)
    kept.add(frame(0, person(1)))
    kept.add(frame(0, person(2)))
    assert kept.ids() == [2]
    assert kept.spans() == {2: [(0.0, 0.0)]}


def test_who_is_in_a_frame_that_was_left_out_is_on_the_way() -> None:
    kept = Analysis(COCO)
    kept.add(frame(4, person(1, x=10), person(2)))
    kept.add(frame(6, person(1, x=20), person(3)))
    kept.add(frame(20, person(1)))
    there = kept.between(5)
    assert there is not None
    assert there.time_s == 0.5
    assert [(one.id, one.state) for one in there.people] == [(1, "predicted")]
    assert there.people[0].keypoints[0].tolist() == [15, 15, 10]
    assert kept.between(10) is None
    assert kept.between(3) is None


def test_spans_close_short_gaps_and_no_long_ones() -> None:
    kept = Analysis(COCO)
    for index in (0, 1, 3, 4, 10, 11):
        kept.add(frame(index, person(1)))
    assert kept.spans() == {1: [(0.0, 0.4), (1.0, 1.1)]}
    assert kept.seen_spans() == [(0.0, 0.1), (0.3, 0.4), (1.0, 1.1)]


def test_frames_that_are_far_apart_by_themselves_are_no_gaps() -> None:
    kept = Analysis(COCO)
    for index in (0, 1, 2, 3, 8, 9):
        kept.add(FramePoses(index, index / 2, (person(1),)))
    assert kept.spans() == {1: [(0.0, 1.5), (4.0, 4.5)]}


def test_people_are_named_and_ordered() -> None:
    kept = Analysis(COCO)
    kept.add(frame(0, person(1), person(2), person(3)))
    kept.rename(2, " Ada ")
    kept.put_first([3, 2, 77])
    kept.add(frame(1, person(4)))
    assert [kept.name(number) for number in kept.ids()] == ["3", "Ada", "1", "4"]
    kept.rename(2, "")
    assert kept.name(2) == "2"


def test_a_source_without_end_keeps_its_last_frames() -> None:
    kept = Analysis(COCO, most=3)
    for index in range(10):
        kept.add(frame(index, person(1 if index < 5 else 2)))
    assert [poses.index for poses in kept.frames()] == [7, 8, 9]
    assert kept.ids() == [2]


def test_every_change_is_told() -> None:
    kept = Analysis(COCO)
    versions = [kept.version]
    for change in (lambda: kept.add(frame(0, person(1))), lambda: kept.rename(1, "A"), lambda: kept.clear()):
        change()
        versions.append(kept.version)
    assert versions == sorted(set(versions))
    assert not kept.ids()
    assert kept.name(1) == "1"
