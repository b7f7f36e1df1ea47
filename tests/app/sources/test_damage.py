"""Detection of damaged parts of a video."""

from __future__ import annotations

import pytest

from app.sources import SourceEvent
from app.sources.damage import GROWTH_S, MAX_MESSAGES, Damage

STEP_S = 0.1


class Watched(Damage):
    """The damage of a clip with ten frames per second and a key frame every second."""

    def __init__(self) -> None:
        self.events: list[SourceEvent] = []
        super().__init__("clip", STEP_S, self.events.append)

    @property
    def ended(self) -> list[SourceEvent]:
        """The events of intervals that have ended."""
        return [event for event in self.events if not event.ongoing]

    def play_long(self, frames: range) -> None:
        """Play frames without a key frame among them."""
        for index in frames:
            self.frame(index * STEP_S, alarm=False, corrupt=False, key=False)

    def play(self, frames: range, *, alarm: int = -1, corrupt: range = range(0)) -> None:
        for index in frames:
            self.frame(index * STEP_S, alarm=index == alarm, corrupt=index in corrupt, key=index % 10 == 0)


def test_undamaged_clip_has_no_events() -> None:
    damage = Watched()
    damage.play(range(50))
    damage.end(5.0, STEP_S, 0.5)
    assert (damage.events, damage.spans) == ([], [])


def test_frames_lost_after_an_error_are_reported_up_to_the_next_key_frame() -> None:
    damage = Watched()
    damage.play(range(24))
    damage.play(range(27, 50), alarm=27)
    damage.end(5.0, STEP_S, 0.5)
    assert damage.spans[0] == pytest.approx((2.4, 3.0))
    assert len(damage.spans) == 1
    assert [event.message for event in damage.ended] == ["clip is damaged from 2.40 s to 3.00 s."]
    assert {event.state for event in damage.events} == {"damaged"}
    assert damage.ended[0].spans == tuple(damage.spans)


def test_damage_is_reported_when_it_begins_and_as_it_grows() -> None:
    damage = Watched()
    damage.play(range(24))
    assert damage.events == []
    damage.play(range(27, 28), alarm=27)
    (begun,) = damage.events
    assert begun.ongoing
    assert begun.message == "clip is damaged from 2.40 s on."
    assert begun.spans[0] == pytest.approx((2.4, 2.8))
    for last in (29, 200):
        damage.play_long(range(28, last + 1))
        newest = damage.events[-1]
        assert newest.ongoing
        assert newest.message == begun.message
        assert newest.spans[0][0] == pytest.approx(2.4)
        assert newest.spans[0][1] == pytest.approx((last + 1) * STEP_S, abs=GROWTH_S)
    count = len(damage.events)
    assert count < 0.6 * 200  # not with every frame
    assert damage.spans == []
    damage.play(range(210, 220))
    assert len(damage.events) == count + 1
    closed = damage.events[-1]
    assert not closed.ongoing
    assert (closed.message, closed.replaces) == ("clip is damaged from 2.40 s to 21.00 s.", begun.message)
    assert closed.spans == tuple(damage.spans)


def test_a_single_damaged_frame_is_reported_once() -> None:
    damage = Watched()
    damage.play(range(50), corrupt=range(29, 30))
    (event,) = damage.events
    assert not event.ongoing
    assert event.spans[0] == pytest.approx((2.9, 3.0))
    assert not event.replaces


def test_damage_before_a_missing_rest_is_replaced_by_it() -> None:
    damage = Watched()
    damage.play(range(25), corrupt=range(22, 25))
    damage.end(7.7, STEP_S, 0.5)
    begun, rest = damage.events
    assert begun.message == "clip is damaged from 2.20 s on."
    assert "ends at 2.5 s of 7.7 s" in rest.message
    assert (rest.replaces, rest.ongoing) == (begun.message, False)


def test_error_without_lost_frames_is_no_damage() -> None:
    damage = Watched()
    damage.play(range(50), alarm=25)
    assert damage.spans == []


def test_gap_without_an_error_is_no_damage() -> None:
    """A screen recorder skips frames that do not change."""
    damage = Watched()
    damage.play(range(24))
    damage.play(range(47, 60))
    assert damage.spans == []


def test_concealed_frames_are_damaged() -> None:
    damage = Watched()
    damage.play(range(50), corrupt=range(25, 28))
    assert damage.spans[0] == pytest.approx((2.5, 3.0))
    assert len(damage.spans) == 1


def test_damage_up_to_the_end_ends_with_the_file() -> None:
    damage = Watched()
    damage.play(range(48), corrupt=range(45, 48))
    damage.end(4.8, STEP_S, 0.5)
    assert damage.spans[0] == pytest.approx((4.5, 4.8))
    assert len(damage.spans) == 1


def test_truncated_file_is_reported() -> None:
    damage = Watched()
    damage.play(range(20))
    damage.end(7.7, STEP_S, 0.5)
    assert damage.spans[0] == pytest.approx((2.0, 7.7))
    assert len(damage.spans) == 1
    assert "ends at 2.0 s of 7.7 s" in damage.ended[0].message


def test_damage_is_reported_once() -> None:
    damage = Watched()
    for _ in range(3):
        damage.jump()
        damage.play(range(50), corrupt=range(25, 28))
        damage.end(9.0, STEP_S, 0.5)
    assert len(damage.ended) == 2
    assert len({event.message for event in damage.events}) == 3


def test_frames_before_the_first_key_frame_are_not_damage() -> None:
    damage = Watched()
    damage.play(range(25, 50), corrupt=range(25, 30))
    assert damage.spans == []


def test_number_of_damage_messages_is_limited() -> None:
    damage = Watched()
    for place in range(MAX_MESSAGES + 3):
        damage.play(range(place * 10, place * 10 + 10), corrupt=range(place * 10 + 5, place * 10 + 6))
        assert damage.events[-1].ongoing
    damage.play(range((MAX_MESSAGES + 3) * 10, (MAX_MESSAGES + 3) * 10 + 1))
    assert len(damage.events[-1].spans) == MAX_MESSAGES + 3
    assert len([event for event in damage.ended if event.message]) == MAX_MESSAGES
    assert len({event.message for event in damage.events if event.ongoing and event.message}) == MAX_MESSAGES
