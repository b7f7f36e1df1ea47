"""The user's edits of the people of a clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import (
    FILLED,
    DeletePerson,
    DropKeypoints,
    Edits,
    MergePeople,
    PlaceKeypoint,
    SplitPerson,
    SwapPeople,
    SwapSides,
    apply_edits,
    from_plain,
    to_plain,
)
from app.core.edited import CARRIED, CORRECTED
from app.core.errors import StanceError
from app.core.people import FramePoses, Person, mark_fields
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")
LEFT_KNEE, RIGHT_KNEE = COCO.names.index("left_knee"), COCO.names.index("right_knee")
ALL: Edits = (
    MergePeople(3, 1),
    SplitPerson(1, 4, 9),
    SwapPeople(1, 2, 2),
    DeletePerson(2),
    SwapSides(1, ((LEFT_KNEE, RIGHT_KNEE),), 0, 3),
    DropKeypoints(1, (LEFT_KNEE,), 1, 2),
    PlaceKeypoint(1, RIGHT_KNEE, {3: (7.0, 8.0, 1.0, CORRECTED), 4: (6.0, 7.0, 0.5, CARRIED)}),
)


def person(number: int, x: float) -> Person:
    keypoints = np.full((17, 3), x, np.float32) + np.arange(17, dtype=np.float32)[:, None]
    return Person(number, 0.5, np.array([x, 0, x + 10, 50], np.float32), keypoints, measured=keypoints + 1)


def frame(index: int, *people: Person) -> FramePoses:
    return FramePoses(index, index / 10, people)


def clip() -> Analysis:
    """Five frames: person 1 at x 100, person 2 at x 200; person 3, the same as 1, replaces 1 in the last frame."""
    analysis = Analysis(COCO)
    for index in range(5):
        analysis.add(frame(index, *(person(1, 100),) * (index < 4), person(2, 200), *(person(3, 100),) * (index == 4)))
    return analysis


def places(analysis: Analysis) -> list[dict[int, float]]:
    """For each frame: the x of everybody's box by id."""
    return [{one.id: float(one.box[0]) for one in poses.people} for poses in analysis.frames()]


def test_merged_tracks_are_one_track() -> None:
    analysis = clip()
    analysis.set_edits((MergePeople(3, 1),))
    assert analysis.ids() == [1, 2]
    assert analysis.track(1).indices.tolist() == [0, 1, 2, 3, 4]
    assert analysis.spans()[1] == [(0.0, 0.4)]


def test_a_split_track_has_a_new_id_from_that_frame_on() -> None:
    analysis = clip()
    new = analysis.free_id()
    analysis.set_edits((SplitPerson(2, 3, new),))
    assert new == 4
    assert analysis.track(2).indices.tolist() == [0, 1, 2]
    assert analysis.track(4).indices.tolist() == [3, 4]


def test_two_people_are_exchanged_from_a_frame_on_and_people_stay_ordered_by_id() -> None:
    analysis = clip()
    analysis.set_edits((SwapPeople(1, 2, 2),))
    assert places(analysis)[1:3] == [{1: 100, 2: 200}, {1: 200, 2: 100}]
    assert [one.id for one in analysis.frames()[2].people] == [1, 2]


def test_edits_are_applied_in_order_with_the_ids_that_earlier_ones_made() -> None:
    analysis = clip()
    analysis.set_edits((SwapPeople(1, 2, 2), MergePeople(3, 2), DeletePerson(1)))
    assert places(analysis) == [{2: 200}, {2: 200}, {2: 100}, {2: 100}, {2: 100}]


def test_in_a_frame_with_both_the_person_merged_into_stays() -> None:
    analysis = clip()
    analysis.set_edits((MergePeople(1, 2),))
    assert [set(row) for row in places(analysis)] == [{2}] * 4 + [{2, 3}]
    assert places(analysis)[0] == {2: 200}


def test_frames_added_later_are_edited_too() -> None:
    analysis = clip()
    analysis.set_edits((DeletePerson(2),))
    analysis.add(frame(5, person(2, 200), person(3, 100)))
    assert places(analysis)[5] == {3: 100}
    assert analysis.raw(5) is not None
    assert [one.id for one in analysis.raw(5).people] == [2, 3]  # type: ignore[union-attr]


def test_without_edits_the_frames_are_those_that_were_added() -> None:
    analysis = clip()
    before = analysis.frames()
    order, spans, totals = analysis.ids(), analysis.spans(), analysis.totals()
    analysis.reorder([2, 1])
    analysis.set_edits(ALL)
    assert places(analysis) != [{one.id: float(one.box[0]) for one in poses.people} for poses in before]
    analysis.set_edits(())
    assert all(one is other for one, other in zip(analysis.frames(), before, strict=True))
    assert analysis.ids() == [2, 1, 3]
    assert sorted(analysis.ids()) == sorted(order)
    assert (analysis.spans(), analysis.totals()) == (spans, totals)


