"""Presentation order from decoding order."""

from __future__ import annotations

import pytest

from app.sources.display_order import DisplayOrder


def shown(packets: list[int], keys: set[int], lost: set[int] = frozenset()) -> list[int | None]:  # type: ignore[assignment]
    """The indices of the decoded frames; ``packets`` are their true presentation positions in decoding order."""
    order = DisplayOrder()
    numbers = {place: order.send(None, number in keys) for number, place in enumerate(packets)}
    return [order.show(numbers[place]).index for place in sorted(packets) if place not in lost]


def test_frames_are_numbered_in_presentation_order() -> None:
    assert shown([0, 3, 1, 2, 6, 4, 5, 7], {0}) == list(range(8))


def test_timestamps_are_assigned_in_order() -> None:
    order = DisplayOrder()
    for stamp in (0, 3, 1, 2):
        order.send(stamp, stamp == 0)
    assert [order.show(number).stamp for number in (0, 2, 3, 1)] == [0, 1, 2, 3]


@pytest.mark.parametrize("lost", [{1}, {2}, {1, 2, 3}])
def test_lost_frames_keep_their_positions(lost: set[int]) -> None:
    assert shown([0, 3, 1, 2, 4, 7, 5, 6], {0, 4}, lost)[-4:] == [4, 5, 6, 7]


def test_numbering_is_right_from_the_second_key_frame_on_after_a_seek() -> None:
    """Packets 3 and 7 are key frames, each followed by two that are shown before it; the first two are lost."""
    order = DisplayOrder(3)
    for number in range(3, 11):
        assert order.send(None, number in (3, 7)) == number
    for number in (3, 6, 8, 9):
        order.show(number)
    assert [order.show(number).index for number in (7, 10)] == [9, 10]


def test_frame_without_a_known_packet_gets_the_next_position() -> None:
    order = DisplayOrder()
    order.send(0, True)
    order.send(1, False)
    assert [order.show(None).index, order.show(None).index] == [0, 1]
