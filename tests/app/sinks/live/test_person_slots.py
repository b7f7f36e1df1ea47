"""A person keeps its slot while it is seen, and for a moment after."""

from __future__ import annotations

from app.sinks.live.person_slots import PersonSlots


def test_a_person_keeps_its_slot_when_another_one_leaves() -> None:
    slots = PersonSlots(patience=2)
    assert slots.place([3, 8]) == [0, 1]
    assert slots.place([8]) == [1]
    assert slots.place([3, 8]) == [0, 1]  # seen again in time
    for _ in range(3):
        assert slots.place([8]) == [1]
    assert slots.place([8, 20]) == [1, 0]


def test_people_without_ids_are_in_different_slots() -> None:
    assert PersonSlots().place([0, 0, 0]) == [0, 1, 2]
