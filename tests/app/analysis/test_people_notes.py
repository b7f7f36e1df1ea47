"""Names and order are kept when a clip is analysed again and people get other ids."""

from __future__ import annotations

import numpy as np

from app.analysis import Analysis
from app.analysis.people_notes import PeopleMatcher, carry_over, people_notes
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")
FRAMES = 200


def person(number: int, x: float, jitter: float = 0.0) -> Person:
    box = np.array([x + jitter, 50, x + 40 + jitter, 150], np.float32)
    return Person(number, 0.8, box, np.zeros((17, 3), np.float32))


def crossing(index: int, left: int, right: int, jitter: float = 0.0) -> FramePoses:
    """Two people with these ids who walk past each other."""
    people = (person(left, 10 + index, jitter), person(right, 210 - index, jitter))
    return FramePoses(index, index / 25, tuple(sorted(people, key=lambda one: one.id)))


def analysed(left: int, right: int, frames: range = range(FRAMES), jitter: float = 0.0) -> Analysis:
    kept = Analysis(COCO)
    for index in frames:
        kept.add(crossing(index, left, right, jitter))
    return kept


def displayed_names(analysis: Analysis) -> list[str]:
    return [analysis.name(number) for number in analysis.ids()]


def test_names_and_order_are_copied_to_other_ids() -> None:
    old, new = analysed(1, 2), analysed(7, 3, jitter=3.0)
    old.rename(1, "Ada")
    old.reorder([2, 1])
    carry_over(old, new)
    assert new.ids() == [3, 7]
    assert displayed_names(new) == ["3", "Ada"]


def test_people_at_other_positions_get_no_name() -> None:
    old, new = analysed(1, 2), Analysis(COCO)
    old.rename(1, "Ada")
    for index in range(FRAMES):
        new.add(FramePoses(index, index / 25, (person(1, 900),)))
    carry_over(old, new)
    assert displayed_names(new) == ["1"]


def test_longer_part_of_a_split_track_keeps_the_name() -> None:
    old, new = analysed(1, 2), Analysis(COCO)
    old.rename(1, "Ada")
    for index in range(FRAMES):
        new.add(crossing(index, 4 if index < 60 else 5, 2))
    carry_over(old, new)
    assert new.names() == {5: "Ada"}


def test_merged_track_gets_the_name_with_more_overlap() -> None:
    old, new = analysed(1, 2), Analysis(COCO)
    old.rename(1, "Ada")
    old.rename(2, "Bo")
    for index in range(FRAMES):
        new.add(FramePoses(index, index / 25, (person(9, 10 + index),)))
    carry_over(old, new)
    assert new.names() == {9: "Ada"}


def test_names_are_applied_while_an_analysis_grows() -> None:
    old = analysed(1, 2)
    old.rename(2, "Bo")
    matcher, new = PeopleMatcher(people_notes(old)), Analysis(COCO)
    assert not matcher.apply(new)
    assert len(matcher.unmatched()) == 2
    for index in range(20):
        new.add(crossing(index, 5, 6))
    assert matcher.apply(new)
    assert new.names() == {6: "Bo"}
    assert not matcher.apply(new)
    assert not matcher.unmatched()


def test_early_match_is_corrected_later() -> None:
    old = analysed(1, 2)
    old.rename(1, "Ada")
    matcher, new = PeopleMatcher(people_notes(old)), Analysis(COCO)
    for index in range(30):
        new.add(crossing(index, 4, 2))
    matcher.apply(new)
    assert new.names() == {4: "Ada"}
    for index in range(30, FRAMES):
        new.add(crossing(index, 5, 2))
    matcher.apply(new)
    assert new.names() == {5: "Ada"}


def test_name_given_in_the_meantime_is_kept() -> None:
    old = analysed(1, 2)
    old.rename(1, "Ada")
    matcher, new = PeopleMatcher(people_notes(old)), Analysis(COCO)
    for index in range(30):
        new.add(crossing(index, 4, 2))
    matcher.apply(new)
    new.rename(4, "Ada Lovelace")
    for index in range(30, FRAMES):
        new.add(crossing(index, 4, 2))
    matcher.apply(new)
    assert new.names() == {4: "Ada Lovelace"}


def test_empty_analyses_are_accepted() -> None:
    carry_over(Analysis(COCO), analysed(1, 2))
    carry_over(analysed(1, 2), Analysis(COCO))
    assert people_notes(Analysis(COCO)) == []


def test_order_is_kept_across_incomplete_analyses() -> None:
    old, early, new = Analysis(COCO), Analysis(COCO), Analysis(COCO)
    for index in range(FRAMES):
        people = crossing(index, 1, 2).people
        old.add(FramePoses(index, index / 25, people if index >= 100 else people[:1]))
        new.add(FramePoses(index, index / 25, people if index >= 100 else people[:1]))
        if index < 50:
            early.add(FramePoses(index, index / 25, people[:1]))
    old.rename(2, "Bo")
    old.reorder([2, 1])
    first = PeopleMatcher(people_notes(old))
    first.apply(early)
    assert early.ids() == [1]
    second = PeopleMatcher(first.merged(early), first.ordered)
    second.apply(new)
    assert displayed_names(new) == ["Bo", "1"]


def test_chosen_sides_are_copied_to_other_ids() -> None:
    old, new = analysed(1, 2), analysed(7, 3, jitter=3.0)
    old.choose_facing(1, -1)
    matcher = PeopleMatcher(people_notes(old))
    assert matcher.apply(new)
    assert new.chosen_facing() == {7: -1}
    assert new.track(7).facing == -1
    new.choose_facing(7, 0)  # by the user in the meantime
    assert not matcher.apply(new)
    assert new.chosen_facing() == {7: 0}
    new.choose_facing(7, None)
    assert new.chosen_facing() == {}
