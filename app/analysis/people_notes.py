"""Keeps the user's names, sides and order of people across analyses, where ids may change, by where their boxes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Analysis
from app.analysis.carry_edits import EditCarrier, edit_notes
from app.core.people import Floats
from app.tracking.assignment import best_pairs
from app.tracking.tracker import iou

SAMPLES = 100
"""Maximum number of boxes kept per person, evenly spread over the person's frames."""

MIN_OVERLAP = 0.4
"""Minimum mean IoU of the boxes of two tracks of the same person."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonNote:
    """One person: the ``name`` (empty if none was given) and the boxes (S, 4) in the frames ``indices`` (S,).

    Boxes are x0 y0 x1 y1 in pixels of the source. ``facing`` is the side the person faces where the user has chosen it:
    -1 left, 1 right, 0 the camera. ``hidden``: the user has hidden the person.
    """

    name: str
    indices: NDArray[np.int64]
    boxes: Floats
    facing: int | None = None
    hidden: bool = False


def people_notes(analysis: Analysis) -> list[PersonNote]:
    """One note per person in ``analysis``, in its order."""
    return list(_notes_by_id(analysis).values())


class PeopleMatcher:
    """Matches ``notes`` to the people of a growing analysis by the overlap of their boxes, and applies them.

    Names, sides and who is hidden are applied always, the order only if ``ordered``. Names and sides replace the
    ``names`` and ``facing``, by id, that the analysis had from the beginning, as that of a recording has. ``apply`` can
    be called repeatedly: it compares only frames added since the last call.
    """

    def __init__(
        self,
        notes: Sequence[PersonNote],
        ordered: bool = True,
        names: Mapping[int, str] | None = None,
        facing: Mapping[int, int] | None = None,
    ) -> None:
        self.ordered = ordered
        self._notes = list(notes)
        self.restart()
        self._first_names, self._first_facing = dict(names or {}), dict(facing or {})
        self._applied_names = dict(self._first_names)
        self._applied_facing = dict(self._first_facing)
        self._applied_hidden: set[int] = set()
        self._matches: dict[int, int] = {}

    def restart(self) -> None:
        """Compare all frames again: the people in them have other ids than when they were compared."""
        self._pending: dict[int, list[tuple[int, Floats]]] = {}
        for row, note in enumerate(self._notes):
            for index, box in zip(note.indices.tolist(), note.boxes, strict=True):
                self._pending.setdefault(index, []).append((row, box))
        self._overlaps: dict[tuple[int, int], float] = {}
        self._frames: dict[tuple[int, int], int] = {}

    def apply(self, analysis: Analysis) -> bool:
        """Name and order the people matched so far, and set their sides; returns whether anything changed."""
        if not self._compare(analysis):
            return False
        self._matches = self._match()
        matched = {number: self._notes[row].name for row, number in self._matches.items() if self._notes[row].name}
        names = self._first_names | matched
        order = [self._matches[row] for row in sorted(self._matches)]
        present = analysis.names()
        changed = False
        for number in self._applied_names.keys() | names.keys():
            # A name that the user gave in the meantime is kept.
            wanted = names.get(number, "")
            if present.get(number, "") == self._applied_names.get(number, "") != wanted:
                analysis.rename(number, wanted)
                changed = True
        self._applied_names = names
        changed |= self._apply_facing(analysis)
        changed |= self._apply_hidden(analysis)
        ids = analysis.ids()
        known = [number for number in order if number in ids]
        if self.ordered and ids[: len(known)] != known:
            analysis.reorder(known)
            changed = True
        return changed

    def _apply_facing(self, analysis: Analysis) -> bool:
        """Set the sides of the people matched so far; returns whether any changed."""
        notes = {number: self._notes[row].facing for row, number in self._matches.items()}
        wanted = self._first_facing | {number: side for number, side in notes.items() if side is not None}
        present, applied = analysis.chosen_facing(), self._applied_facing
        changed = False
        for number in applied.keys() | wanted.keys():
            # A side that the user chose in the meantime is kept.
            if present.get(number) == applied.get(number) != wanted.get(number):
                analysis.choose_facing(number, wanted.get(number))
                changed = True
        self._applied_facing = wanted
        return changed

    def _apply_hidden(self, analysis: Analysis) -> bool:
        """Hide the people matched so far who were hidden; returns whether any changed."""
        wanted = {number for row, number in self._matches.items() if self._notes[row].hidden}
        present, changed = analysis.hidden(), False
        for number in self._applied_hidden ^ wanted:
            # Who was shown or hidden by the user in the meantime stays so.
            if (number in present) == (number in self._applied_hidden):
                analysis.hide(number, number in wanted)
                changed = True
        self._applied_hidden = wanted
        return changed

    def merged(self, analysis: Analysis) -> list[PersonNote]:
        """Current notes of all people in ``analysis``, plus the notes not matched yet.

        An unmatched note keeps its position after its predecessor.
        """
        present = _notes_by_id(analysis)
        merged, place = list(present.values()), 0
        for row, note in enumerate(self._notes):
            known = present.get(self._matches.get(row, 0))
            if known is None:
                merged.insert(place, note)
                place += 1
            else:
                place = next(i for i, other in enumerate(merged) if other is known) + 1
        return merged

    def unmatched(self) -> list[PersonNote]:
        """The notes that have not been matched to a person."""
        return [note for row, note in enumerate(self._notes) if row not in self._matches]

    def _compare(self, analysis: Analysis) -> bool:
        """Accumulate the overlaps in newly available frames; returns whether there were any."""
        ready = [(index, poses) for index in self._pending if (poses := analysis.get(index)) is not None]
        for index, poses in ready:
            boxes = np.array([person.box for person in poses.people], np.float32).reshape(-1, 4)
            for row, box in self._pending.pop(index):
                for person, overlap in zip(poses.people, iou(box, boxes).tolist(), strict=True):
                    pair = (row, person.id)
                    self._overlaps[pair] = self._overlaps.get(pair, 0.0) + overlap
                    self._frames[pair] = self._frames.get(pair, 0) + 1
        return bool(ready)

    def _match(self) -> dict[int, int]:
        """Matched id by row of the note: the one-to-one assignment with the largest total overlap."""
        ids = sorted({number for _, number in self._overlaps})
        overlaps = np.zeros((len(self._notes), len(ids)))
        for (row, number), overlap in self._overlaps.items():
            if overlap >= MIN_OVERLAP * self._frames[row, number]:
                overlaps[row, ids.index(number)] = overlap
        return {row: ids[column] for row, column in best_pairs(overlaps) if overlaps[row, column] > 0}


def carry_over(old: Analysis, new: Analysis) -> None:
    """Copy what the user changed in ``old`` to the same people in ``new``, another whole analysis of the same clip."""
    EditCarrier(edit_notes(old)).apply(new, ended=True)
    PeopleMatcher(people_notes(old), is_ordered(old)).apply(new)


def is_ordered(analysis: Analysis) -> bool:
    """Whether the user changed the order of the people."""
    ids = analysis.ids()
    return ids != sorted(ids)


def _notes_by_id(analysis: Analysis) -> dict[int, PersonNote]:
    names, facing, hidden, notes = analysis.names(), analysis.chosen_facing(), analysis.hidden(), {}
    for number in analysis.ids():
        indices, boxes = analysis.boxes(number, SAMPLES)
        if len(indices):
            notes[number] = PersonNote(names.get(number, ""), indices, boxes, facing.get(number), number in hidden)
    return notes
