"""Who counts: one person for a clip, not anew in every frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.analysis.only_people import TAKE_OVER_S, LivePlace, OnlyIds, PlaceVotes, StillPlace
from app.core.only import Place
from app.core.people import Frame, FramePoses, Person

RATE = 25
IMAGE = np.zeros((200, 400, 3), np.uint8)
COACH, ATHLETE, PASSER = 1, 2, 3


def person(number: int, x: float, size: float) -> Person:
    """A person ``size`` pixels wide and twice as high, with the middle at ``x``."""
    box = np.array([x - size / 2, 100 - size, x + size / 2, 100 + size], np.float32)
    return Person(number, 0.8, box, np.zeros((17, 3), np.float32))


def frame(index: int, *people: Person) -> tuple[Frame, FramePoses]:
    return Frame(index, index / RATE, IMAGE), FramePoses(index, index / RATE, people)


def clip(passing: range, frames: int = 250) -> list[tuple[Frame, FramePoses]]:
    """A coach at the left and a larger athlete in the center; in ``passing`` someone large walks by from the right."""
    present = person(COACH, 60, 30), person(ATHLETE, 210, 40)
    return [
        frame(index, *present, *([person(PASSER, 390 - index, 90)] if index in passing else []))
        for index in range(frames)
    ]


@pytest.mark.parametrize(
    ("place", "winner"), [("largest", ATHLETE), ("left", COACH), ("right", ATHLETE), ("center", 2)]
)
def test_who_is_there_most_of_the_time_is_chosen(place: Place, winner: int) -> None:
    votes = PlaceVotes(place)
    for taken, poses in clip(range(100)):
        votes.add(taken, poses)
    assert votes.winner == winner


def test_nobody_wins_an_empty_clip() -> None:
    votes = PlaceVotes("left")
    votes.add(*frame(0))
    assert votes.winner is None


def ids(kept: Sequence[FramePoses]) -> list[list[int]]:
    return [[one.id for one in poses.people] for poses in kept]


def test_who_walks_past_a_camera_does_not_take_over() -> None:
    keep = LivePlace("largest")
    assert ids([keep(*one) for one in clip(range(50, 50 + 70))]) == [[ATHLETE]] * 250


def test_who_stays_in_front_of_a_camera_takes_over_once() -> None:
    keep = LivePlace("largest")
    kept = ids([keep(*one) for one in clip(range(50, 250))])
    change = kept.index([PASSER])
    assert kept == [[ATHLETE]] * change + [[PASSER]] * (250 - change)
    assert (change - 50) / RATE == pytest.approx(TAKE_OVER_S, abs=2 / RATE)


def test_a_camera_shows_nobody_while_the_chosen_person_is_away_for_a_moment() -> None:
    keep = LivePlace("left")
    away = range(20, 60)
    frames = [
        frame(index, *([] if index in away else [person(COACH, 60, 30)]), person(ATHLETE, 210, 40))
        for index in range(90)
    ]
    assert ids([keep(*one) for one in frames]) == [[] if index in away else [COACH] for index in range(90)]


def test_of_photos_each_is_judged_by_itself() -> None:
    keep = StillPlace("right")
    shown = [
        frame(0, person(1, 60, 30), person(2, 200, 30)),
        frame(1, person(1, 300, 30), person(2, 100, 30)),
        frame(2),
    ]
    assert ids([keep(*one) for one in shown]) == [[2], [1], []]


def test_ids_that_do_not_appear_are_known() -> None:
    keep = OnlyIds((2, 7))
    assert ids([keep(*one) for one in clip(range(0), 3)]) == [[ATHLETE]] * 3
    assert keep.missing == [7]
    assert keep.present == {COACH, ATHLETE}