@pytest.mark.parametrize("count", range(len(ALL) + 1))
def test_taking_the_last_edit_back_gives_what_was_before_it(count: int) -> None:
    stepwise, once = clip(), clip()
    for last in range(len(ALL) + 1):
        stepwise.set_edits(ALL[:last])
    stepwise.set_edits(ALL[:count])
    once.set_edits(ALL[:count])
    for one, other in zip(stepwise.frames(), once.frames(), strict=True):
        assert [person.id for person in one.people] == [person.id for person in other.people]
        for left, right in zip(one.people, other.people, strict=True):
            np.testing.assert_array_equal(left.keypoints, right.keypoints)
    assert stepwise.spans() == once.spans()
    assert stepwise.totals() == once.totals()


def test_a_placed_keypoint_is_marked_and_everything_else_is_as_it_was() -> None:
    before = frame(3, person(1, 100), person(2, 200))
    after = apply_edits(before, ALL[-1:])
    placed, other = after.people
    assert placed.keypoints[RIGHT_KNEE].tolist() == [7, 8, 1]
    assert placed.measured is not None
    assert placed.measured[RIGHT_KNEE].tolist() == [7, 8, 1]  # smoothing the clip again keeps the correction
    assert mark_fields(placed) == {"corrected": [RIGHT_KNEE]}
    rest = np.delete(placed.keypoints, RIGHT_KNEE, axis=0)
    np.testing.assert_array_equal(rest, np.delete(before.people[0].keypoints, RIGHT_KNEE, axis=0))
    assert other is before.people[1]
    assert mark_fields(apply_edits(frame(4, person(1, 100)), ALL[-1:]).people[0]) == {"carried": [RIGHT_KNEE]}
    filled = PlaceKeypoint(1, 0, {4: (1.0, 1.0, 0.4, FILLED)})
    assert mark_fields(apply_edits(frame(4, person(1, 100)), (filled,)).people[0]) == {"filled": [0]}


def test_dropped_keypoints_keep_their_place_and_have_no_score() -> None:
    after = apply_edits(frame(1, person(1, 100)), (DropKeypoints(1, (LEFT_KNEE,), 1, 2),)).people[0]
    assert after.keypoints[LEFT_KNEE, 2] == 0
    assert (np.delete(after.keypoints[:, 2], LEFT_KNEE) > 0).all()


def test_swapped_sides_exchange_all_values_of_the_pair_and_their_marks() -> None:
    edits = (
        PlaceKeypoint(1, RIGHT_KNEE, {1: (7.0, 8.0, 1.0, CORRECTED)}),
        SwapSides(1, ((LEFT_KNEE, RIGHT_KNEE),), 0, 3),
    )
    before = frame(1, person(1, 100))
    after = apply_edits(before, edits).people[0]
    assert after.keypoints[LEFT_KNEE].tolist() == [7, 8, 1]
    np.testing.assert_array_equal(after.keypoints[RIGHT_KNEE], before.people[0].keypoints[LEFT_KNEE])
    assert mark_fields(after) == {"corrected": [LEFT_KNEE]}


def test_a_frame_that_no_edit_concerns_stays_the_same_object() -> None:
    poses = frame(9, person(5, 100))
    assert apply_edits(poses, ALL) is poses


def test_hidden_people_are_kept_and_left_out_of_what_counts() -> None:
    analysis = clip()
    analysis.hide(2, True)
    poses = analysis.get(0)
    assert poses is not None
    assert [one.id for one in poses.people] == [1, 2]
    assert [one.id for one in analysis.counted(poses).people] == [1]
    analysis.hide(2, False)
    assert analysis.counted(poses) is poses


def test_edits_survive_json() -> None:
    import json

    assert from_plain(json.loads(json.dumps(to_plain(ALL)))) == ALL


@pytest.mark.parametrize(
    "data",
    [
        {"type": "merge"},
        [{"type": "unknown"}],
        [{"type": "merge", "person": -1, "into": 2}],
        [{"type": "place", "person": 1, "keypoint": 0, "places": {"3": [1, 2, 3]}}],
        [{"type": "place", "person": 1, "keypoint": 0, "places": {"3": [1, 2, 1, 7]}}],
        "no",
    ],
)
def test_damaged_edits_are_refused_in_one_sentence(data: object) -> None:
    with pytest.raises(StanceError, match=r"^The edits cannot be read: .+\.$"):
        from_plain(data)


def test_an_edit_of_a_keypoint_that_the_skeleton_lacks_changes_nothing() -> None:
    poses = frame(1, person(1, 100))
    edits = (PlaceKeypoint(1, 99, {1: (1.0, 1.0, 1.0, CORRECTED)}), SwapSides(1, ((99, 3),), 0, 5))
    np.testing.assert_array_equal(apply_edits(poses, edits).people[0].keypoints, poses.people[0].keypoints)


def test_of_a_long_clip_the_oldest_frames_are_dropped_also_when_edited() -> None:
    analysis = Analysis(COCO, most=3)
    analysis.set_edits((MergePeople(2, 1),))
    for index in range(5):
        analysis.add(frame(index, person(2, 100)))
    assert [poses.index for poses in analysis.frames()] == [2, 3, 4]
    assert analysis.track(1).indices.tolist() == [2, 3, 4]
    assert analysis.raw(1) is None
    analysis.add(replace(frame(3), people=()))
    assert analysis.track(1).indices.tolist() == [2, 4]
