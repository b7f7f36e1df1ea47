"""Edits are carried to another analysis of the clip, in which ids differ and tracks are broken elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.analysis import Analysis
from app.analysis.carry_edits import LATER_IDS, EditCarrier, edit_notes, later_id
from app.analysis.edits import (
    DeletePerson,
    DropKeypoints,
    Edit,
    MergePeople,
    PlaceKeypoint,
    SplitPerson,
    SwapPeople,
    SwapSides,
)
from app.analysis.people_notes import carry_over
from app.core.edited import CORRECTED
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton, load_skeleton

COCO = load_skeleton("coco17")
FRAMES = 200
LEFT, RIGHT = "left", "right"
"""Two people who walk past each other."""
Ids = Callable[[str, int], int]
"""The id that a person has in a frame; 0: the person was not found."""


def box(who: str, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    x = 10 + index if who == LEFT else 211 - index
    return np.array([x, 50, x + 40, 150], np.float32)


def clip(ids: Ids, frames: range = range(FRAMES), skeleton: Skeleton = COCO) -> Analysis:
    analysis = Analysis(skeleton)
    grow(analysis, ids, frames)
    return analysis


def grow(analysis: Analysis, ids: Ids, frames: range) -> None:
    points = np.zeros((len(analysis.skeleton.names), 3), np.float32)
    for index in frames:
        found = [(ids(who, index), who) for who in (LEFT, RIGHT)]
        people = [Person(number, 0.8, box(who, index), points) for number, who in sorted(found) if number]
        analysis.add(FramePoses(index, index / 25, tuple(people)))


def plain(left: int, right: int) -> Ids:
    return lambda who, _: left if who == LEFT else right


def swapped_at(index: int, left: int, right: int) -> Ids:
    """The tracker confuses the two people from frame ``index`` on."""
    return lambda who, frame: left if (who == LEFT) == (frame < index) else right


def broken_at(index: int, left: int, later: int, right: int) -> Ids:
    """The person who begins at the left has another id from frame ``index`` on."""
    return lambda who, frame: right if who == RIGHT else left if frame < index else later


def track_of(analysis: Analysis, who: str) -> list[int]:
    """The id at the place of a person in each frame, 0 where there is none."""
    found = []
    for poses in analysis.frames():
        here = [person.id for person in poses.people if np.allclose(person.box, box(who, poses.index))]
        found.append(here[0] if here else 0)
    return found


def carried(old: Analysis, new: Analysis) -> EditCarrier:
    carrier = EditCarrier(edit_notes(old))
    carrier.apply(new, ended=True)
    return carrier


def edited(ids: Ids, *edits: Edit) -> Analysis:
    analysis = clip(ids)
    analysis.set_edits(edits)
    return analysis


def test_a_swap_follows_the_people_to_their_new_ids() -> None:
    old = edited(swapped_at(100, 1, 2), SwapPeople(1, 2, 100))
    assert track_of(old, LEFT) == [1] * FRAMES
    new = clip(swapped_at(100, 9, 4))
    assert carried(old, new).dropped == ()
    assert new.edits == (SwapPeople(9, 4, 100),)
    assert track_of(new, LEFT) == [9] * FRAMES


def test_people_whom_the_other_analysis_does_not_confuse_are_not_swapped() -> None:
    old = edited(swapped_at(100, 1, 2), SwapPeople(1, 2, 100))
    new = clip(plain(1, 2))
    assert carried(old, new).dropped == ()
    assert new.edits == ()


def test_a_merge_joins_the_parts_that_there_are() -> None:
    old = edited(broken_at(120, 1, 3, 2), MergePeople(3, 1))
    new = clip(broken_at(120, 5, 6, 2))
    carried(old, new)
    assert track_of(new, LEFT) == [5] * FRAMES
    whole = clip(plain(5, 2))
    assert carried(old, whole).dropped == ()
    assert whole.edits == ()


def test_somebody_deleted_stays_deleted_also_where_the_track_is_broken() -> None:
    old = edited(plain(1, 2), DeletePerson(1))
    new = clip(broken_at(90, 7, 8, 3))
    carried(old, new)
    assert track_of(new, LEFT) == [0] * FRAMES
    assert track_of(new, RIGHT) == [3] * FRAMES


def test_a_split_gets_an_id_that_nobody_has() -> None:
    old = edited(swapped_at(100, 1, 2), SplitPerson(1, 100, 3), SplitPerson(2, 100, 4), MergePeople(4, 1))
    assert track_of(old, LEFT) == [1] * FRAMES
    new = clip(swapped_at(100, 3, 4))
    carried(old, new)
    assert track_of(new, LEFT) == [3] * FRAMES
    assert set(track_of(new, RIGHT)) == {4, LATER_IDS + 1}


def test_edits_of_people_who_are_not_found_again_are_dropped() -> None:
    old = edited(plain(1, 2), DeletePerson(1), DropKeypoints(2, (0,), 0, 10))
    new = clip(lambda who, _: 0 if who == LEFT else 8)
    carrier = carried(old, new)
    assert [note.edit for note in carrier.dropped] == [DeletePerson(1)]
    assert new.edits == (DropKeypoints(8, (0,), 0, 10),)


def test_each_edit_waits_for_the_frames_of_its_people_and_those_of_the_user_stay() -> None:
    old = edited(swapped_at(100, 1, 2), SwapPeople(1, 2, 100), DeletePerson(2))
    carrier, new = EditCarrier(edit_notes(old)), clip(swapped_at(100, 4, 5), range(60))
    assert not carrier.apply(new)
    grow(new, swapped_at(100, 4, 5), range(60, 150))
    assert carrier.apply(new)
    assert new.edits == (SwapPeople(4, 5, 100),)
    assert [note.edit for note in carrier.rest()] == [DeletePerson(2)]
    own = DropKeypoints(4, (3,), 0, 5)
    new.set_edits((*new.edits, own))
    grow(new, swapped_at(100, 4, 5), range(150, FRAMES))
    assert carrier.apply(new)
    assert list(new.edits) == [SwapPeople(4, 5, 100), DeletePerson(5), own]
    assert carrier.done


def test_edits_of_an_earlier_session_are_neither_lost_nor_repeated() -> None:
    ids = swapped_at(100, 1, 2)
    new = edited(swapped_at(100, 8, 9), SplitPerson(8, 100, 10), SwapPeople(8, 9, 150), DropKeypoints(9, (1,), 0, 3))
    before = new.edits
    swap, drop = SwapPeople(1, 2, 150), DropKeypoints(3, (2,), 120, 130)
    assert carried(edited(ids, SplitPerson(1, 100, 3), swap, drop), new).dropped == ()
    assert new.edits == (*before, DropKeypoints(10, (2,), 120, 130))


def test_nothing_more_is_carried_once_the_user_took_one_back() -> None:
    old = edited(swapped_at(100, 1, 2), SwapPeople(1, 2, 100), DeletePerson(2))
    carrier, new = EditCarrier(edit_notes(old)), clip(swapped_at(100, 4, 5), range(150))
    carrier.apply(new)
    new.set_edits(())
    assert not carrier.apply(new, ended=True)
    assert new.edits == ()


def test_corrections_are_those_of_the_same_keypoints_of_another_network() -> None:
    wrist, ankles = COCO.names.index("left_wrist"), (COCO.names.index("left_ankle"), COCO.names.index("right_ankle"))
    place = {7: (50.0, 60.0, 1.0, CORRECTED)}
    old = edited(
        plain(1, 2), PlaceKeypoint(1, wrist, place), SwapSides(2, (ankles,), 3, 9), DropKeypoints(1, (0,), 0, 4)
    )
    names = tuple(name for name in reversed(COCO.names) if name != "nose")
    new = clip(plain(2, 1), skeleton=Skeleton("other", names, ()))
    carrier = carried(old, new)
    numbers = names.index("left_ankle"), names.index("right_ankle")
    assert new.edits == (PlaceKeypoint(2, names.index("left_wrist"), place), SwapSides(1, (numbers,), 3, 9))
    assert len(carrier.dropped) == 1


def test_names_and_hidden_people_follow_the_edited_people() -> None:
    old = edited(broken_at(120, 1, 3, 2), MergePeople(3, 1))
    old.rename(1, "Anna")
    old.hide(2, True)
    new = clip(broken_at(120, 8, 1, 3))
    carry_over(old, new)
    assert new.name(8) == "Anna"
    assert new.hidden() == {3}
    assert new.counted_ids() == [8]


def test_while_a_clip_is_analysed_split_people_get_ids_far_above_those_of_its_tracker() -> None:
    analysis = clip(plain(1, 2))
    assert later_id(analysis, ended=True) == 3
    assert later_id(analysis, ended=False) == LATER_IDS + 1
