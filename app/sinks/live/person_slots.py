"""Numbers the people in the picture from 0, so that each has a channel of its own while it is seen."""

from __future__ import annotations

from collections.abc import Sequence


class PersonSlots:
    """Gives every person the lowest free slot, which it keeps until it is gone for ``patience`` frames."""

    def __init__(self, patience: int = 30) -> None:
        self._patience = patience
        self._held: dict[int, int] = {}  # slot by id
        self._missing: dict[int, int] = {}  # frames since a person was seen, by id

    def place(self, ids: Sequence[int]) -> list[int]:
        """The slots of the people ``ids`` of the next frame, in the same order; ids of 0 have none that they keep."""
        seen = {number for number in ids if number}
        for number in [number for number in self._held if number not in seen]:
            self._missing[number] = self._missing.get(number, 0) + 1
            if self._missing[number] > self._patience:
                del self._held[number], self._missing[number]
        slots = []
        taken = set(self._held.values())
        for number in ids:
            slot = self._held.get(number)
            if slot is None:
                slot = next(one for one in range(len(taken) + 1) if one not in taken)
                taken.add(slot)
                if number:
                    self._held[number] = slot
            self._missing.pop(number, None)
            slots.append(slot)
        return slots
